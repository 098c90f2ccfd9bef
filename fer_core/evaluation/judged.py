"""One model on one choice of rows, with the faces behind its answers where they are at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fer_core.data.reading import USAGES, FerDataset
from fer_core.errors import EvaluationError
from fer_core.evaluation.judging import Predictions
from fer_core.evaluation.metrics import Metrics, measure
from fer_core.evaluation.own_pictures import OwnFaces
from fer_core.evaluation.stored import EvaluationCache
from fer_core.labels import LABELS
from fer_core.model_folder import ModelFolder

#: Column of the confusion matrix for pictures in which no face was found.
NO_ANSWER: Final = "no face"

#: What one may judge on -> its Usages. The source report calls the third its validation.
SPLITS: Final[Mapping[str, tuple[str, ...]]] = {
    "PublicTest": ("PublicTest",),
    "PrivateTest": ("PrivateTest",),
    "PublicTest and PrivateTest": ("PublicTest", "PrivateTest"),
    "Training": ("Training",),
}

_JUDGED_AGAINST: Final = "five classes, original labels"


@dataclass(frozen=True)
class Judged:
    """What the evaluation page shows.

    Attributes:
        model: the model's name.
        rows: the rows in words, as they stand behind a figure.
        predictions: of N rows.
        metrics: their figures.
        faces: (N, 48, 48) uint8, or None where the data set is not at hand.
        names: what each face is called.
        identity: another text for another model or other rows: what is computed of them is kept under it.
        private: of a person's own pictures; nothing computed of them may outlive the visit.
    """

    model: str
    rows: str
    predictions: Predictions
    metrics: Metrics
    faces: npt.NDArray[np.uint8] | None
    names: tuple[str, ...]
    identity: str
    private: bool = False

    @classmethod
    def of_stored(cls, model: ModelFolder) -> Judged:
        """The predictions that a model brings along.

        Raises:
            EvaluationError: it has none, or they are damaged.
        """
        if not model.evaluation.exists():
            raise EvaluationError(
                f"The model {model.name!r} carries no stored predictions; choose a data set to judge it on."
            )
        file = (model.card.get("data") or {}).get("file")
        rows = f"PublicTest of {file}" if file else "PublicTest of the data it was judged on"
        return cls.of_dataset(model, f"{rows}, {_JUDGED_AGAINST}", Predictions.load(model.evaluation), None)

    @classmethod
    def of_split(
        cls,
        model: ModelFolder,
        dataset: FerDataset,
        name: str,
        split: str,
        cache: EvaluationCache,
        progress: Callable[[float], None] | None = None,
    ) -> Judged:
        """A model on a split of a data set.

        Args:
            model: the model.
            dataset: its rows.
            name: what the data set is called.
            split: a key of SPLITS.
            cache: where predictions are kept.
            progress: told the share that is done.

        Raises:
            EvaluationError: the split has no row of the five labels.
            ModelError: the model cannot be used.
        """
        found = cache.judge(model, dataset, SPLITS[split], progress)
        return cls.of_dataset(model, f"{split} of {name}, {_JUDGED_AGAINST}", found, dataset)

    @classmethod
    def of_dataset(
        cls, model: ModelFolder, rows: str, predictions: Predictions, dataset: FerDataset | None
    ) -> Judged:
        """Predictions on rows of a data set, which may be absent.

        Raises:
            EvaluationError: no rows, or the data set lacks one of them.
        """
        _not_empty(predictions, rows)
        faces = None
        if dataset is not None:
            order = np.argsort(dataset.row, kind="stable")
            places = order[
                np.clip(np.searchsorted(dataset.row, predictions.row, sorter=order), 0, len(order) - 1)
            ]
            if (dataset.row[places] != predictions.row).any():
                raise EvaluationError("The predictions are of rows that this data set does not hold.")
            faces = dataset.pixels[places]
        names = tuple(f"row {row}" for row in predictions.row.tolist())
        metrics = measure(predictions.truth, predictions.answer)
        data = "stored" if dataset is None else dataset.identity
        identity = f"{model.identity}|{data}|{rows}"
        return cls(model.name, rows, predictions, metrics, faces, names, identity)

    @classmethod
    def of_own(cls, model: ModelFolder, predictions: Predictions, own: OwnFaces) -> Judged:
        """Predictions on a person's own pictures."""
        metrics = measure(predictions.truth, predictions.answer)
        identity = f"{model.identity}|{own.identity}"
        return cls(
            model.name,
            "your own pictures",
            predictions,
            metrics,
            own.faces,
            own.names,
            identity,
            private=True,
        )

    def cell(self, actual: str, answered: str) -> npt.NDArray[np.int64]:
        """Places of the rows with that label and that answer (one of LABELS or NO_ANSWER), the surest first."""
        known = self.predictions
        wanted = -1 if answered == NO_ANSWER else LABELS.index(answered)
        rows = np.flatnonzero((known.truth == LABELS.index(actual)) & (known.answer == wanted))
        return rows[np.argsort(-known.probabilities[rows].max(axis=1), kind="stable")].astype(np.int64)

    def captions(self, places: npt.NDArray[np.int64]) -> list[str]:
        """A line for each of these faces: its name, its label, and the answer with its probability."""
        known = self.predictions
        lines = []
        for at in places.tolist():
            answer = int(known.answer[at])
            said = NO_ANSWER if answer < 0 else f"{LABELS[answer]} {known.probabilities[at, answer]:.0%}"
            lines.append(f"{self.names[at]}: {LABELS[known.truth[at]]}, answer {said}")
        return lines


def splits_of(dataset: FerDataset) -> list[str]:
    """The SPLITS that a data set has rows of."""
    there = {usage for usage in USAGES if (dataset.usage == usage).any()}
    return [name for name, usages in SPLITS.items() if set(usages) <= there]


def _not_empty(predictions: Predictions, rows: str) -> None:
    if not len(predictions.row):
        raise EvaluationError(f"There are no rows of the five labels among {rows}; choose others.")
