from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.errors import ImageError
from fer_core.evaluation.occlusion import occlusion_map
from fer_core.labels import LABELS
from fer_core.model_folder import ModelFolder
from fer_core.vision.classifier import ExpressionClassifier


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


class Looks:
    """Is as sure of happy as one square of the face is bright, and sad otherwise."""

    def __init__(self, rows: slice, columns: slice) -> None:
        self.rows, self.columns = rows, columns

    def classify(self, faces: np.ndarray) -> np.ndarray:
        happy = faces[:, self.rows, self.columns].mean(axis=(1, 2)) / 255
        shares = np.zeros((len(faces), 5), dtype=np.float32)
        shares[:, 1], shares[:, 2] = happy, 1 - happy
        return shares


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        pytest.param(slice(0, 3), slice(0, 3), id="a corner is covered as often as the middle"),
        pytest.param(slice(45, 48), slice(45, 48), id="the opposite corner"),
        pytest.param(slice(0, 3), slice(21, 24), id="an edge"),
        pytest.param(slice(21, 24), slice(21, 24), id="the middle"),
    ],
)
def test_a_small_spot_weighs_the_same_wherever_it_lies(rows: slice, columns: slice) -> None:
    classifier: Any = Looks(rows, columns)
    picture = np.full((48, 48), 40, np.uint8)
    picture[rows, columns] = 240
    found = occlusion_map(classifier, picture, "happy")
    fall = (240 - round(float(picture.mean()))) / 255
    assert found[rows, columns] == pytest.approx(np.full((3, 3), fall), abs=1e-6)
    far = np.ones((48, 48), dtype=bool)
    far[max(rows.start - 9, 0) : rows.stop + 9, max(columns.start - 9, 0) : columns.stop + 9] = False
    assert found[far] == pytest.approx(np.zeros(far.sum()))
    assert found.max() == pytest.approx(fall, abs=1e-6)
    # Of the three covers of a pixel in either direction, fewer reach the spot the farther away it is.
    at_row, at_column = rows.start + 1, columns.start + 1
    down, right = (3 if start < 24 else -3 for start in (rows.start, columns.start))
    for steps, share in ((1, 2 / 3), (2, 1 / 3), (3, 0)):
        assert found[at_row + steps * down, at_column] == pytest.approx(fall * share, abs=1e-6)
        assert found[at_row, at_column + steps * right] == pytest.approx(fall * share, abs=1e-6)


def test_a_face_of_one_grey_has_nothing_to_cover(small_model: Path) -> None:
    classifier = ExpressionClassifier(ModelFolder.open(small_model))
    found = occlusion_map(classifier, np.full((48, 48), 77, np.uint8), "neutral")
    assert found == pytest.approx(np.zeros((48, 48)), abs=1e-6)


def test_the_maps_of_all_labels_cancel_out_and_the_face_stays_as_it_is(small_model: Path) -> None:
    classifier = ExpressionClassifier(ModelFolder.open(small_model))
    picture = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)
    before = picture.copy()
    maps = [occlusion_map(classifier, picture, label) for label in LABELS]
    # What one label loses the others gain.
    assert sum(maps) == pytest.approx(np.zeros((48, 48)), abs=1e-5)
    assert np.abs(maps).max() <= 1
    assert (picture == before).all()
