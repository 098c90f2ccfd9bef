"""Real training of the tiny preset, as a person starts it: ``python -m fer_core train``."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.balancing import Split
from fer_core.errors import TrainingError
from fer_core.settings import PROJECT_ROOT
from fer_core.training.fit import limit_split
from fer_core.training.request import TrainingRequest
from fer_core.training.run_folder import HISTORY_COLUMNS, RunFolder
from fer_core.training.train import train
from tests.fer_files import line, write_file, write_striped_file, write_votes

pytestmark = pytest.mark.trains


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_striped_file(tmp_path_factory.mktemp("data") / "fer.csv")


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, str]:
    run = tmp_path_factory.mktemp("runs") / "run"
    command = [
        sys.executable,
        "-m",
        "fer_core",
        "train",
        str(data),
        "--preset",
        "tiny",
        "--run-dir",
        str(run),
    ]
    result = subprocess.run(
        [*command, "--epochs", "4", "--seed", "3"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return RunFolder(run), result.stdout


def test_the_parameter_count_is_printed(finished: tuple[RunFolder, str]) -> None:
    assert "tiny: 1,333 parameters" in finished[1]


def test_history_has_the_columns_people_script_against_and_a_row_an_epoch(
    finished: tuple[RunFolder, str],
) -> None:
    with finished[0].history.open() as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == HISTORY_COLUMNS
    assert rows[0] == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4"]
    assert all(np.isfinite([float(value) for value in row]).all() for row in rows[1:])


def test_it_learns(finished: tuple[RunFolder, str]) -> None:
    history = finished[0].history_rows()
    assert history[-1]["loss"] < history[0]["loss"]


def test_the_record_says_what_was_done_with_what(finished: tuple[RunFolder, str], data: Path) -> None:
    record = finished[0].record()
    assert record["state"] == "finished"
    assert record["seed"] == 3
    assert record["parameters"] == 1_333
    assert record["data"]["file"] == str(data.resolve())
    assert record["train_counts"] == dict.fromkeys(("angry", "happy", "sad", "surprise", "neutral"), 20)


def test_a_finished_run_is_refused(finished: tuple[RunFolder, str], data: Path) -> None:
    with pytest.raises(TrainingError, match="finished run"):
        train(TrainingRequest(data, "tiny", finished[0].path, epochs=4, seed=3))


def test_an_interrupted_run_goes_on_from_its_last_epoch(
    finished: tuple[RunFolder, str], data: Path, tmp_path: Path
) -> None:
    request = TrainingRequest(data, "tiny", tmp_path / "run", epochs=3, seed=3)
    run = train(request)
    whole = run.history_rows()
    # As a kill in the second epoch leaves it: no end in the record, the first epoch's backup, a row too many.
    short = train(TrainingRequest(data, "tiny", tmp_path / "short", epochs=1, seed=3))
    shutil.rmtree(run.backup)
    shutil.copytree(short.backup, run.backup)
    run.write_record(state="running")
    resumed = train(request).history_rows()
    assert [row["epoch"] for row in resumed] == [1, 2, 3]
    for before, after in zip(whole, resumed, strict=True):
        assert after["loss"] == pytest.approx(before["loss"], rel=1e-3)


def test_an_interrupted_run_is_not_mixed_with_other_settings(data: Path, tmp_path: Path) -> None:
    run = train(TrainingRequest(data, "tiny", tmp_path / "run", epochs=1))
    run.write_record(state="running")
    with pytest.raises(TrainingError, match="other settings"):
        train(TrainingRequest(data, "tiny", run.path, epochs=2))


def test_a_folder_with_something_else_in_it_is_left_alone(data: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(TrainingError, match="not empty"):
        train(TrainingRequest(data, "tiny", tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_recipe_that_leaves_nothing_says_so(tmp_path: Path) -> None:
    data = write_file(tmp_path / "fer.csv", line(3), line(4))
    with pytest.raises(TrainingError, match="2 training and 0 validation"):
        train(TrainingRequest(data, "tiny", tmp_path / "run"))


def test_votes_are_used_and_recorded(data: Path, tmp_path: Path) -> None:
    votes = write_votes(tmp_path / "v.csv", ["Training"] * 140 + ["PublicTest"] * 70, [[1] * 10] * 210)
    run = train(TrainingRequest(data, "tiny", tmp_path / "run", votes=votes, epochs=1, limit=20))
    record = run.record()
    assert len(record["data"]["votes_sha256"]) == 64
    assert sum(record["train_counts"].values()) == 20
    assert sum(record["validation_counts"].values()) == 20


def test_the_limit_is_drawn_by_seed_and_caps_validation_too() -> None:
    split = Split(np.arange(100), np.arange(100, 160), np.arange(160, 170))
    first, again, other = (limit_split(split, 30, seed) for seed in (1, 1, 2))
    assert (len(first.train), len(first.validation), len(first.test)) == (30, 30, 10)
    assert (first.train == again.train).all()
    assert set(first.train) != set(other.train)
    assert limit_split(split, None, 1) is split
    assert len(limit_split(split, 80, 1).validation) == 60


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"limit": 0}, {"seed": -1}])
def test_a_request_that_makes_no_sense_is_refused(wrong: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="Expected"):
        TrainingRequest(tmp_path / "f.csv", "tiny", tmp_path, **wrong)


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(TrainingError, match="damaged"):
        RunFolder(tmp_path).record()
    (tmp_path / "run.json").write_text(json.dumps([]))
    with pytest.raises(TrainingError, match="expected an object"):
        RunFolder(tmp_path).record()
