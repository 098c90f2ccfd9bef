"""A training run is a folder: run.json, history.csv (a row an epoch), steps.csv, weights and a backup."""

from __future__ import annotations

import csv
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.errors import TrainingError

HISTORY_COLUMNS: Final = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
STEP_COLUMNS: Final = ("epoch", "step", "loss", "accuracy")


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run and what it has recorded."""

    path: Path

    @property
    def history(self) -> Path:
        """``history.csv``: HISTORY_COLUMNS, one row a finished epoch, epochs counted from 1."""
        return self.path / "history.csv"

    @property
    def steps(self) -> Path:
        """``steps.csv``: STEP_COLUMNS, running means inside an epoch."""
        return self.path / "steps.csv"

    @property
    def kept_weights(self) -> Path:
        """The weights that a release takes."""
        return self.path / "kept.weights.h5"

    @property
    def backup(self) -> Path:
        """What Keras's BackupAndRestore needs to go on after an interruption."""
        return self.path / "backup"

    def record(self) -> dict[str, Any]:
        """run.json; TrainingError where the folder is no run."""
        try:
            record = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise TrainingError(f"{self.path} is not a training run: it has no run.json.") from None
        except ValueError as error:
            raise TrainingError(f"{self.path / 'run.json'} is damaged: {error}.") from error
        if not isinstance(record, dict):
            raise TrainingError(f"{self.path / 'run.json'} is damaged: expected an object.")
        return record

    def write_record(self, **entries: Any) -> None:
        """Add entries to run.json, replacing those of the same name, in one step that cannot half-happen."""
        current = self.record() if (self.path / "run.json").exists() else {}
        scratch = self.path / "run.json.tmp"
        scratch.write_text(json.dumps({**current, **entries}, indent=1, default=_as_json), encoding="utf-8")
        scratch.replace(self.path / "run.json")

    def completed_epochs(self) -> int:
        """Epochs that the backup holds; 0 where there is none."""
        try:
            metadata = json.loads((self.backup / "training_metadata.json").read_text(encoding="utf-8"))
            return int(metadata["epoch"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def history_rows(self) -> list[dict[str, float]]:
        """history.csv as numbers; empty where no epoch is finished."""
        if not self.history.exists():
            return []
        with self.history.open(encoding="utf-8", newline="") as file:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _as_json(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"run.json cannot hold a {type(value).__name__}.")
