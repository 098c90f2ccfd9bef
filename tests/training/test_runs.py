"""The queue and what a person does with runs, with real processes."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import psutil
import pytest

from fer_core.data.balancing import Recipe, split_dataset
from fer_core.data.reading import read_csv
from fer_core.data.recipe_book import RecipeBook
from fer_core.errors import DatasetError, TrainingError
from fer_core.settings import Settings
from fer_core.training.request import TrainingRequest, open_run
from fer_core.training.run_folder import RunFolder
from fer_core.training.runs import (
    delete_run,
    list_runs,
    resume_run,
    start_run,
    stop_run,
    summary_of,
    wait_for_turn,
)
from fer_core.training.train import train
from tests.fer_files import write_striped_file


def wait_for(run: RunFolder, *states: str, seconds: float = 120) -> str:
    """Wait until the run is in one of these states; another process changes it, so there is nothing but looking."""
    deadline, tick = time.monotonic() + seconds, threading.Event()
    while (state := run.state()[0]) not in states:
        assert time.monotonic() < deadline, f"{state}: {run.job.log(20)}"
        tick.wait(0.05)
    return state


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_striped_file(tmp_path_factory.mktemp("data") / "fer.csv")


def fake_run(path: Path, state: str, asked_at: float, *, pid: int | None = None) -> RunFolder:
    """A run as its record and its process tell it; the process is this one unless there is another."""
    path.mkdir(parents=True)
    run = RunFolder(path)
    run.write_record(state=state, asked_at=asked_at, arguments=["x"], preset={"epochs": 1})
    born = psutil.Process().create_time()
    (path / "job.json").write_text(json.dumps({"pid": pid or os.getpid(), "born": born}))
    return run


@pytest.mark.parametrize(
    ("written", "alive", "shown"),
    [
        ("queued", True, "queued"),
        ("running", True, "running"),
        ("finished", False, "finished"),
        ("finished", True, "finished"),
        ("stopped", False, "stopped"),
        ("failed", False, "failed"),
        pytest.param("running", False, "failed", id="killed while it ran"),
        pytest.param("queued", False, "failed", id="killed while it waited"),
    ],
)
def test_the_state_is_what_is_written_unless_the_process_is_gone(
    written: str, alive: bool, shown: str, tmp_path: Path
) -> None:
    run = fake_run(tmp_path / "run", written, 1)
    if not alive:
        (run.path / "job.json").unlink()
    state, reason = run.state()
    assert state == shown
    assert bool(reason) == (written in ("queued", "running") and not alive)


def test_places_in_the_queue_go_by_when_it_was_asked(tmp_path: Path) -> None:
    fake_run(tmp_path / "a", "running", 1)
    second = fake_run(tmp_path / "c", "queued", 2)
    third = fake_run(tmp_path / "b", "queued", 3)
    fake_run(tmp_path / "d", "finished", 0)
    gone = fake_run(tmp_path / "e", "running", -1)
    (gone.path / "job.json").unlink()
    assert (summary_of(second).ahead, summary_of(third).ahead) == (1, 2)
    assert [summary.run.name for summary in list_runs(tmp_path)] == ["b", "c", "a", "d", "e"]


def test_a_folder_that_is_no_run_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.json").write_text("{")
    assert list_runs(tmp_path) == []
    assert list_runs(tmp_path / "nowhere") == []


def test_whoever_waits_goes_when_the_one_before_has_ended(tmp_path: Path) -> None:
    first = fake_run(tmp_path / "a", "running", 1)
    second = fake_run(tmp_path / "b", "queued", 2)
    waiting = threading.Thread(target=wait_for_turn, args=(second,))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    first.write_record(state="finished")
    waiting.join(10)
    assert not waiting.is_alive()


def test_what_is_under_way_is_not_deleted_and_what_ended_is(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "a", "running", 1)
    with pytest.raises(TrainingError, match="under way"):
        delete_run(run)
    run.write_record(state="stopped")
    delete_run(run)
    assert not run.path.exists()
    with pytest.raises(TrainingError):
        delete_run(run)


@pytest.mark.parametrize("state", ["finished", "running", "queued"])
def test_only_what_ended_early_is_resumed(state: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="only a stopped or failed"):
        resume_run(fake_run(tmp_path / "a", state, 1))


def test_notes_are_kept_and_cut(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "a", "finished", 1)
    assert run.note() == ""
    run.write_note("é" * 600)
    assert run.note() == "é" * 500


def test_a_run_from_which_a_model_is_being_made_is_left_alone(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "a", "stopped", 1)
    (run.path / "job.json").unlink()
    (run.path / "release").mkdir()
    born = psutil.Process().create_time()
    (run.path / "release" / "job.json").write_text(json.dumps({"pid": os.getpid(), "born": born}))
    for action in (resume_run, delete_run):
        with pytest.raises(TrainingError, match="being made"):
            action(run)


def test_a_queued_run_that_cannot_begin_says_why(data: Path, tmp_path: Path) -> None:
    request = TrainingRequest(data, "tiny", tmp_path / "run")
    run = open_run(request)
    with pytest.raises(TrainingError, match="other settings"):
        train(TrainingRequest(data, "tiny", run.path, epochs=2))
    state, reason = run.state()
    assert (state, "other settings" in reason) == ("failed", True)


def test_a_queued_run_whose_recipe_is_gone_says_so(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_HOME", str(tmp_path / "home"))
    book = RecipeBook(Settings.from_environment().recipes)
    dataset = read_csv(data)
    recipe = Recipe("mine")
    book.save(recipe, dataset, split_dataset(dataset, recipe))
    request = TrainingRequest(data, "tiny", tmp_path / "run", recipe="mine@1")
    run = open_run(request)
    book.delete("mine")
    with pytest.raises(DatasetError, match="mine"):
        train(request, queue=True)
    assert run.state()[0] == "failed"
    assert "mine" in run.state()[1]


def test_who_uses_a_run_uses_it_alone(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    with run.in_use_by_one(), pytest.raises(TrainingError, match="is in use"), run.in_use_by_one():
        pass
    with run.in_use_by_one():
        pass


def test_a_run_that_somebody_makes_a_model_of_is_not_resumed(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", "stopped", 1.0, pid=2**22 + 1)
    with run.in_use_by_one(), pytest.raises(TrainingError, match="is in use"):
        resume_run(run)
    assert run.state()[0] == "stopped"


@pytest.mark.trains
def test_a_run_started_here_is_queued_stopped_resumed_and_finished(data: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    first = start_run(TrainingRequest(data, "tiny", runs / "first", changes=("epochs=5000",)))
    second = start_run(TrainingRequest(data, "tiny", runs / "second", changes=("epochs=2",)))
    with pytest.raises(TrainingError, match="already"):
        start_run(TrainingRequest(data, "tiny", runs / "second"))
    wait_for(first, "running")
    # The first is running before the second has looked; a run that waits says behind how many.
    assert summary_of(second).ahead == 1
    deadline, tick = time.monotonic() + 120, threading.Event()
    while not first.completed_epochs():
        assert time.monotonic() < deadline, first.job.log(20)
        tick.wait(0.05)
    assert second.state()[0] == "queued"
    stop_run(first)
    assert wait_for(first, "stopped", "finished", "failed") == "stopped"
    assert "finished epochs" in first.state()[1]
    assert first.kept_weights.exists()
    done = first.completed_epochs()
    assert wait_for(second, "finished", "failed") == "finished"
    resume_run(first)
    while first.completed_epochs() <= done:
        assert time.monotonic() < deadline + 120, first.job.log(20)
        tick.wait(0.05)
    epochs = [row["epoch"] for row in first.history_rows()]
    assert epochs[: done + 1] == list(range(1, done + 2))
    stop_run(first)
    wait_for(first, "stopped")


@pytest.mark.trains
def test_one_that_waits_leaves_the_queue_when_it_is_stopped(data: Path, tmp_path: Path) -> None:
    fake_run(tmp_path / "runs" / "endless", "running", 1)
    run = start_run(TrainingRequest(data, "tiny", tmp_path / "runs" / "waits"))
    stop_run(run)
    assert wait_for(run, "stopped", "finished", "failed") == "stopped"
    assert run.completed_epochs() == 0
