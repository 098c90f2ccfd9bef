"""The values that travel through vision check themselves."""

from __future__ import annotations

import numpy as np
import pytest

from fer_core.labels import LABELS
from fer_core.vision.faces import Box, Face, FaceReading, Frame

BOX = Box(0, 0, 10, 20)
EVEN = dict.fromkeys(LABELS, 0.2)


def test_a_box_knows_its_area() -> None:
    assert BOX.area == 200


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 5), (float("nan"), 5)])
def test_a_box_has_an_extent(size: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        Box(0, 0, *size)


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_a_score_is_a_share(score: float) -> None:
    with pytest.raises(ValueError, match="score"):
        Face(BOX, score)


def test_landmarks_are_five_points() -> None:
    Face(BOX, 1.0, np.zeros((5, 2), np.float32))
    with pytest.raises(ValueError, match=r"\(5, 2\)"):
        Face(BOX, 1.0, np.zeros((2, 5), np.float32))


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.zeros((4, 4), np.uint8), id="grey"),
        pytest.param(np.zeros((4, 4, 4), np.uint8), id="with alpha"),
        pytest.param(np.zeros((4, 4, 3), np.float32), id="floats"),
    ],
)
def test_a_frame_is_a_colour_picture(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 3\)"):
        Frame(picture, 0.0)


def test_a_reading_names_the_most_probable_label() -> None:
    reading = FaceReading(BOX, 0.9, {**EVEN, "sad": 0.3, "happy": 0.1})
    assert (reading.label, reading.confidence) == ("sad", 0.3)


def test_a_tie_goes_to_the_earlier_label() -> None:
    assert FaceReading(BOX, 0.9, EVEN).label == LABELS[0]


@pytest.mark.parametrize(
    "probabilities",
    [
        pytest.param(dict.fromkeys(reversed(LABELS), 0.2), id="another order"),
        pytest.param(dict.fromkeys(LABELS[:4], 0.25), id="one missing"),
        pytest.param(dict.fromkeys(LABELS, 0.3), id="too much in all"),
    ],
)
def test_a_reading_holds_the_five_labels_and_they_sum_to_one(probabilities: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Expected probabilities"):
        FaceReading(BOX, 0.9, probabilities)


def test_a_reading_cannot_be_changed_from_outside() -> None:
    given = dict(EVEN)
    reading = FaceReading(BOX, 0.9, given)
    given["happy"] = 9.0
    assert reading.probabilities["happy"] == 0.2
    with pytest.raises(TypeError):
        reading.probabilities["happy"] = 1.0  # type: ignore[index]
