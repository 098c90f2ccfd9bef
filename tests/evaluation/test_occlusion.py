from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fer_core.errors import ImageError
from fer_core.evaluation.occlusion import occlusion_map


class OneEyed:
    """Is as sure of happy as the square at rows 10 to 15 and columns 30 to 35 is bright, and sad otherwise."""

    def classify(self, faces: np.ndarray) -> np.ndarray:
        happy = faces[:, 10:16, 30:36].mean(axis=(1, 2)) / 255
        shares = np.zeros((len(faces), 5), dtype=np.float32)
        shares[:, 1], shares[:, 2] = happy, 1 - happy
        return shares


def face() -> np.ndarray:
    picture = np.full((48, 48), 40, np.uint8)
    picture[10:16, 30:36] = 240
    return picture


def test_the_map_is_largest_where_the_answer_rests_and_zero_far_away() -> None:
    classifier: Any = OneEyed()
    found = occlusion_map(classifier, face(), "happy")
    assert found.shape == (48, 48)
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert 8 <= row <= 17
    assert 28 <= column <= 37
    assert found[30:, :20] == pytest.approx(np.zeros((18, 20)))


def test_what_speaks_against_is_below_zero() -> None:
    classifier: Any = OneEyed()
    assert occlusion_map(classifier, face(), "sad").min() < -0.1
    assert occlusion_map(classifier, face(), "sad") == pytest.approx(
        -occlusion_map(classifier, face(), "happy"), abs=1e-6
    )


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(np.zeros((47, 48), np.uint8), id="another size"),
        pytest.param(np.zeros((48, 48), np.float32), id="another dtype"),
        pytest.param(np.zeros((1, 48, 48), np.uint8), id="a batch"),
    ],
)
def test_another_face_is_refused(wrong: np.ndarray) -> None:
    classifier: Any = OneEyed()
    with pytest.raises(ImageError, match="48, 48"):
        occlusion_map(classifier, wrong, "happy")


def test_another_label_is_refused() -> None:
    classifier: Any = OneEyed()
    with pytest.raises(ValueError, match="fear"):
        occlusion_map(classifier, face(), "fear")
