"""The command line as people script against it: names, JSON keys, exit codes and one line on stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fer_core.__main__ import main
from fer_core.data.balancing import Recipe, count_labels, split_dataset
from fer_core.data.label_errors import LabelErrorStore
from fer_core.data.recipe_book import RecipeBook
from fer_core.data.sources import read_dataset
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.training.background import BackgroundJob
from tests.fer_files import line, write_file, write_striped_file


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_striped_file(tmp_path_factory.mktemp("data") / "fer.csv")


def run_json(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main([str(argument) for argument in arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_balance_counts_every_label(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = run_json(capsys, "dataset", "balance", data, "--recipe", "report", "--json")
    assert counts == {"train": dict.fromkeys(LABELS, 20), "validation": dict.fromkeys(LABELS, 10)}


def test_balance_without_json_is_for_people(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "balance", str(data)]) == 0
    assert "train: angry 20, happy 20" in capsys.readouterr().out


def test_inspect_prints_the_keys_of_the_public_interface(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_file(tmp_path / "f.csv", line(0), line(0), "3,1,Training", line(3, usage="PublicTest"))
    assert run_json(capsys, "dataset", "inspect", path, "--json") == {
        "rows": 3,
        "counts": {
            "Training": dict.fromkeys(FER2013_LABELS, 0) | {"angry": 2},
            "PublicTest": dict.fromkeys(FER2013_LABELS, 0) | {"happy": 1},
        },
        "bad_rows": [{"line": 4, "reason": "expected 2,304 pixels, got 1"}],
        "constant_images": 3,
        "duplicate_groups": 1,
        "duplicate_images": 3,
        "cross_split_groups": 1,
        "conflicting_groups": 1,
    }
    assert main(["dataset", "inspect", str(path)]) == 0
    assert "rows: 3, set aside: 1" in capsys.readouterr().out


def test_a_sample_with_votes_can_be_balanced_by_a_saved_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACET_HOME", str(tmp_path / "home"))
    files = [str(tmp_path / name) for name in ("s.csv", "v.csv")]
    assert main(["dataset", "sample", files[0], "--rows", "120", "--votes", files[1]]) == 0
    capsys.readouterr()
    dataset = read_dataset(Path(files[0]), Path(files[1]))
    recipe = Recipe("mine", method="undersample", exclude=("duplicates", "crowd"))
    split = split_dataset(dataset, recipe)
    RecipeBook(tmp_path / "home" / "recipes").save(recipe, dataset, split)
    found = run_json(
        capsys, "dataset", "balance", files[0], "--votes", files[1], "--recipe", "mine", "--json"
    )
    assert found["train"] == count_labels(dataset.emotion, split.train)


@pytest.mark.trains
def test_labels_are_looked_through_and_kept_for_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACET_HOME", str(tmp_path / "home"))
    path = tmp_path / "s.csv"
    main(["dataset", "sample", str(path), "--rows", "150"])
    capsys.readouterr()
    found = run_json(capsys, "dataset", "labels", path, "--folds", "2", "--epochs", "1", "--json")
    assert set(found) == {"judged", "accuracy", "label_errors"}
    store = LabelErrorStore(tmp_path / "home" / "label_errors")
    kept = store.load(read_dataset(path))
    assert kept is not None
    assert kept.rows.tolist() == [entry["row"] for entry in found["label_errors"]]
    assert BackgroundJob(store.folder(read_dataset(path))).progress() == 1


EVALUATE_KEYS = {
    "n", "skipped", "labels", "confusion_matrix", "accuracy", "accuracy_interval", "per_class",
    "macro_f1", "macro_f2", "ece", "leaked_rows", "accuracy_without_leaked",
}  # fmt: skip


def test_evaluate_prints_the_keys_of_the_public_interface(
    data: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run_json(capsys, "evaluate", data, "--model", small_model, "--usage", "PublicTest", "--json")
    assert set(result) == EVALUATE_KEYS
    assert result["n"] == 50
    assert result["skipped"] == 20
    assert result["labels"] == list(LABELS)
    assert sum(map(sum, result["confusion_matrix"])) == 50
    assert set(result["per_class"]["sad"]) == {
        "tp", "fp", "fn", "tn", "precision", "recall", "f1", "f2", "support",
    }  # fmt: skip


def test_evaluate_of_rows_that_are_not_there_is_null_not_zero(
    data: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run_json(capsys, "evaluate", data, "--model", small_model, "--usage", "PrivateTest", "--json")
    assert result["n"] == 0
    assert result["accuracy"] is None
    assert result["accuracy_interval"] is None
    assert result["ece"] is None
    assert result["per_class"]["happy"]["precision"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["dataset", "balance", "absent.csv"], "no file at absent.csv", id="no such file"),
        pytest.param(["dataset", "inspect", "absent.csv"], "no file at absent.csv", id="nothing to inspect"),
        pytest.param(["dataset", "sample", "s.csv", "--rows", "3"], "at least 30", id="too small a sample"),
        pytest.param(["dataset", "sample", "no/s.csv"], "cannot be written", id="nowhere to write"),
        pytest.param(["dataset", "labels", "DATA", "--folds", "1"], "at least 2 folds", id="one fold"),
        pytest.param(["dataset", "balance", "DATA", "--recipe", "x"], "report, release", id="no such recipe"),
        pytest.param(["evaluate", "DATA", "--usage", "Test"], "Expected Usages among", id="no such Usage"),
        pytest.param(["evaluate", "DATA", "--model", "absent"], "no model folder", id="no such model"),
        pytest.param(["predict", "absent.jpg"], "absent.jpg", id="no such picture"),
        pytest.param(["predict", ".", "--detector", "x"], "libfacedetection", id="no such detector"),
        pytest.param(["train", "DATA", "--preset", "x", "--run-dir", "r"], "tiny", id="no such preset"),
        pytest.param(["release", "absent", "--name", "x"], "not a training run", id="no such run"),
        pytest.param(
            ["release", "absent", "--name", "x", "--into", "models", "--promote"],
            "either --into or --promote",
            id="promoted elsewhere",
        ),
        pytest.param(["import", "a.h5", "--name", "x", "--labels", "angry"], ".keras or .onnx", id="HDF5"),
        pytest.param(["import", "a.onnx", "--name", "x", "--labels", "angry"], "happy, sad", id="one label"),
        pytest.param(
            ["import", "a.onnx", "--name", "x", "--labels", ",".join(LABELS)], "a.onnx", id="no file"
        ),
        pytest.param(["promote", "absent"], "no model named 'absent'", id="no such model to promote"),
    ],
)
def test_what_cannot_be_done_exits_2_with_one_line_on_stderr(
    arguments: list[str],
    sentence: str,
    data: Path,
    small_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACET_HOME", str(tmp_path / "home"))
    arguments = [str(data) if argument == "DATA" else argument for argument in arguments]
    if arguments[0] in ("evaluate", "predict") and "--model" not in arguments:
        arguments += ["--model", str(small_model)]
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert len(captured.err.splitlines()) == 1
    assert captured.out == ""


def test_an_imported_model_is_promoted_and_answers(
    data: Path,
    small_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FACET_HOME", str(tmp_path / "home"))
    network = str(small_model / "model.onnx")
    assert main(["import", network, "--name", "mine", "--labels", ", ".join(LABELS)]) == 0
    assert capsys.readouterr().out == f"imported: {tmp_path / 'home' / 'models' / 'mine'}\n"
    assert main(["promote", "mine"]) == 0
    assert capsys.readouterr().out == "active: mine\n"
    assert main(["evaluate", str(data)]) == 0
    assert capsys.readouterr().out.startswith("mine on PublicTest: n 50")


def test_a_model_is_imported_elsewhere(small_model: Path, tmp_path: Path) -> None:
    network = str(small_model / "model.onnx")
    into = tmp_path / "elsewhere"
    assert main(["import", network, "--name", "a", "--labels", ",".join(LABELS), "--into", str(into)]) == 0
    assert (into / "a" / "card.json").is_file()


@pytest.mark.trains
def test_a_run_is_released_and_promoted_in_one_go(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACET_HOME", str(tmp_path / "home"))
    run = str(tmp_path / "run")
    assert main(["train", str(data), "--preset", "tiny", "--epochs", "1", "--run-dir", run]) == 0
    capsys.readouterr()
    assert main(["release", run, "--name", "mine", "--promote"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"released: {tmp_path / 'home' / 'models' / 'mine'}",
        "active: mine",
    ]


def test_a_bad_picture_is_a_row_not_a_failure(
    tmp_path: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    result = run_json(capsys, "predict", tmp_path, "--model", small_model, "--json")
    (row,) = result["images"]
    assert row["faces"] == []
    assert row["error"]
    assert row["width"] is None


def test_the_module_runs_as_a_command(tmp_path: Path) -> None:
    path = write_file(tmp_path / "f.csv", line(0), line(3, usage="PublicTest"))
    result = subprocess.run(
        [sys.executable, "-m", "fer_core", "dataset", "balance", str(path), "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "FACET_HOME": str(tmp_path / "home")},
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["train"]["angry"] == 1
