"""From a box to a 48 x 48 grey face."""

from __future__ import annotations

import numpy as np
import pytest

from fer_core.vision.faces import Box, Face
from fer_core.vision.framing import Framing, crop_faces

PLAIN = Framing(1.0)


def face(x: float, y: float, w: float, h: float) -> Face:
    return Face(Box(x, y, w, h), 1.0)


@pytest.mark.parametrize(
    ("framing", "box", "square"),
    [
        pytest.param(PLAIN, Box(10, 20, 40, 40), (10, 20, 40), id="a square box stays"),
        pytest.param(PLAIN, Box(10, 20, 20, 40), (0, 20, 40), id="the longer side counts: height"),
        pytest.param(PLAIN, Box(10, 20, 40, 20), (10, 10, 40), id="the longer side counts: width"),
        pytest.param(Framing(0.5), Box(0, 0, 40, 40), (10, 10, 20), id="scale shrinks about the centre"),
        pytest.param(Framing(2.0), Box(0, 0, 40, 40), (-20, -20, 80), id="it may leave the picture"),
        pytest.param(Framing(1.0, 0.1, -0.2), Box(0, 0, 40, 40), (4, -8, 40), id="right and up"),
        pytest.param(Framing(1.0, 0.5), Box(0, 0, 10, 40), (5, 0, 40), id="shifts are shares of that side"),
        pytest.param(PLAIN, Box(5, 5, 0.2, 0.2), (5, 5, 1), id="never less than a pixel"),
    ],
)
def test_square(framing: Framing, box: Box, square: tuple[int, int, int]) -> None:
    left, top, side = framing.square(box)
    assert side == square[2]
    assert abs(left - square[0]) <= 1
    assert abs(top - square[1]) <= 1


@pytest.mark.parametrize(
    "numbers", [(0.0,), (-1.0,), (float("nan"),), (1.0, 2.0), (1.0, 0.0, float("nan")), (99.0,)]
)
def test_framing_refuses_numbers_that_make_no_sense(numbers: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Framing(*numbers)


def test_a_box_of_the_right_size_is_cut_as_it_is() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (100, 120), dtype=np.uint8)
    crops = crop_faces(gray, [face(30, 20, 48, 48)], PLAIN)
    assert crops.dtype == np.uint8
    np.testing.assert_array_equal(crops, gray[None, 20:68, 30:78])


def test_no_face_gives_no_crop() -> None:
    assert crop_faces(np.zeros((9, 9), np.uint8), [], PLAIN).shape == (0, 48, 48)


def test_faces_keep_their_order() -> None:
    gray = np.repeat(np.arange(200, dtype=np.uint8)[None], 60, axis=0)
    crops = crop_faces(gray, [face(140, 0, 48, 48), face(0, 0, 48, 48)], PLAIN)
    assert crops[0].mean() > crops[1].mean() + 100


def test_shrinking_averages() -> None:
    board = (np.indices((96, 96)).sum(axis=0) % 2 * 255).astype(np.uint8)
    crops = crop_faces(board, [face(0, 0, 96, 96)], PLAIN)
    assert np.abs(crops.astype(int) - 127).max() <= 1


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        pytest.param((-24, 0, 48, 48), "left border goes on", id="left"),
        pytest.param((72, 0, 48, 48), "right border goes on", id="right"),
        pytest.param((-300, -300, 48, 48), "wholly outside: the nearest corner fills it", id="outside"),
        pytest.param((-500, -500, 2000, 2000), "far larger than the picture", id="huge"),
    ],
)
def test_beyond_the_border_its_pixels_go_on(box: tuple[int, int, int, int], reason: str) -> None:
    gray = np.full((96, 96), 50, np.uint8)
    gray[:, :48] = 200
    crop = crop_faces(gray, [face(*box)], PLAIN)[0]
    x, width = box[0], box[2]
    for share in (0.02, 0.98):
        column = int(np.clip(x + share * width, 0, 95))
        assert crop[24, int(share * 48)] == gray[0, column], reason


def test_a_tiny_picture_is_enlarged() -> None:
    crops = crop_faces(np.array([[10]], np.uint8), [face(0, 0, 1, 1)], PLAIN)
    assert (crops == 10).all()
