from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.data.reading import FerDataset, read_csv
from fer_core.errors import EvaluationError
from fer_core.evaluation import stored
from fer_core.evaluation.judging import judge_dataset
from fer_core.evaluation.stored import EvaluationCache
from fer_core.model_folder import ModelFolder
from tests.fer_files import write_striped_file


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> FerDataset:
    return read_csv(write_striped_file(tmp_path_factory.mktemp("data") / "fer.csv"))


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Every call that really judges."""
    calls: list[tuple[Any, ...]] = []

    def judge(*arguments: Any) -> Any:
        calls.append(arguments)
        return judge_dataset(*arguments)

    monkeypatch.setattr(stored, "judge_dataset", judge)
    return calls


def test_what_was_judged_is_not_judged_again_also_by_another_process(
    dataset: FerDataset, small_model: Path, tmp_path: Path, judged: list[Any]
) -> None:
    model = ModelFolder.open(small_model)
    cache = EvaluationCache(tmp_path / "cache")
    first = cache.judge(model, dataset, ("PublicTest",))
    assert cache.judge(model, dataset, ("PublicTest",)) is first
    again = EvaluationCache(tmp_path / "cache").judge(model, dataset, ("PublicTest",))
    assert len(judged) == 1
    for name in ("row", "usage", "truth", "probabilities", "leaked"):
        assert (getattr(again, name) == getattr(first, name)).all()


def test_another_model_other_data_or_another_split_is_judged_anew(
    dataset: FerDataset, small_model: Path, tmp_path: Path, judged: list[Any]
) -> None:
    cache = EvaluationCache(tmp_path / "cache")
    shutil.copytree(small_model, tmp_path / "other")
    brighter = FerDataset(dataset.pixels // 2, dataset.emotion, dataset.usage, dataset.row)
    cache.judge(ModelFolder.open(small_model), dataset, ("PublicTest",))
    cache.judge(ModelFolder.open(tmp_path / "other"), dataset, ("PublicTest",))
    cache.judge(ModelFolder.open(small_model), brighter, ("PublicTest",))
    cache.judge(ModelFolder.open(small_model), dataset, ("Training",))
    assert len(judged) == 4


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04cut"])
def test_a_damaged_file_is_judged_anew(
    content: bytes, dataset: FerDataset, small_model: Path, tmp_path: Path, judged: list[Any]
) -> None:
    model = ModelFolder.open(small_model)
    EvaluationCache(tmp_path).judge(model, dataset, ("PublicTest",))
    (file,) = tmp_path.glob("*.npz")
    file.write_bytes(content)
    assert len(EvaluationCache(tmp_path).judge(model, dataset, ("PublicTest",)).row) > 0
    assert len(judged) == 2


def test_without_room_the_work_goes_on(dataset: FerDataset, small_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = EvaluationCache(tmp_path / "file")
    assert len(cache.judge(ModelFolder.open(small_model), dataset, ("PublicTest",)).row) > 0


def test_only_the_newest_are_kept(
    dataset: FerDataset, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_MOST_KEPT", 1)
    cache = EvaluationCache(tmp_path)
    cache.judge(ModelFolder.open(small_model), dataset, ("PublicTest",))
    (old,) = tmp_path.glob("*.npz")
    os.utime(old, (0, 0))
    cache.judge(ModelFolder.open(small_model), dataset, ("Training",))
    (left,) = tmp_path.glob("*.npz")
    assert left != old


def test_no_face_is_kept(dataset: FerDataset, small_model: Path, tmp_path: Path) -> None:
    EvaluationCache(tmp_path).judge(ModelFolder.open(small_model), dataset, ("PublicTest",))
    (file,) = tmp_path.glob("*.npz")
    with np.load(file) as content:
        assert set(content) <= {
            "row",
            "usage",
            "truth",
            "probabilities",
            "leaked",
            "training_hashes",
            "votes",
        }
        assert all(array.ndim <= 2 and array.shape[-1] < 1_000 for array in content.values())


def test_an_unknown_split_is_an_error(dataset: FerDataset, small_model: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="Usages"):
        EvaluationCache(tmp_path).judge(ModelFolder.open(small_model), dataset, ("Tomorrow",))


def test_long_work_tells_how_far_it_is(small_model: Path) -> None:
    n = 700
    dataset = FerDataset(
        np.zeros((n, 48, 48), np.uint8),
        np.full(n, 3, np.uint8),
        np.full(n, "PublicTest"),
        np.arange(n),
    )
    told: list[float] = []
    judge_dataset(ModelFolder.open(small_model), dataset, ("PublicTest",), told.append)
    assert told[-1] == 1.0
    assert told == sorted(told)
    assert len(told) > 1
