"""Checkpoints that a kill at any moment leaves whole, and stopping between two batches.

Keras's callbacks write; what they wrote becomes the run's only once an epoch is complete.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import keras

from fer_core.training.presets import Preset
from fer_core.training.run_folder import RunFolder, StopRequested, discard_half_done

#: The history keeps six places.
_ROUNDING: Final = 1e-6


class PatienceEnded(Exception):  # noqa: N818 - an end, not an error
    """Early stopping had ended the run before it was resumed."""


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
    backup = run.next_backup
    # The order matters: the backup before the swap, because a resumed run goes on from the raw weights; the kept
    # weights after it; and the commit last, when both are whole.
    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.BackupAndRestore(str(backup), delete_checkpoint=False)
    ]
    if preset.average is not None:
        callbacks.append(keras.callbacks.SwapEMAWeights(swap_on_epoch=True))
    best = [row["val_accuracy"] for row in _trusted_rows(run)]
    callbacks.append(
        keras.callbacks.ModelCheckpoint(
            str(backup / run.kept_weights.name),
            monitor="val_accuracy",
            mode="max",
            save_best_only=preset.keep == "best",
            save_weights_only=True,
            # The history is rounded, and an equal epoch must not take the place of an earlier one.
            initial_value_threshold=max(best) + _ROUNDING if best and preset.keep == "best" else None,
        )
    )
    return [*callbacks, _EpochCommit(run)]


def early_stopping(run: RunFolder, preset: Preset) -> list[keras.callbacks.Callback]:
    """Keras's EarlyStopping, none without patience; after a resume it has waited for as long as it had before."""
    return [] if preset.patience is None else [_ResumedEarlyStopping(run, preset.patience)]


class _ResumedEarlyStopping(keras.callbacks.EarlyStopping):
    def __init__(self, run: RunFolder, patience: int) -> None:
        super().__init__("val_accuracy", mode="max", patience=patience)
        self._run = run

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        accuracies = [row["val_accuracy"] for row in _trusted_rows(self._run)]
        if accuracies:
            self.best = max(accuracies) + _ROUNDING
            self.wait = len(accuracies) - 1 - accuracies.index(max(accuracies))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        # Killed after its last epoch and before it could say so.
        if self.wait >= self.patience:
            raise PatienceEnded


class _EpochCommit(keras.callbacks.Callback):
    """Puts the files of a complete epoch in the place of the former ones."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__()
        self._run = run

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        backup, after, old = self._run.backup, self._run.next_backup, _old_backup(self._run)
        if backup.exists():
            if not (after / self._run.kept_weights.name).exists() and self._run.kept_weights.exists():
                shutil.copy2(self._run.kept_weights, after)
            backup.rename(old)
        # Backup and kept weights lie in one folder, so that one step puts both in place.
        after.rename(backup)
        shutil.rmtree(old, ignore_errors=True)


def _restore(run: RunFolder) -> None:
    """Clear up after a kill: whatever was half done goes, and Keras finds the last complete backup."""
    if not run.backup.exists() and _old_backup(run).exists():
        _old_backup(run).rename(run.backup)
    shutil.rmtree(_old_backup(run), ignore_errors=True)
    discard_half_done(run)
    if run.backup.exists():
        shutil.copytree(run.backup, run.next_backup)


def _old_backup(run: RunFolder) -> Path:
    return run.path / "backup.old"


def _trusted_rows(run: RunFolder) -> list[dict[str, float]]:
    """The rows of epochs that the backup holds."""
    done = run.completed_epochs()
    return [row for row in run.history_rows() if row["epoch"] <= done]
