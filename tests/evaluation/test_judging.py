from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.reading import FerDataset
from fer_core.errors import EvaluationError
from fer_core.evaluation.judging import Predictions, judge_dataset, stored_training_hashes
from fer_core.model_folder import ModelFolder
from fer_core.vision.classifier import ExpressionClassifier


def predictions(**changes: object) -> Predictions:
    arguments: dict = {
        "row": np.array([3, 9]),
        "usage": np.array(["PublicTest", "PublicTest"]),
        "truth": np.array([0, 4]),
        "probabilities": np.full((2, 5), 0.2, np.float32),
        "leaked": np.array([False, True]),
    }
    return Predictions(**(arguments | changes))


@pytest.mark.parametrize("votes", [None, np.ones((2, 10), np.uint8)], ids=["without votes", "with votes"])
def test_what_is_stored_comes_back(tmp_path: Path, votes: np.ndarray | None) -> None:
    path = tmp_path / "evaluation.npz"
    stored = predictions(votes=votes)
    stored.save(path, np.array([1, 2], np.uint64))
    found = Predictions.load(path)
    for name in ("row", "usage", "truth", "probabilities", "leaked"):
        np.testing.assert_array_equal(getattr(found, name), getattr(stored, name))
    assert (found.votes is None) == (votes is None)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"PK\x03\x04 cut short", id="a cut archive"),
    ],
)
def test_a_stored_evaluation_of_no_use_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "evaluation.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EvaluationError, match="release the run again"):
        Predictions.load(path)


def test_a_stored_evaluation_without_an_entry_is_damaged(tmp_path: Path) -> None:
    np.savez(tmp_path / "evaluation.npz", row=np.arange(3))
    with pytest.raises(EvaluationError, match="damaged"):
        Predictions.load(tmp_path / "evaluation.npz")


def test_predictions_check_themselves() -> None:
    with pytest.raises(ValueError, match="probabilities of shape"):
        predictions(probabilities=np.full((2, 7), 1 / 7, np.float32))
    with pytest.raises(ValueError, match="entries in leaked"):
        predictions(leaked=np.array([True]))


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


def test_every_face_is_seen_unless_it_is_said_otherwise() -> None:
    assert predictions().seen.tolist() == [True, True]
    with pytest.raises(ValueError, match="Expected 2 entries in seen, got 3"):
        predictions(seen=np.ones(3, dtype=bool))


def test_the_answer_is_the_most_probable_label_and_none_where_no_face_was_found() -> None:
    shares = np.array([[0.1, 0.1, 0.6, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1, 0.6]], np.float32)
    assert predictions(probabilities=shares).answer.tolist() == [2, 4]
    known = predictions(probabilities=shares, seen=np.array([True, False]))
    assert known.answer.tolist() == [2, -1]
    assert known.answer.dtype == np.int64


def test_no_rows_have_no_answers() -> None:
    none = predictions().of(np.zeros(2, dtype=bool))
    assert none.answer.shape == none.seen.shape == (0,)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(np.array([False, True]), [9], id="a mask"),
        pytest.param(np.array([1, 0]), [9, 3], id="places, in their order"),
        pytest.param(np.array([1, 1]), [9, 9], id="a place twice"),
        pytest.param(np.empty(0, dtype=np.int64), [], id="no place"),
    ],
)
@pytest.mark.parametrize("votes", [None, np.arange(20, dtype=np.uint8).reshape(2, 10)], ids=["", "voted"])
def test_some_rows_keep_all_that_is_known_of_them(
    rows: np.ndarray, expected: list[int], votes: np.ndarray | None
) -> None:
    whole = predictions(votes=votes, seen=np.array([True, False]))
    some = whole.of(rows)
    assert some.row.tolist() == expected
    for name in ("usage", "truth", "probabilities", "leaked", "seen", "answer"):
        np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[rows])
    if votes is None:
        assert some.votes is None
    else:
        np.testing.assert_array_equal(some.votes, votes[rows])


def faces_of_one_grey(usages: list[str], tags: list[int], greys: list[int]) -> FerDataset:
    pixels = np.repeat(np.array(greys, np.uint8), 48 * 48).reshape(-1, 48, 48)
    return FerDataset(pixels, np.array(tags, np.uint8), np.array(usages), np.arange(len(tags)) + 100)


def test_judging_takes_the_split_s_rows_of_the_five_and_knows_the_leaked_ones(small_model: Path) -> None:
    usages = ["Training", "PublicTest", "PublicTest", "PublicTest", "PrivateTest"]
    #                                          happy, angry, disgust, neutral, sad
    dataset = faces_of_one_grey(usages, [3, 0, 1, 6, 4], [10, 10, 10, 20, 30])
    model = ModelFolder.open(small_model)
    found = judge_dataset(model, dataset, ("PublicTest",))
    known = found.predictions
    assert found.skipped == 1
    assert known.row.tolist() == [101, 103]
    assert known.truth.tolist() == [0, 4]
    assert known.leaked.tolist() == [True, False]
    assert known.seen.all()
    expected = ExpressionClassifier(model).classify(dataset.pixels[[1, 3]])
    np.testing.assert_array_equal(known.probabilities, expected)
    assert judge_dataset(model, dataset, ("PublicTest", "PrivateTest")).metrics.n == 3


def test_a_split_without_rows_is_judged_on_none(small_model: Path) -> None:
    dataset = faces_of_one_grey(["Training"], [3], [10])
    told: list[float] = []
    found = judge_dataset(ModelFolder.open(small_model), dataset, ("PublicTest",), told.append)
    assert (found.metrics.n, found.metrics.accuracy, found.skipped) == (0, None, 0)
    assert told == []


@pytest.mark.parametrize(
    ("count", "steps"),
    [pytest.param(257, 2, id="a face more than a chunk"), pytest.param(1_000, 4, id="four chunks")],
)
def test_a_classifier_tells_each_chunk_and_answers_the_same(
    count: int, steps: int, small_model: Path
) -> None:
    classifier = ExpressionClassifier(ModelFolder.open(small_model))
    faces = np.random.default_rng(0).integers(0, 256, (count, 48, 48), dtype=np.uint8)
    told: list[float] = []
    answers = classifier.classify(faces, told.append)
    assert told == [(step + 1) / steps for step in range(steps)]
    # Chunks are answered side by side and stay in their order.
    np.testing.assert_array_equal(answers, classifier.classify(faces))
    for place in range(0, count, 100):
        np.testing.assert_allclose(
            answers[place], classifier.classify(faces[place : place + 1])[0], atol=1e-5
        )


def test_what_a_listener_raises_stops_the_work(small_model: Path) -> None:
    def stop(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        ExpressionClassifier(ModelFolder.open(small_model)).classify(np.zeros((600, 48, 48), np.uint8), stop)


def unknown_method(content: bytearray) -> None:
    """A compression that nobody has heard of, in the directory of the archive."""
    content[content.rindex(b"PK\x01\x02") + 10] = 99


def flipped(content: bytearray) -> None:
    """A byte inside the last array, which is that of the Training hashes."""
    content[content.rindex(b"PK\x01\x02") - 40] ^= 0xFF


def whole_array(content: bytearray) -> None:
    """No archive, but one array alone."""
    alone = io.BytesIO()
    np.save(alone, np.arange(3))
    content[:] = alone.getvalue()


@pytest.mark.parametrize("damage", [unknown_method, flipped, whole_array])
def test_whatever_is_damaged_in_a_stored_evaluation_is_one_sentence(
    damage: Callable[[bytearray], None], small_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    shutil.copytree(small_model, folder)
    path = folder / "evaluation.npz"
    predictions().save(path, np.random.default_rng(0).integers(0, 2**60, 500).astype(np.uint64))
    content = bytearray(path.read_bytes())
    damage(content)
    path.write_bytes(bytes(content))
    with pytest.raises(EvaluationError, match="release the run again"):
        stored_training_hashes(ModelFolder.open(folder))
    with pytest.raises(EvaluationError, match="release the run again"):
        Predictions.load(path)


def test_missed_faces_stay_missed_once_they_are_stored(tmp_path: Path) -> None:
    stored = predictions(seen=np.array([True, False]))
    stored.save(tmp_path / "evaluation.npz", np.empty(0, np.uint64))
    assert Predictions.load(tmp_path / "evaluation.npz").answer.tolist() == stored.answer.tolist()


def test_few_faces_tell_how_far_they_are_as_well(small_model: Path) -> None:
    told: list[float] = []
    ExpressionClassifier(ModelFolder.open(small_model)).classify(np.zeros((3, 48, 48), np.uint8), told.append)
    assert told == [1.0]
