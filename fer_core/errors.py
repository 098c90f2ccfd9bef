"""The errors a user can cause. A page or the command line shows their text as one sentence, never a trace."""


class FerError(Exception):
    """Base of every error that a person can cause and mend; its text is made to be read by that person."""


class LabelError(FerError):
    """Labels or probabilities that do not fit the label order."""


class DatasetError(FerError):
    """A data set, votes file or recipe that cannot be used."""


class ImageError(FerError):
    """A picture that cannot be opened safely."""


class ModelError(FerError):
    """A model folder that is missing, damaged or of the wrong shape."""


class DetectorError(FerError):
    """A face detector that is unknown or not installed here."""


class TrainingError(FerError):
    """A training run that cannot start or go on."""


class EvaluationError(FerError):
    """Predictions that cannot be judged."""


class CatalogueError(FerError):
    """A product catalogue that cannot be used."""


class ShopError(FerError):
    """Reactions that cannot be kept or deleted; ``for_strangers`` says it without what only the shop may know."""

    def __init__(self, text: str, for_strangers: str | None = None) -> None:
        super().__init__(text)
        self.for_strangers = text if for_strangers is None else for_strangers


class MediaError(FerError):
    """A video that cannot be read."""


class ClusterError(FerError):
    """Ray is not installed, cannot be reached, or cannot go on."""


class OnDeviceError(FerError):
    """What reads expressions in the browser cannot be built, or tells something else than it may."""


class SettingsError(FerError):
    """A FACET_* setting with a value that makes no sense."""
