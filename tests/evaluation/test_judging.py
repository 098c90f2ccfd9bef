from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fer_core.errors import EvaluationError
from fer_core.evaluation.judging import Predictions


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
