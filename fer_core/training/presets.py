"""Named sets of hyperparameters: what ``--preset`` chooses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from fer_core.errors import TrainingError
from fer_core.labels import FER2013_LABELS, LABELS

OPTIMIZERS: Final = ("adam", "adamw", "sgd")
SCHEDULES: Final = ("constant", "cosine")
PRECISIONS: Final = ("float32", "mixed_bfloat16")
Precision: TypeAlias = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class Augmentation:
    """Random changes to a training face, each drawn anew every epoch.

    Attributes:
        rotation: largest turn to either side, degrees.
        zoom: largest change of size to either side, as a share.
        shift: largest move in each direction, pixels.
        contrast: largest change of contrast to either side, as a share.
        brightness: largest change of brightness to either side, grey values.
        flip: mirror half of the faces.
        erase: share of faces that lose a rectangle (Zhong et al. 2020, https://arxiv.org/abs/1708.04896).
        webcam: share of faces that are dimmed or lit, blurred, made noisy and compressed like a cheap camera's.
    """

    rotation: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    flip: bool = False
    erase: float = 0.0
    webcam: float = 0.0

    def __post_init__(self) -> None:
        for name in ("rotation", "zoom", "shift", "contrast", "brightness", "erase", "webcam"):
            if getattr(self, name) < 0:
                raise ValueError(f"Expected {name} of at least 0, got {getattr(self, name)}.")
        if self.zoom >= 1 or self.contrast >= 1 or self.erase > 1 or self.webcam > 1:
            raise ValueError("Expected zoom and contrast below 1, erase and webcam at most 1.")


@dataclass(frozen=True)
class Preset:
    """Everything about a run that is not the data.

    Attributes:
        network: a key of ``networks.NETWORKS``.
        recipe: the recipe used unless the command line names another.
        output_labels: what the network's outputs mean.
        epochs, batch: how long, and faces a step.
        optimizer: "adam", "adamw", or "sgd" with Nesterov's momentum of 0.9.
        learning_rate: the peak.
        schedule: "constant", or "cosine" down to zero, either after the warm-up.
        warmup_epochs, label_smoothing: as they are called.
        weight_decay: of adamw; the others have none.
        vote_weight: share in [0, 1] of the crowd's votes in the target, the rest being the original label; faces
            without votes for any output keep the original label.
        vote_head: the votes are learnt by a head of their own beside the label's (see heads.py) and not mixed in.
        class_weights: every label counts the same, also where the recipe does not ask for it.
        patience: stop after so many epochs without a better validation accuracy; None never stops early.
        average: momentum of the weight average that is validated and kept; None for none.
        augmentation: None for none.
        precision: a Keras dtype policy; float32 where what trains has no bfloat16 (devices.py).
        keep: "best" keeps the epoch with the highest accuracy on the validation rows, "last" the last one; "last"
            where the validation rows are also reported, so that nothing is picked on them.
        filters: of the network "report", those of its three blocks; none for its own.
        dense: units of its two hidden layers; None for its own.
        dropouts: its four dropout shares, from the input on; none for its own.
    """

    name: str
    network: str
    recipe: str
    output_labels: tuple[str, ...]
    epochs: int
    batch: int = 64
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_epochs: int = 0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    vote_weight: float = 0.0
    vote_head: bool = False
    class_weights: bool = False
    patience: int | None = None
    average: float | None = None
    augmentation: Augmentation | None = None
    precision: Precision = "float32"
    keep: Literal["best", "last"] = "last"
    filters: tuple[int, ...] = ()
    dense: int | None = None
    dropouts: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for wrong, expected, got in (
            (self.optimizer not in OPTIMIZERS, f"an optimizer of {OPTIMIZERS}", self.optimizer),
            (self.schedule not in SCHEDULES, f"a schedule of {SCHEDULES}", self.schedule),
            (self.precision not in PRECISIONS, f"a precision of {PRECISIONS}", self.precision),
            (self.keep not in ("best", "last"), 'keep to be "best" or "last"', self.keep),
            (not 0 < self.learning_rate <= 10, "a learning rate above 0, at most 10", self.learning_rate),
            (not 0 <= self.label_smoothing < 1, "a label smoothing in [0, 1)", self.label_smoothing),
            (self.weight_decay < 0, "a weight decay of at least 0", self.weight_decay),
            (self.warmup_epochs < 0, "at least 0 epochs of warm-up", self.warmup_epochs),
            (self.patience is not None and self.patience < 1, "a patience of at least 1", self.patience),
            (self.average is not None and not 0 < self.average < 1, "an average in (0, 1)", self.average),
            (len(self.filters) not in (0, 3) or any(not 1 <= n <= 1024 for n in self.filters),
             "three numbers of filters, 1 to 1024", self.filters),
            (self.dense is not None and not 1 <= self.dense <= 4096, "1 to 4096 dense units", self.dense),
            (len(self.dropouts) not in (0, 4) or any(not 0 <= share < 1 for share in self.dropouts),
             "four dropout shares in [0, 1)", self.dropouts),
            (self.network != "report" and bool(self.filters or self.dense or self.dropouts),
             'filters, dense units and dropouts only for the network "report"', self.network),
        ):  # fmt: skip
            if wrong:
                raise ValueError(f"Expected {expected}, got {got}.")
        if self.epochs < 1 or self.batch < 1:
            raise ValueError(
                f"Expected at least one epoch and one face a step, got {self.epochs} and {self.batch}."
            )
        if not 0 <= self.vote_weight <= 1:
            raise ValueError(f"Expected a vote weight in [0, 1], got {self.vote_weight}.")
        if self.vote_head and (self.vote_weight or self.label_smoothing):
            raise ValueError("Expected no vote weight and no label smoothing beside a head for the votes.")


#: The presets the command line knows by name.
PRESETS: Final = {
    preset.name: preset
    for preset in (
        # The source report's network and settings (its figures 15 and 17). Its precision was float32; bfloat16
        # for the products halves the time on processors that have it.
        Preset(
            "report",
            network="report",
            recipe="report",
            output_labels=FER2013_LABELS,
            epochs=100,
            precision="mixed_bfloat16",
        ),
        # What made the shipped model facet (docs/experiments.md); float32 because only some processors gain by
        # bfloat16. 62 epochs take two hours and a quarter on two cores with AVX-512, four without.
        Preset(
            "release",
            network="strided",
            recipe="release",
            output_labels=LABELS,
            epochs=62,
            batch=128,
            optimizer="adamw",
            learning_rate=2e-3,
            schedule="cosine",
            warmup_epochs=2,
            weight_decay=0.05,
            vote_head=True,
            average=0.998,
            augmentation=Augmentation(
                rotation=15,
                zoom=0.15,
                shift=4,
                contrast=0.2,
                brightness=15,
                flip=True,
                erase=0.15,
                webcam=0.25,
            ),
            keep="best",
        ),
        Preset("tiny", network="tiny", recipe="report", output_labels=LABELS, epochs=3, learning_rate=3e-3),
    )
}


def find_preset(name: str) -> Preset:
    """The preset of that name; TrainingError lists the valid ones."""
    if name not in PRESETS:
        raise TrainingError(f"There is no preset named {name!r}; there are {', '.join(PRESETS)}.")
    return PRESETS[name]
