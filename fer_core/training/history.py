"""Write a run's curves while Keras trains: a row an epoch, and finer rows inside it."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import keras

from fer_core.training.run_folder import HISTORY_COLUMNS, STEP_COLUMNS, RunFolder

_STEPS_BETWEEN_ROWS = 10


class HistoryWriter(keras.callbacks.Callback):
    """Keras's CSVLogger orders its columns by name and knows no time; people script against ours."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__()
        self._run = run
        self._epoch = 0
        self._started = 0.0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Keep the rows of epochs that the backup holds; an epoch that is trained again is written again."""
        rows = self._run.history_rows()[: self._run.completed_epochs()]
        with self._run.history.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HISTORY_COLUMNS)
            writer.writerows(
                [[int(row["epoch"]), *[row[name] for name in HISTORY_COLUMNS[1:]]] for row in rows]
            )
        if not self._run.steps.exists():
            _append(self._run.steps, STEP_COLUMNS)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._epoch = epoch + 1
        self._started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if logs and batch % _STEPS_BETWEEN_ROWS == 0:
            _append(
                self._run.steps,
                (self._epoch, batch + 1, round(float(logs["loss"]), 5), round(float(logs["accuracy"]), 5)),
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        figures = [round(float(logs[name]), 6) for name in ("loss", "accuracy", "val_loss", "val_accuracy")]
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        seconds = round(time.perf_counter() - self._started, 2)
        _append(self._run.history, (epoch + 1, *figures, f"{rate:.6g}", seconds))
        print(
            f"epoch {epoch + 1}: loss {figures[0]:.4f}, accuracy {figures[1]:.4f}, validation loss {figures[2]:.4f}, "
            f"validation accuracy {figures[3]:.4f}, {seconds:.0f} s",
            flush=True,
        )


def _append(path: Path, row: tuple[object, ...]) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(row)
