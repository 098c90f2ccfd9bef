"""A training run is a folder: run.json, history.csv (a row an epoch), steps.csv, weights and a backup."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from fer_core.errors import TrainingError
from fer_core.file_store import Timeout, folder_lock, write_atomically
from fer_core.training.background import BackgroundJob

HISTORY_COLUMNS: Final = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
STEP_COLUMNS: Final = ("epoch", "step", "steps", "loss", "accuracy", "faces_per_second")

RunState = Literal["queued", "running", "finished", "stopped", "failed"]

_KILLED = (
    "The process ended without a word: it was killed, ran out of memory, or the machine went down. Resume goes on from "
    "the last finished epoch."
)


class StopRequested(Exception):  # noqa: N818 - a wish, not an error
    """Somebody asked the run to stop."""


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run and what it has recorded."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def record_file(self) -> Path:
        """``run.json``: what was asked, with what, and how far it is."""
        return self.path / "run.json"

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
        """The weights that a release takes; they lie in the backup, so that both are of one moment."""
        return self.backup / "kept.weights.h5"

    @property
    def backup(self) -> Path:
        """The last finished epoch, as Keras's BackupAndRestore wrote it."""
        return self.path / "backup"

    @property
    def next_backup(self) -> Path:
        """Where the open epoch's backup is written until it is whole."""
        return self.path / "backup.next"

    @property
    def tensorboard(self) -> Path:
        """The logs that TensorBoard reads."""
        return self.path / "tensorboard"

    @property
    def stop_file(self) -> Path:
        """There while somebody wants the run to stop."""
        return self.path / "stop"

    @property
    def job(self) -> BackgroundJob:
        """The process that trains."""
        return BackgroundJob(self.path)

    @property
    def release_job(self) -> BackgroundJob:
        """The process that makes a model of it."""
        return BackgroundJob(self.path / "release")

    def record(self) -> dict[str, Any]:
        """run.json; TrainingError where the folder is no run."""
        try:
            record = json.loads(self.record_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise TrainingError(f"{self.path} is not a training run: it has no run.json.") from None
        except ValueError as error:
            raise TrainingError(f"{self.record_file} is damaged: {error}.") from error
        if not isinstance(record, dict):
            raise TrainingError(f"{self.record_file} is damaged: expected an object.")
        return record

    def write_record(self, **entries: Any) -> None:
        """Add entries to run.json, replacing those of the same name, in one step that cannot half-happen."""
        current = self.record() if self.record_file.exists() else {}
        write_atomically(self.record_file, json.dumps({**current, **entries}, indent=1, default=_as_json))

    @contextmanager
    def in_use_by_one(self) -> Iterator[None]:
        """Whoever trains it, or makes a model of it, does so alone.

        Raises:
            TrainingError: somebody does already, or the folder cannot be written.
        """
        lock = folder_lock(self.path, "training", wait=False)
        try:
            lock.acquire()
        except Timeout:
            raise TrainingError(
                f"{self.path} is in use: another process trains it or makes a model of it."
            ) from None
        except OSError as error:
            raise TrainingError(
                f"The run cannot be written to {self.path}: {error.strerror or error}."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def state(self) -> tuple[RunState, str]:
        """Where the run stands, and in words why it stopped or failed (empty where there is nothing to say).

        Raises:
            TrainingError: the folder is no run.
        """
        # The process is asked first: one that ends in between has written its end by then.
        alive = self.job.state() == "running"
        record = self.record()
        state, reason = record.get("state"), str(record.get("reason") or "")
        if state in ("finished", "stopped", "failed"):
            return state, reason
        if not alive:
            return "failed", _KILLED
        return ("queued" if state == "queued" else "running"), ""

    def completed_epochs(self) -> int:
        """Epochs that the backup holds; 0 where there is none."""
        try:
            metadata = json.loads((self.backup / "training_metadata.json").read_text(encoding="utf-8"))
            return int(metadata["epoch"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def history_rows(self) -> list[dict[str, float]]:
        """history.csv as numbers; empty where no epoch is finished."""
        return _numbers(self.history)

    def step_rows(self) -> list[dict[str, float]]:
        """steps.csv as numbers; empty where no step is written yet."""
        return _numbers(self.steps)

    def note(self) -> str:
        """What a person noted about the run."""
        try:
            return (self.path / "note.txt").read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""

    def write_note(self, text: str) -> None:
        """Keep a note, at most 500 characters; TrainingError where it cannot be written."""
        try:
            write_atomically(self.path / "note.txt", text[:500])
        except OSError as error:
            raise TrainingError(f"The note cannot be written: {error.strerror}.") from error


def discard_half_done(run: RunFolder) -> None:
    """Remove what the open epoch has written so far."""
    shutil.rmtree(run.next_backup, ignore_errors=True)


def _numbers(path: Path) -> list[dict[str, float]]:
    """A CSV of numbers; a last line that is still being written is left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    rows = []
    for row in csv.DictReader(text[: text.rfind("\n") + 1].splitlines()):
        try:
            rows.append({name: float(value) for name, value in row.items()})
        except (TypeError, ValueError):
            continue
    return rows


def _as_json(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"run.json cannot hold a {type(value).__name__}.")
