"""The one label order."""

from __future__ import annotations

import numpy as np
import pytest

from fer_core.errors import LabelError
from fer_core.labels import (
    FER2013_LABELS,
    FERPLUS_COLUMNS,
    FERPLUS_POSITIONS,
    LABELS,
    TAG_TO_POSITION,
    five_votes,
    to_five,
)

SEVEN = FER2013_LABELS


def test_the_order_is_public() -> None:
    assert LABELS == ("angry", "happy", "sad", "surprise", "neutral")


def test_tags_map_to_their_own_names() -> None:
    for tag, name in enumerate(FER2013_LABELS):
        position = TAG_TO_POSITION[tag]
        assert (LABELS[position] == name) if position >= 0 else name in ("disgust", "fear")


def test_votes_map_to_their_own_columns() -> None:
    names = [FERPLUS_COLUMNS[position] for position in FERPLUS_POSITIONS]
    assert names == ["anger", "happiness", "sadness", "surprise", "neutral"]
    assert five_votes([range(10)]).tolist() == [[4, 1, 3, 2, 0]]
    assert five_votes(np.empty((0, 10))).shape == (0, 5)


def test_votes_of_another_width_are_refused() -> None:
    with pytest.raises(LabelError, match=r"\(N, 10\)"):
        five_votes(np.zeros((2, 8)))


def test_output_three_of_seven_is_happy() -> None:
    """The source report read output 3 as surprise."""
    assert LABELS[to_five(np.eye(7)[[3]], SEVEN).argmax()] == "happy"


@pytest.mark.parametrize("tag", [0, 3, 4, 5, 6])
def test_each_output_lands_on_its_own_name(tag: int) -> None:
    five = to_five(np.eye(7)[[tag]], SEVEN)
    assert LABELS[five.argmax()] == FER2013_LABELS[tag]
    assert five.max() == 1


@pytest.mark.parametrize(
    ("outputs", "labels", "expected"),
    [
        pytest.param([0.2] * 5, LABELS, [0.2] * 5, id="five outputs pass"),
        pytest.param(
            [0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 0.1], SEVEN, [0.2] * 5, id="disgust and fear go, the rest grows"
        ),
        pytest.param(
            [0, 0.5, 0.5, 0, 0, 0, 0], SEVEN, [0.2] * 5, id="nothing left: uniform, no division by 0"
        ),
        pytest.param([0.6, 0.4, 0, 0, 0], LABELS[::-1], [0, 0, 0, 0.4, 0.6], id="another order is put right"),
    ],
)
def test_to_five(outputs: list[float], labels: tuple[str, ...], expected: list[float]) -> None:
    five = to_five([outputs], labels)
    assert five.dtype == np.float32
    np.testing.assert_allclose(five, [expected], atol=1e-6)


@pytest.mark.parametrize(
    ("outputs", "labels", "message"),
    [
        pytest.param(np.zeros((1, 7)), LABELS, r"\(N, 5\)", id="seven columns for five names"),
        pytest.param(np.zeros(5), LABELS, r"\(N, 5\)", id="one row without its axis"),
        pytest.param(np.zeros((1, 4)), LABELS[:4], "neutral", id="an expression is missing"),
    ],
)
def test_to_five_refuses(outputs: np.ndarray, labels: tuple[str, ...], message: str) -> None:
    with pytest.raises(LabelError, match=message):
        to_five(outputs, labels)


def test_no_rows_stay_no_rows() -> None:
    assert to_five(np.empty((0, 7)), SEVEN).shape == (0, 5)
