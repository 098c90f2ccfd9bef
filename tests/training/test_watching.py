from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fer_core.training.run_folder import HISTORY_COLUMNS, STEP_COLUMNS, RunFolder
from fer_core.training.watching import best_epoch, curves_part, differing_settings, progress_of

Row = dict[str, float]


def history(train: list[float], validation: list[float], accuracy: list[float] | None = None) -> list[Row]:
    return [
        {
            "epoch": at + 1,
            "loss": loss,
            "accuracy": 0.5,
            "val_loss": val_loss,
            "val_accuracy": accuracy[at] if accuracy else 0.5,
            "learning_rate": 1e-3,
            "seconds": 10,
        }
        for at, (loss, val_loss) in enumerate(zip(train, validation, strict=True))
    ]


def write_run(path: Path, epochs: list[Row], steps: list[tuple[float, ...]]) -> RunFolder:
    path.mkdir(exist_ok=True)
    run = RunFolder(path)
    for file, columns, rows in (
        (run.history, HISTORY_COLUMNS, [[row[name] for name in HISTORY_COLUMNS] for row in epochs]),
        (run.steps, STEP_COLUMNS, steps),
    ):
        with file.open("w", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(columns)
            writer.writerows(rows)
    return run


@pytest.mark.parametrize(
    ("train", "validation", "since"),
    [
        pytest.param([3, 2, 1], [3, 2, 1], None, id="too short to say"),
        pytest.param([5, 4, 3, 2, 1], [5, 4, 3, 2, 1], None, id="both fall"),
        pytest.param([5, 4, 3, 2, 1], [5, 4, 5, 6, 7], 2, id="validation rises from the second epoch on"),
        pytest.param([5, 4, 3, 2, 1], [5, 4, 5, 6, 4.01], None, id="it came back"),
        pytest.param([5, 4, 3, 2, 1], [5, 4, 4.01, 4.02, 4.01], None, id="it only trembles"),
        pytest.param([5, 4, 5, 6, 7], [5, 4, 5, 6, 7], None, id="training rises as well: another trouble"),
        pytest.param([5, 4, 3, 2], [5, 4, 5, 6], None, id="two epochs are too few"),
    ],
)
def test_when_the_curves_part(train: list[float], validation: list[float], since: int | None) -> None:
    assert curves_part(history(train, validation)) == since


def test_the_best_epoch_is_the_first_of_the_highest() -> None:
    assert best_epoch([]) is None
    assert best_epoch(history([1] * 3, [1] * 3, [0.2, 0.4, 0.4])) == 2


def test_progress_before_anything_is_written() -> None:
    progress = progress_of([], [], {"preset": {"epochs": 4}})
    assert (progress.epoch, progress.epochs, progress.share) == (0, 4, 0.0)
    assert progress.seconds_left is None


def test_progress_inside_the_first_epoch_goes_by_the_speed(tmp_path: Path) -> None:
    run = write_run(tmp_path, [], [(1, 5, 10, 1.5, 0.2, 100)])
    progress = progress_of(
        run.history_rows(), run.step_rows(), {"preset": {"epochs": 4}, "train_rows": 1_000}
    )
    assert progress.share == 0.125
    assert progress.seconds_left == pytest.approx(35)
    assert progress.faces_per_second == 100


def test_progress_goes_by_the_last_epochs_and_counts_the_open_one(tmp_path: Path) -> None:
    run = write_run(tmp_path, history([2, 1], [2, 1]), [(2, 9, 10, 1, 0.5, 90), (3, 5, 10, 1, 0.5, 100)])
    progress = progress_of(run.history_rows(), run.step_rows(), {"preset": {"epochs": 4}})
    assert (progress.epoch, progress.share, progress.seconds_left) == (2, 0.625, 15)


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    run = write_run(tmp_path, history([2], [2]), [])
    with run.history.open("a") as file:
        file.write("2,1.")
    assert len(run.history_rows()) == 1


def test_settings_that_differ_are_listed_and_no_others() -> None:
    one = {"preset": {"epochs": 3, "augmentation": None}, "seed": 1, "data": {"file": "/a/b/fer.csv"}}
    two = {"preset": {"epochs": 4, "augmentation": {"flip": True}}, "seed": 1, "data": {"file": "c/fer.csv"}}
    rows = differing_settings({"one": one, "two": two})
    assert {row["setting"]: (row["one"], row["two"]) for row in rows} == {
        "epochs": ("3", "4"),
        "augmentation": ("none", ""),
        "augmentation.flip": ("", "True"),
    }
