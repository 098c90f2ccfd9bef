"""A trainer that is killed in the middle of an epoch, again and again, ends up where an undisturbed one does."""

from __future__ import annotations

import dataclasses
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fer_core.errors import TrainingError
from fer_core.settings import PROJECT_ROOT
from fer_core.training import fit
from fer_core.training.checkpoints import PatienceEnded, checkpoint_callbacks, early_stopping
from fer_core.training.presets import PRESETS
from fer_core.training.request import TrainingRequest
from fer_core.training.run_folder import RunFolder
from fer_core.training.train import train
from tests.fer_files import write_striped_file

pytestmark = pytest.mark.trains

_EPOCHS, _KILLS = 8, 5

#: The command line, with TensorFlow's sums in one order, so that histories can be compared to the last digit.
_DETERMINISTIC = (
    "import tensorflow as tf; tf.config.experimental.enable_op_determinism(); import sys; "
    "from fer_core.__main__ import main; sys.exit(main(sys.argv[1:]))"
)


def start(data: Path, run: RunFolder) -> subprocess.Popen[bytes]:
    words = ["train", str(data), "--preset", "tiny", "--run-dir", str(run.path), "--seed", "5"]
    words += ["--set", f"epochs={_EPOCHS}", "--set", "batch=1"]
    return subprocess.Popen(
        [sys.executable, "-c", _DETERMINISTIC, *words],
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def figures(run: RunFolder) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in run.history_rows()]


def test_five_kills_inside_an_epoch_change_nothing(tmp_path: Path) -> None:
    data = write_striped_file(tmp_path / "fer.csv", training=500, test=50)
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    assert start(data, whole).wait(240) == 0
    chance, tick = random.Random(17), threading.Event()
    for kill in range(_KILLS):
        trainer = start(data, broken)
        deadline = time.monotonic() + 120
        # A moment somewhere inside the epoch after the next finished one; the last kill leaves epochs to train.
        while broken.completed_epochs() < kill + 1:
            assert trainer.poll() is None
            assert time.monotonic() < deadline
            tick.wait(0.01)
        seconds = whole.history_rows()[-1]["seconds"]
        tick.wait(chance.uniform(0.05, 0.9) * seconds)
        trainer.send_signal(signal.SIGKILL)
        trainer.wait(20)
        assert broken.state()[0] in ("failed", "finished")
    assert start(data, broken).wait(240) == 0
    assert figures(broken) == figures(whole)
    assert [row["epoch"] for row in figures(broken)] == list(range(1, _EPOCHS + 1))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_striped_file(tmp_path / "fer.csv")


def test_a_full_disk_ends_the_run_in_words_and_leaves_the_last_epoch(data: Path, tmp_path: Path) -> None:
    request = TrainingRequest(data, "tiny", tmp_path / "run", epochs=3)
    short = train(TrainingRequest(data, "tiny", tmp_path / "short", epochs=1))
    run = RunFolder(request.run_dir)
    full = run.path / "history.csv"

    class FullDisk:
        """The second epoch's row meets a full disk: /dev/full says so as a real one does."""

        def __init__(self) -> None:
            self.rows = 0

        def __call__(self, path: Path, row: tuple[object, ...]) -> None:
            self.rows += path == full
            with Path("/dev/full" if self.rows == 2 else path).open("a") as file:
                file.write(",".join(map(str, row)) + "\n")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fer_core.training.history._append", FullDisk())
        with pytest.raises(TrainingError, match="disk is full"):
            train(request)
    assert run.state()[0] == "failed"
    assert "disk is full" in run.state()[1]
    assert run.completed_epochs() == 1
    assert (run.backup / "latest.weights.h5").exists()
    assert [row["epoch"] for row in train(request).history_rows()] == [1, 2, 3]
    assert short.completed_epochs() == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(MemoryError(), "memory ran out", id="Python's"),
        pytest.param(RuntimeError("RESOURCE_EXHAUSTED: out of memory"), "memory ran out", id="XLA's"),
        pytest.param(OSError(28, "No space left on device"), "disk is full", id="the system's"),
        pytest.param(RuntimeError("strange\ntrace"), "RuntimeError: strange", id="anything else"),
    ],
)
def test_what_went_wrong_is_said_in_words(
    error: Exception, words: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(fit, "fit_into", fail)
    run = RunFolder(tmp_path / "run")
    with pytest.raises(TrainingError, match=words):
        train(TrainingRequest(data, "tiny", run.path))
    state, reason = run.state()
    assert state == "failed"
    assert words in reason


def test_a_run_is_trained_by_one_process_at_a_time(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = TrainingRequest(data, "tiny", tmp_path / "run")

    def meanwhile(*_: object, **__: object) -> None:
        with pytest.raises(TrainingError, match="another process"):
            train(request)

    monkeypatch.setattr(fit, "fit_into", meanwhile)
    assert train(request).state()[0] == "finished"


@pytest.mark.parametrize(
    "half_done",
    [
        pytest.param(lambda run: shutil.copytree(run.backup, run.path / "backup.next"), id="before the swap"),
        pytest.param(lambda run: run.backup.rename(run.path / "backup.old"), id="between the two renames"),
        pytest.param(
            lambda run: shutil.copytree(run.backup, run.path / "backup.old"), id="before the clearing"
        ),
    ],
)
def test_a_kill_while_the_backup_is_swapped_loses_nothing(
    half_done: object, data: Path, tmp_path: Path
) -> None:
    run = train(TrainingRequest(data, "tiny", tmp_path / "run", epochs=1))
    half_done(run)  # type: ignore[operator]
    checkpoint_callbacks(run, PRESETS["tiny"])
    assert run.completed_epochs() == 1
    assert (run.backup / "latest.weights.h5").exists()


def test_a_worse_epoch_after_a_resume_does_not_replace_the_best_weights(data: Path, tmp_path: Path) -> None:
    run = train(TrainingRequest(data, "tiny", tmp_path / "run", epochs=1))
    history = run.history.read_text().splitlines()
    fields = history[1].split(",")
    fields[4] = "0.99"
    run.history.write_text("\n".join([history[0], ",".join(fields)]) + "\n")
    (saver,) = [
        each
        for each in checkpoint_callbacks(run, PRESETS["release"])
        if type(each).__name__ == "ModelCheckpoint"
    ]
    assert saver.best == pytest.approx(0.99, abs=2e-6)


def test_early_stopping_has_waited_after_a_resume_as_it_had_before(data: Path, tmp_path: Path) -> None:
    run = train(TrainingRequest(data, "tiny", tmp_path / "run", epochs=4))
    lines = run.history.read_text().splitlines()
    accuracies = (0.2, 0.9, 0.5, 0.5)
    rows = [line.split(",") for line in lines[1:]]
    text = [",".join([*row[:4], str(value), *row[5:]]) for row, value in zip(rows, accuracies, strict=True)]
    run.history.write_text("\n".join([lines[0], *text]) + "\n")
    (stopping,) = early_stopping(run, dataclasses.replace(PRESETS["release"], patience=3))
    stopping.on_train_begin()
    assert stopping.wait == 2
    stopping.on_epoch_begin(4)
    (ended,) = early_stopping(run, dataclasses.replace(PRESETS["release"], patience=2))
    ended.on_train_begin()
    with pytest.raises(PatienceEnded):
        ended.on_epoch_begin(4)


def test_patience_ends_a_run_and_the_best_epoch_is_kept(data: Path, tmp_path: Path) -> None:
    request = TrainingRequest(
        data,
        "tiny",
        tmp_path / "run",
        recipe="release",
        changes=("epochs=60", "patience=1", "learning_rate=1e-6"),
    )
    run = train(request)
    assert run.state()[0] == "finished"
    assert len(run.history_rows()) < 60
    assert run.record()["preset"]["keep"] == "best"
