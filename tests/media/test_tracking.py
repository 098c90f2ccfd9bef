"""Faces carried along between looks: where they go, when they are looked for, and their numbers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_core.live.drawn_clip import clip_frame
from fer_core.media.tracking import FaceTracker
from fer_core.vision.faces import Box, Face

PICTURE = cv2.resize(clip_frame(1.0), (480, 360), interpolation=cv2.INTER_AREA)
FACE = Box(165, 80, 150, 190)


class Finder:
    """Finds what it is told, and counts how often it is asked."""

    def __init__(self, *boxes: Box) -> None:
        self.boxes = boxes
        self.asked = 0

    def detect(self, bgr: np.ndarray) -> tuple[Face, ...]:
        self.asked += 1
        return tuple(Face(box, 0.9) for box in self.boxes)


def moved(x: float = 0.0, y: float = 0.0, growth: float = 1.0) -> np.ndarray:
    matrix = np.array([[growth, 0, x], [0, growth, y]], np.float64)
    return cv2.warpAffine(PICTURE, matrix, (480, 360), borderMode=cv2.BORDER_REFLECT)


def test_looks_are_as_seldom_as_told() -> None:
    finder = Finder(FACE)
    tracker = FaceTracker(finder, 5)  # type: ignore[arg-type]
    for _ in range(16):
        tracker.update(PICTURE)
    assert finder.asked == 4


def test_who_wants_to_look_closely_looks_and_the_next_look_is_counted_from_there() -> None:
    finder = Finder(FACE)
    tracker = FaceTracker(finder, 5)  # type: ignore[arg-type]
    for at in range(11):
        tracker.update(PICTURE, closely=at in (2, 3))
    # At 0, 2, 3 and five pictures later.
    assert finder.asked == 4


@pytest.mark.parametrize(
    ("step", "growth"),
    [
        pytest.param((0.0, 0.0), 1.0, id="still"),
        pytest.param((4.0, 0.0), 1.0, id="sideways"),
        pytest.param((-3.0, 3.0), 1.0, id="aslant"),
        pytest.param((0.0, 0.0), 1.03, id="nearer"),
        pytest.param((2.0, -1.0), 0.97, id="away"),
    ],
)
def test_a_box_goes_along_with_its_face(step: tuple[float, float], growth: float) -> None:
    finder = Finder(FACE)
    tracker = FaceTracker(finder, 100)  # type: ignore[arg-type]
    for number in range(6):
        scale = growth**number
        (found,) = tracker.update(moved(step[0] * number, step[1] * number, scale))
        box = found.face.box
        centre = np.array([(FACE.x + FACE.w / 2), (FACE.y + FACE.h / 2)]) * scale + np.array(step) * number
        assert (box.x + box.w / 2, box.y + box.h / 2) == pytest.approx(tuple(centre), abs=4)
        assert box.w == pytest.approx(FACE.w * scale, rel=0.04)
    assert finder.asked == 1


def test_a_cut_is_looked_at_at_once_and_the_face_is_another_one() -> None:
    finder = Finder(FACE)
    tracker = FaceTracker(finder, 100)  # type: ignore[arg-type]
    (first,) = tracker.update(PICTURE)
    tracker.update(PICTURE)
    (other,) = tracker.update(255 - PICTURE)
    assert finder.asked == 2
    assert other.number != first.number


def test_a_face_that_cannot_be_followed_is_looked_for() -> None:
    finder = Finder(FACE)
    tracker = FaceTracker(finder, 100)  # type: ignore[arg-type]
    tracker.update(PICTURE)
    random = np.random.default_rng(1).integers(0, 256, PICTURE.shape, np.uint8)
    mixed = cv2.addWeighted(PICTURE, 0.75, random, 0.25, 0)
    tracker.update(mixed)
    assert finder.asked >= 1
    flat = Finder(Box(0, 0, 40, 40))
    tracker = FaceTracker(flat, 100)  # type: ignore[arg-type]
    nothing = np.full_like(PICTURE, 90)
    tracker.update(nothing)
    tracker.update(nothing)
    # Nothing moves and nothing can be told to: the box stays or it is looked for; never is it lost.
    assert len(tracker.update(nothing)) == 1


def test_numbers_stay_with_their_faces_when_the_largest_changes() -> None:
    small, large = Box(20, 20, 100, 100), Box(250, 100, 140, 140)
    finder = Finder(small, large)
    tracker = FaceTracker(finder, 1)  # type: ignore[arg-type]
    first = {each.face.box.x: each.number for each in tracker.update(PICTURE)}
    finder.boxes = (Box(25, 22, 150, 150), Box(252, 98, 120, 120))
    second = tracker.update(PICTURE)
    assert [each.face.box.x for each in second] == [25, 252]
    assert [each.number for each in second] == [first[20], first[250]]
    finder.boxes = (Box(400, 300, 50, 50),)
    (new,) = tracker.update(PICTURE)
    assert new.number == 3


def test_no_face_is_no_face() -> None:
    finder = Finder()
    tracker = FaceTracker(finder, 3)  # type: ignore[arg-type]
    assert [tracker.update(PICTURE) for _ in range(4)] == [()] * 4
    assert finder.asked == 2


def test_every_other_number_is_refused() -> None:
    with pytest.raises(ValueError, match="every 0"):
        FaceTracker(Finder(), 0)  # type: ignore[arg-type]
