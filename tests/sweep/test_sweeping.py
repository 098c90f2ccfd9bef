"""Real Ray Tune on this machine, with the preset tiny, as ``python -m fer_core sweep`` starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fer_core.errors import FerError, TrainingError
from fer_core.settings import PROJECT_ROOT, Settings
from fer_core.sweep.sweeping import open_sweep, request_of, run_sweep
from fer_core.sweep.sweeps import Sweep, list_sweeps, resume_sweep, stop_sweep, trials_of
from fer_core.training.run_folder import RunFolder
from tests.fer_files import write_striped_file

pytest.importorskip("ray", reason="Ray is not installed (requirements-cluster.txt)")

SPACE = """
preset = "tiny"
trials = {trials}
epochs = {epochs}
seed = 1

[set]
learning_rate = {{low = 1e-4, high = 1e-2, log = true}}
batch = [16, 32]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FACET_HOME", str(tmp_path / "home"))
    return Settings.from_environment()


def start(folder: Path, trials: int, epochs: int) -> subprocess.Popen[str]:
    (folder / "small.toml").write_text(SPACE.format(trials=trials, epochs=epochs))
    data = folder / "fer.csv"
    if not data.exists():
        write_striped_file(data)
    command = [sys.executable, "-m", "fer_core", "sweep", str(folder / "small.toml"), str(data), "--json"]
    return subprocess.Popen(
        command, cwd=PROJECT_ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_trials_are_runs_and_those_that_fall_behind_end_early(here: Settings, tmp_path: Path) -> None:
    process = start(tmp_path, trials=4, epochs=9)
    said, told = process.communicate(timeout=280)
    assert process.returncode == 0, told
    trials = json.loads(said[said.index("{") :])["trials"]
    assert len(trials) == 4
    assert len({json.dumps(trial["settings"]) for trial in trials}) == 4
    accuracies = [trial["val_accuracy"] for trial in trials]
    assert accuracies == sorted(accuracies, reverse=True)
    assert all(1e-4 <= float(trial["settings"]["learning_rate"]) <= 1e-2 for trial in trials)
    assert max(trial["epochs"] for trial in trials) == 9
    sweep = Sweep(here.sweeps / "small")
    found = trials_of(sweep, here)
    assert [trial.summary.run.name for trial in found] == [trial["run"] for trial in trials]
    # Each is a run like any other, and the best one can be made a model.
    assert {trial.summary.state for trial in found} <= {"finished", "stopped"}
    assert found[0].summary.releasable
    assert [each.name for each in list_sweeps(here)] == ["small"]


def test_a_killed_driver_goes_on_and_trains_no_epoch_twice(here: Settings, tmp_path: Path) -> None:
    killed = start(tmp_path, trials=2, epochs=6)
    run = RunFolder(here.runs / "small-00000")
    end = time.monotonic() + 180
    while not run.history.exists() or len(run.history_rows()) < 2:
        assert killed.poll() is None, killed.communicate()
        assert time.monotonic() < end, "two epochs did not come within three minutes"
        time.sleep(0.1)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)
    goes_on = start(tmp_path, trials=2, epochs=6)
    said, told = goes_on.communicate(timeout=280)
    assert goes_on.returncode == 0, told
    trials = json.loads(said[said.index("{") :])["trials"]
    assert {trial["run"] for trial in trials} == {"small-00000", "small-00001"}
    for trial in trials:
        epochs = [row["epoch"] for row in RunFolder(here.runs / trial["run"]).history_rows()]
        assert epochs == list(range(1, len(epochs) + 1))
    assert max(trial["epochs"] for trial in trials) == 6


def test_a_stopped_sweep_leaves_no_run_under_way(here: Settings, tmp_path: Path) -> None:
    process = start(tmp_path, trials=2, epochs=400)
    sweep = Sweep(here.sweeps / "small")
    end = time.monotonic() + 180
    # A row of the history comes a moment before the weights of its epoch are in place.
    while not any(trial.summary.run.completed_epochs() for trial in trials_of(sweep, here)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "no epoch came within three minutes"
        time.sleep(0.1)
    stop_sweep(sweep, here)
    process.communicate(timeout=60)
    assert sweep.state() == "ended"
    trials = trials_of(sweep, here)
    assert {trial.summary.state for trial in trials} == {"stopped"}
    # What it learnt until then can be made a model.
    assert any(trial.summary.releasable for trial in trials)


def test_another_space_under_the_same_name_is_refused(here: Settings, tmp_path: Path) -> None:
    space = SPACE.format(trials=2, epochs=2)
    open_sweep("one", space, tmp_path / "fer.csv", None, here)
    open_sweep("one", space, tmp_path / "fer.csv", None, here)
    with pytest.raises(TrainingError, match="asked for something else"):
        open_sweep("one", SPACE.format(trials=3, epochs=2), tmp_path / "fer.csv", None, here)


@pytest.mark.parametrize("name", ["", "../out", "a b", "x" * 42, "-x"])
def test_a_name_that_is_no_folder_is_refused(name: str, here: Settings, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="Expected a name"):
        open_sweep(name, SPACE.format(trials=2, epochs=2), tmp_path / "fer.csv", None, here)


def test_a_trial_asks_for_what_was_drawn() -> None:
    fixed = {
        "csv": "/fer.csv", "votes": None, "runs": "/runs", "sweep": "one", "epochs": 4, "cores": 1,
        "recipe": None, "limit": 50,
    }  # fmt: skip
    request = request_of({"preset": "tiny", "batch": 32}, fixed, 3)
    assert request.run_dir == Path("/runs/one-00003")
    assert (request.preset, request.epochs, request.limit) == ("tiny", 4, 50)
    assert request.changes == ("batch=32",)


def test_a_page_starts_a_sweep_that_goes_on_without_it(here: Settings, tmp_path: Path) -> None:
    data = write_striped_file(tmp_path / "fer.csv")
    sweep = open_sweep("small", SPACE.format(trials=1, epochs=2), data, None, here)
    resume_sweep(sweep)
    sweep.job.wait(200)
    (trial,) = trials_of(sweep, here)
    assert (trial.summary.state, trial.epochs) == ("finished", 2), sweep.job.log(20)


@pytest.mark.parametrize(
    ("space", "csv", "said"),
    [
        (SPACE.format(trials=2, epochs=2), "nowhere.csv", "no data set at"),
        ('preset = "release"\ntrials = 2\nepochs = 2\nrecipe = "report"', "fer.csv", "holds none back"),
        ('preset = "tiny"\ntrials = 2\nepochs = 2\nrecipe = "none such"', "fer.csv", "none such"),
    ],
    ids=["no data", "two heads without rows held back", "no recipe"],
)
def test_what_no_trial_could_do_is_said_once_before_the_first(
    space: str, csv: str, said: str, here: Settings, tmp_path: Path
) -> None:
    write_striped_file(tmp_path / "fer.csv")
    with pytest.raises(FerError, match=said):
        run_sweep("one", space, tmp_path / csv)
    assert trials_of(Sweep(here.sweeps / "one"), here) == []
