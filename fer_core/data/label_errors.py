"""Likely label errors that a background job found, and where they are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.data.reading import FerDataset
from fer_core.errors import DatasetError
from fer_core.labels import LABELS


@dataclass(frozen=True)
class LabelErrors:
    """Rows whose label a model that never saw them doubts, most doubtful first.

    Attributes:
        rows: (N,) int64 row numbers in the file.
        suggested: (N,) position in LABELS of the label the model gives.
        confidence: (N,) float64 share in [0, 1] that the model gives the row's own label.
        judged: how many rows were looked at.
        accuracy: share of those that the out-of-sample model named as labelled: how far it can be trusted.
        folds, epochs, seed: how the model was trained.
    """

    rows: npt.NDArray[np.int64]
    suggested: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    judged: int
    accuracy: float
    folds: int
    epochs: int
    seed: int

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.suggested) == len(self.confidence) <= self.judged:
            raise ValueError(
                f"Expected a suggestion and a confidence for each of at most {self.judged} rows, got "
                f"{len(self.rows)}, {len(self.suggested)} and {len(self.confidence)}."
            )
        if len(self.suggested) and not 0 <= self.suggested.min() <= self.suggested.max() < len(LABELS):
            raise ValueError(f"Expected suggestions 0 to {len(LABELS) - 1}.")

    def positions(self, dataset: FerDataset) -> npt.NDArray[np.int64]:
        """(N,) positions of the rows in a data set with the same row numbers, in the same order."""
        where = {int(row): at for at, row in enumerate(dataset.row)}
        return np.array([where[int(row)] for row in self.rows], dtype=np.int64)


class LabelErrorStore:
    """Results and jobs under one folder, one folder a data set, named by its fingerprint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, dataset: FerDataset) -> Path:
        """Where the job for these rows runs and leaves its result."""
        return self._folder / dataset.fingerprint

    def load(self, dataset: FerDataset) -> LabelErrors | None:
        """The label errors of these rows; None where no job has finished.

        Raises:
            DatasetError: the result is damaged.
        """
        path = self.folder(dataset) / "result.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return LabelErrors(
                **{
                    **content,
                    "rows": np.array(content["rows"], dtype=np.int64),
                    "suggested": np.array(content["suggested"], dtype=np.int64),
                    "confidence": np.array(content["confidence"], dtype=np.float64),
                }
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DatasetError(f"{path} is damaged: {error}. Look for label errors again.") from error

    def save(self, dataset: FerDataset, found: LabelErrors) -> Path:
        """Write a result in one step; gives its file."""
        folder = self.folder(dataset)
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            **vars(found),
            "rows": found.rows.tolist(),
            "suggested": found.suggested.tolist(),
            "confidence": [round(float(value), 5) for value in found.confidence],
        }
        scratch = folder / "result.tmp"
        scratch.write_text(json.dumps(content), encoding="utf-8")
        return scratch.replace(folder / "result.json")
