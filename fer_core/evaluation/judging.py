"""Judge a model on the rows of a data set, and keep the predictions behind the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.data.quality import pixel_hashes
from fer_core.data.reading import USAGES, FerDataset
from fer_core.errors import EvaluationError
from fer_core.evaluation.metrics import Metrics, expected_calibration_error, measure
from fer_core.labels import LABELS, TAG_TO_POSITION
from fer_core.model_folder import ModelFolder
from fer_core.vision.classifier import ExpressionClassifier


@dataclass(frozen=True)
class Predictions:
    """What a model said of rows it is judged on (``evaluation.npz`` in a model folder).

    Attributes:
        row: (N,) int64, row number in the FER-2013 file.
        usage: (N,) str.
        truth: (N,) int64, position of the original label in LABELS.
        probabilities: (N, 5) float32 in the order of LABELS.
        leaked: (N,) bool, the row's exact pixels are also in a row with Usage Training.
        votes: (N, 10) uint8 FER+ votes, or None where the data had none.
        seen: (N,) bool, a face was found; False only for pictures in which faces had to be found first, and then the
            probabilities mean nothing.
    """

    row: npt.NDArray[np.int64]
    usage: npt.NDArray[np.str_]
    truth: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    leaked: npt.NDArray[np.bool_]
    votes: npt.NDArray[np.uint8] | None = None
    seen: npt.NDArray[np.bool_] = field(default_factory=lambda: np.ones(0, dtype=bool))

    def __post_init__(self) -> None:
        n = len(self.row)
        if not len(self.seen):
            object.__setattr__(self, "seen", np.ones(n, dtype=bool))
        if self.probabilities.shape != (n, len(LABELS)):
            raise ValueError(
                f"Expected probabilities of shape ({n}, {len(LABELS)}), got {self.probabilities.shape}."
            )
        for name in ("usage", "truth", "leaked", "seen"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"Expected {n} entries in {name}, got {len(getattr(self, name))}.")

    @property
    def answer(self) -> npt.NDArray[np.int64]:
        """(N,) position of the most probable label; -1 where no face was found."""
        return np.where(self.seen, self.probabilities.argmax(axis=1), -1).astype(np.int64)

    def of(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Predictions:
        """Some of the rows, by place or as a mask."""
        return Predictions(
            self.row[rows],
            self.usage[rows],
            self.truth[rows],
            self.probabilities[rows],
            self.leaked[rows],
            None if self.votes is None else self.votes[rows],
            self.seen[rows],
        )

    def save(self, path: Path, training_hashes: npt.NDArray[np.uint64]) -> None:
        """Write the predictions with the hashes of all Training rows, so that leaks are known without them."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "row": self.row,
            "usage": self.usage,
            "truth": self.truth,
            "probabilities": self.probabilities,
            "leaked": self.leaked,
            "training_hashes": training_hashes,
        }
        if self.votes is not None:
            arrays["votes"] = self.votes
        if not self.seen.all():
            arrays["seen"] = self.seen
        np.savez_compressed(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """Read a stored evaluation; EvaluationError where it is missing or damaged."""
        arrays = _arrays(path)
        try:
            return cls(
                **{name: arrays[name] for name in ("row", "usage", "truth", "probabilities", "leaked")},
                **{name: arrays[name] for name in ("votes", "seen") if name in arrays},
            )
        except (KeyError, ValueError, TypeError) as error:
            raise EvaluationError(f"{path} is damaged ({error}); release the run again.") from error


@dataclass(frozen=True)
class Evaluation:
    """The figures of one model on one choice of rows, with the predictions behind them."""

    predictions: Predictions
    metrics: Metrics
    skipped: int

    def to_json(self) -> dict[str, Any]:
        """The keys of ``python -m fer_core evaluate --json``; what is undefined is None."""
        known = self.predictions
        clean = ~known.leaked
        return {
            **self.metrics.to_json(),
            "skipped": self.skipped,
            "ece": expected_calibration_error(known.truth, known.probabilities) if len(known.row) else None,
            "leaked_rows": int(known.leaked.sum()),
            "accuracy_without_leaked": measure(known.truth[clean], known.probabilities[clean]).accuracy,
        }


def judge_dataset(
    folder: ModelFolder,
    dataset: FerDataset,
    usages: Sequence[str],
    progress: Callable[[float], None] | None = None,
) -> Evaluation:
    """Run a model over the rows of the given Usages.

    Rows tagged disgust or fear are counted as skipped. A row is leaked when its pixels equal those of a Training
    row in the data set or of one the model's stored evaluation knows. ``progress`` is told the share that is done.

    Raises:
        EvaluationError: an unknown Usage, or none.
        ModelError: the model cannot be used.
    """
    unknown = [usage for usage in usages if usage not in USAGES]
    if unknown or not usages:
        raise EvaluationError(
            f"Expected Usages among {', '.join(USAGES)}, got {', '.join(usages) or 'none'}."
        )
    asked = np.isin(dataset.usage, list(usages))
    truth = TAG_TO_POSITION[dataset.emotion].astype(np.int64)
    chosen = np.flatnonzero(asked & (truth >= 0))
    faces = dataset.pixels[chosen]
    training = np.concatenate([training_hashes(dataset), stored_training_hashes(folder)])
    predictions = Predictions(
        row=dataset.row[chosen],
        usage=dataset.usage[chosen],
        truth=truth[chosen],
        probabilities=ExpressionClassifier(folder).classify(faces, progress),
        leaked=np.isin(pixel_hashes(faces), training),
        votes=None if dataset.votes is None else dataset.votes[chosen],
    )
    return Evaluation(
        predictions=predictions,
        metrics=measure(predictions.truth, predictions.probabilities),
        skipped=int(asked.sum()) - len(chosen),
    )


def training_hashes(dataset: FerDataset) -> npt.NDArray[np.uint64]:
    """The distinct pixel hashes of all rows with Usage Training, sorted."""
    return np.unique(pixel_hashes(dataset.pixels[dataset.usage == "Training"]))


def stored_training_hashes(folder: ModelFolder) -> npt.NDArray[np.uint64]:
    """The Training hashes that a model carries; empty where it has no stored evaluation."""
    if not folder.evaluation.exists():
        return np.empty(0, dtype=np.uint64)
    try:
        return np.asarray(_arrays(folder.evaluation)["training_hashes"], dtype=np.uint64)
    except (KeyError, ValueError, TypeError) as error:
        raise EvaluationError(f"{folder.evaluation} is damaged ({error}); release the run again.") from error


def _arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except Exception as error:
        # Unpackers and NumPy's header reader raise what they like, from TokenError to zlib.error.
        raise EvaluationError(f"{path} cannot be read ({error}); release the run again.") from error
