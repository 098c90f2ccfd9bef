"""Checkpoints that a kill at any moment leaves whole, and stopping between two batches.

Keras's callbacks write; what they wrote becomes the run's only once an epoch is complete.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import keras

from fer_core.training.presets import Preset
from fer_core.training.run_folder import RunFolder, StopRequested


class StopWatcher(keras.callbacks.Callback):
    """Ends the training after the batch in which somebody asked for it.

    It raises instead of setting ``stop_training``, because Keras would close the broken epoch as if it were whole.
    """

    def __init__(self, run: RunFolder) -> None:
        super().__init__()
        self._run = run

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        if self._run.stop_file.exists():
            raise StopRequested


def checkpoint_callbacks(run: RunFolder, preset: Preset) -> list[keras.callbacks.Callback]:
    """Callbacks that back up every epoch and keep the weights a release takes; a resumed run goes on from them."""
    _restore(run)
    backup, kept = _next_backup(run), _next_kept(run)
    # The order matters: the backup before the swap, because a resumed run goes on from the raw weights; the kept
    # weights after it; and the commit last, when both are whole.
    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.BackupAndRestore(str(backup), delete_checkpoint=False)
    ]
    if preset.average is not None:
        callbacks.append(keras.callbacks.SwapEMAWeights(swap_on_epoch=True))
    best = [row["val_accuracy"] for row in run.history_rows()[: run.completed_epochs()]]
    callbacks.append(
        keras.callbacks.ModelCheckpoint(
            str(kept),
            monitor="val_accuracy",
            mode="max",
            save_best_only=preset.keep == "best",
            save_weights_only=True,
            initial_value_threshold=max(best) if best and preset.keep == "best" else None,
        )
    )
    return [*callbacks, _EpochCommit(run)]


class _EpochCommit(keras.callbacks.Callback):
    """Puts the files of a complete epoch in the place of the former ones."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__()
        self._run = run

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        if _next_kept(self._run).exists():
            _next_kept(self._run).replace(self._run.kept_weights)
        backup, old = self._run.backup, _old_backup(self._run)
        if backup.exists():
            backup.rename(old)
        _next_backup(self._run).rename(backup)
        shutil.rmtree(old, ignore_errors=True)


def _restore(run: RunFolder) -> None:
    """Clear up after a kill: whatever was half done goes, and Keras finds the last complete backup."""
    if not run.backup.exists() and _old_backup(run).exists():
        _old_backup(run).rename(run.backup)
    shutil.rmtree(_old_backup(run), ignore_errors=True)
    shutil.rmtree(_next_backup(run), ignore_errors=True)
    _next_kept(run).unlink(missing_ok=True)
    if run.backup.exists():
        shutil.copytree(run.backup, _next_backup(run))


def _next_backup(run: RunFolder) -> Path:
    return run.path / "backup.next"


def _old_backup(run: RunFolder) -> Path:
    return run.path / "backup.old"


def _next_kept(run: RunFolder) -> Path:
    return run.path / "next.weights.h5"
