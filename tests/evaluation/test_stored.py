from __future__ import annotations

import io
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.data.reading import FerDataset, read_csv
from fer_core.errors import EvaluationError
from fer_core.evaluation import stored
from fer_core.evaluation.judging import Predictions, judge_dataset
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
    cache.judge(ModelFolder.open(small_model), dataset, ("PublicTest", "Training"))
    assert len(judged) == 5
    cache.judge(ModelFolder.open(small_model), dataset, ("Training", "PublicTest"))
    assert len(judged) == 5


def damaged_inside(content: bytes) -> bytes:
    """The same file with bytes turned over where an array lies compressed: it opens, and then cannot be read."""
    changed = bytearray(content)
    start = changed.index(b"probabilities.npy") + 200
    changed[start : start + 40] = bytes(255 - byte for byte in changed[start : start + 40])
    return bytes(changed)


def archive_of_something_else(content: bytes) -> bytes:
    file = io.BytesIO()
    np.savez(file, row=np.arange(3))
    return file.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: b"no archive", id="no archive"),
        pytest.param(lambda content: b"PK\x03\x04cut", id="cut short"),
        pytest.param(lambda content: content[: len(content) // 2], id="half of it"),
        pytest.param(damaged_inside, id="damaged inside"),
        pytest.param(archive_of_something_else, id="an archive of something else"),
    ],
)
def test_a_damaged_file_is_judged_anew(
    damage: Callable[[bytes], bytes],
    dataset: FerDataset,
    small_model: Path,
    tmp_path: Path,
    judged: list[Any],
) -> None:
    model = ModelFolder.open(small_model)
    first = EvaluationCache(tmp_path).judge(model, dataset, ("PublicTest",))
    (file,) = tmp_path.glob("*.npz")
    file.write_bytes(damage(file.read_bytes()))
    again = EvaluationCache(tmp_path).judge(model, dataset, ("PublicTest",))
    assert len(judged) == 2
    assert (again.probabilities == first.probabilities).all()
    # And what was judged anew is kept.
    EvaluationCache(tmp_path).judge(model, dataset, ("PublicTest",))
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


def test_a_network_that_was_replaced_is_another_model(
    dataset: FerDataset, small_model: Path, tmp_path: Path, judged: list[Any]
) -> None:
    folder = Path(shutil.copytree(small_model, tmp_path / "mine"))
    cache = EvaluationCache(tmp_path / "cache")
    cache.judge(ModelFolder.open(folder), dataset, ("PublicTest",))
    os.utime(folder / "model.onnx", (0, 0))
    cache.judge(ModelFolder.open(folder), dataset, ("PublicTest",))
    assert len(judged) == 2


def test_votes_are_other_data_and_are_kept(
    dataset: FerDataset, small_model: Path, tmp_path: Path, judged: list[Any]
) -> None:
    votes = np.random.default_rng(0).integers(0, 5, (len(dataset), 10)).astype(np.uint8)
    voted = replace(dataset, votes=votes)
    model = ModelFolder.open(small_model)
    assert EvaluationCache(tmp_path).judge(model, dataset, ("PublicTest",)).votes is None
    first = EvaluationCache(tmp_path).judge(model, voted, ("PublicTest",))
    again = EvaluationCache(tmp_path).judge(model, voted, ("PublicTest",))
    assert len(judged) == 2
    assert first.votes is not None
    np.testing.assert_array_equal(again.votes, first.votes)


def test_two_who_ask_at_once_wait_for_one_answer(
    dataset: FerDataset, small_model: Path, tmp_path: Path, judged: list[Any]
) -> None:
    model, cache = ModelFolder.open(small_model), EvaluationCache(tmp_path)
    together = threading.Barrier(4)
    answers: list[Predictions] = []

    def ask() -> None:
        together.wait()
        answers.append(cache.judge(model, dataset, ("PublicTest",)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(judged) == 1
    assert [answer is answers[0] for answer in answers] == [True] * 4


def test_a_full_disk_leaves_predictions_and_no_scratch(
    dataset: FerDataset, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judged: list[Any]
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    model, cache = ModelFolder.open(small_model), EvaluationCache(tmp_path)
    first = cache.judge(model, dataset, ("PublicTest",))
    assert len(first.row) > 0
    assert list(tmp_path.iterdir()) == []
    # This process still remembers them.
    assert cache.judge(model, dataset, ("PublicTest",)) is first
    assert len(judged) == 1


def test_a_folder_that_cannot_be_written_is_no_obstacle(
    dataset: FerDataset, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any) -> None:
        raise PermissionError("Read-only file system")

    monkeypatch.setattr(EvaluationCache, "_keep", refuse)
    cache = EvaluationCache(tmp_path / "cache")
    assert len(cache.judge(ModelFolder.open(small_model), dataset, ("PublicTest",)).row) > 0
    assert not (tmp_path / "cache").exists()


def test_what_memory_lets_go_is_read_from_the_file(
    dataset: FerDataset, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judged: list[Any]
) -> None:
    monkeypatch.setattr(stored, "_MOST_OPEN", 1)
    model, cache = ModelFolder.open(small_model), EvaluationCache(tmp_path)
    first = cache.judge(model, dataset, ("PublicTest",))
    cache.judge(model, dataset, ("Training",))
    again = cache.judge(model, dataset, ("PublicTest",))
    assert again is not first
    assert (again.probabilities == first.probabilities).all()
    assert len(judged) == 2


def test_what_is_read_counts_as_new(
    dataset: FerDataset, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_MOST_KEPT", 2)
    model = ModelFolder.open(small_model)
    EvaluationCache(tmp_path).judge(model, dataset, ("PublicTest",))
    (first,) = tmp_path.glob("*.npz")
    EvaluationCache(tmp_path).judge(model, dataset, ("Training",))
    (second,) = set(tmp_path.glob("*.npz")) - {first}
    os.utime(first, (1, 1))
    os.utime(second, (2, 2))
    EvaluationCache(tmp_path).judge(model, dataset, ("PublicTest",))
    EvaluationCache(tmp_path).judge(model, dataset, ("PublicTest", "Training"))
    left = set(tmp_path.glob("*.npz"))
    assert first in left
    assert second not in left
    assert len(left) == 2


def test_what_fails_leaves_nothing_behind(dataset: FerDataset, small_model: Path, tmp_path: Path) -> None:
    for usages in (("Tomorrow",), ()):
        with pytest.raises(EvaluationError, match="Expected Usages"):
            EvaluationCache(tmp_path / "cache").judge(ModelFolder.open(small_model), dataset, usages)
    assert not (tmp_path / "cache").exists()
