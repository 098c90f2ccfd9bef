"""Write a run's curves while Keras trains: a row an epoch, and finer rows inside it."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path
from typing import Any, Final

import keras

from fer_core.file_store import write_atomically
from fer_core.training.run_folder import HISTORY_COLUMNS, STEP_COLUMNS, RunFolder

#: Seconds between two finer rows: what a person who watches can tell apart.
_SECONDS_BETWEEN_ROWS: Final = 0.5
#: More say no more, and everybody who watches reads them every second.
_ROWS_AN_EPOCH: Final = 40


class HistoryWriter(keras.callbacks.Callback):
    """Keras's CSVLogger orders its columns by name and knows no time; people script against ours."""

    def __init__(self, run: RunFolder, batch: int, steps: int) -> None:
        """
        Args:
            run: where to write.
            batch: faces a step.
            steps: steps an epoch.
        """
        super().__init__()
        self._run = run
        self._batch = batch
        self._steps = steps
        self._epoch = 0
        self._started = 0.0
        self._written = 0.0
        self._between = _SECONDS_BETWEEN_ROWS

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Keep the rows of epochs that the backup holds; an epoch that is trained again is written again."""
        done = self._run.completed_epochs()
        _rewrite(
            self._run.history,
            HISTORY_COLUMNS,
            [row for row in self._run.history_rows() if row["epoch"] <= done],
        )
        _rewrite(
            self._run.steps, STEP_COLUMNS, [row for row in self._run.step_rows() if row["epoch"] <= done]
        )

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._epoch = epoch + 1
        self._started = self._written = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        now = time.perf_counter()
        last = batch + 1 == self._steps
        if not logs or (now - self._written < self._between and not last):
            return
        self._written = now
        _append(
            self._run.steps,
            (
                self._epoch,
                batch + 1,
                self._steps,
                round(float(logs["loss"]), 5),
                round(float(logs["accuracy"]), 5),
                round((batch + 1) * self._batch / (now - self._started), 1),
            ),
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        figures = [round(float(logs[name]), 6) for name in ("loss", "accuracy", "val_loss", "val_accuracy")]
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        seconds = round(time.perf_counter() - self._started, 2)
        self._between = max(_SECONDS_BETWEEN_ROWS, seconds / _ROWS_AN_EPOCH)
        _append(self._run.history, (epoch + 1, *figures, f"{rate:.6g}", seconds))
        print(
            f"epoch {epoch + 1}: loss {figures[0]:.4f}, accuracy {figures[1]:.4f}, validation loss {figures[2]:.4f}, "
            f"validation accuracy {figures[3]:.4f}, {seconds:.0f} s",
            flush=True,
        )


def _rewrite(path: Path, columns: tuple[str, ...], rows: list[dict[str, float]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    whole = ("epoch", "step", "steps")
    writer.writerows([int(row[name]) if name in whole else row[name] for name in columns] for row in rows)
    # In one step: a kill in between must not cost the epochs that are there.
    write_atomically(path, text.getvalue())


def _append(path: Path, row: tuple[object, ...]) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(row)
