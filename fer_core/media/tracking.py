"""Faces from one picture of a video to the next: looked for every few pictures, carried along between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.preprocessing import to_gray
from fer_core.vision.detectors import Detector
from fer_core.vision.faces import Box, Face

#: Width of the grey picture that motion is followed in, pixels.
_WIDTH: Final = 320
#: Points followed along each side of the middle of a face, and how much of the face that middle is.
_POINTS: Final = 6
_MIDDLE: Final = 0.6
#: Fewer points than this tell no motion.
_FEWEST: Final = 10
#: Mean change of a 32 x 24 picture, grey values, that means another scene.
_CUT: Final = 28.0
#: Overlap (intersection over union) from which a face that was found is one that was known.
_SAME: Final = 0.3
#: A face does not grow or shrink by more from one picture to the next.
_MOST_GROWTH: Final = 1.15


@dataclass(frozen=True)
class TrackedFace:
    """A face and its number, which it keeps from picture to picture."""

    number: int
    face: Face


class FaceTracker:
    """Gives the faces of a video's pictures one after the other. Not thread-safe: one video, one tracker.

    Between two looks each box moves and grows as the picture within it does (Lucas and Kanade's optical flow in a pyramid,
    Bouguet 2001); where that cannot be told, and where the scene changes, faces are looked for at once.
    """

    def __init__(self, detector: Detector, every: int) -> None:
        """
        Args:
            detector: looks for faces.
            every: at each so many pictures, at least 1.
        """
        if every < 1:
            raise ValueError(f"Expected to look at each picture or less often, got every {every}.")
        self._detector = detector
        self._every = every
        self._since_look = every
        self._before: npt.NDArray[np.uint8] | None = None
        self._known: tuple[TrackedFace, ...] = ()
        self._next = 1

    def update(self, bgr: npt.NDArray[np.uint8], *, closely: bool = False) -> tuple[TrackedFace, ...]:
        """The faces of the next picture; the largest first.

        Args:
            bgr: uint8 (H, W, 3), blue first.
            closely: look for faces in this one in any case.
        """
        scale = min(1.0, _WIDTH / bgr.shape[1])
        size = max(1, round(bgr.shape[1] * scale)), max(1, round(bgr.shape[0] * scale))
        now = to_gray(np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8))
        before, self._before = self._before, now
        moved: tuple[TrackedFace, ...] | None = None
        same_scene = before is not None and before.shape == now.shape and not _is_cut(before, now)
        if before is not None and same_scene:
            moved = self._carried(before, now, scale)
        self._since_look += 1
        if closely or moved is None or self._since_look >= self._every:
            self._since_look = 0
            found = self._detector.detect(bgr)
            moved = self._named(found, (moved or self._known) if same_scene else ())
        self._known = tuple(sorted(moved, key=lambda each: -each.face.box.area))
        return self._known

    def _carried(
        self, before: npt.NDArray[np.uint8], now: npt.NDArray[np.uint8], scale: float
    ) -> tuple[TrackedFace, ...] | None:
        """The known faces where they are now; None if one of them cannot be followed."""
        carried = []
        for each in self._known:
            box = _followed(each.face.box, before, now, scale)
            if box is None:
                return None
            carried.append(replace(each, face=Face(box, each.face.score)))
        return tuple(carried)

    def _named(self, found: Sequence[Face], known: Sequence[TrackedFace]) -> tuple[TrackedFace, ...]:
        """Each face with the number of the known one that it overlaps most, or a new number."""
        pairs = sorted(
            (
                (_overlap(face.box, each.face.box), at, each.number)
                for at, face in enumerate(found)
                for each in known
            ),
            reverse=True,
        )
        numbers: dict[int, int] = {}
        for overlap, at, number in pairs:
            if overlap >= _SAME and at not in numbers and number not in numbers.values():
                numbers[at] = number
        for at in range(len(found)):
            if at not in numbers:
                numbers[at] = self._next
                self._next += 1
        return tuple(TrackedFace(numbers[at], face) for at, face in enumerate(found))


def _is_cut(before: npt.NDArray[np.uint8], now: npt.NDArray[np.uint8]) -> bool:
    small = [
        cv2.resize(each, (32, 24), interpolation=cv2.INTER_AREA).astype(np.float32) for each in (before, now)
    ]
    return float(np.abs(small[0] - small[1]).mean()) > _CUT


def _followed(
    box: Box, before: npt.NDArray[np.uint8], now: npt.NDArray[np.uint8], scale: float
) -> Box | None:
    centre = np.array([box.x + box.w / 2, box.y + box.h / 2]) * scale
    half = np.array([box.w, box.h]) * scale * _MIDDLE / 2
    steps = np.linspace(-1, 1, _POINTS)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    points = (centre + grid * half).astype(np.float32)
    inside = ((points >= 0) & (points < (now.shape[1], now.shape[0]))).all(axis=1)
    points = points[inside]
    if len(points) < _FEWEST:
        return None
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        before, now, points.reshape(-1, 1, 2), np.empty(0, np.float32), winSize=(15, 15), maxLevel=2
    )
    good = found.ravel() == 1
    if good.sum() < _FEWEST:
        return None
    old, new = points[good].astype(np.float64), moved.reshape(-1, 2)[good].astype(np.float64)
    shift = np.median(new - old, axis=0)
    # Points that did not go along (a hand, the background) are no part of the face.
    along = np.linalg.norm(new - old - shift, axis=1) <= 0.1 * half.max() + 1
    if along.sum() < _FEWEST:
        return None
    old, new = old[along], new[along]
    spread = np.linalg.norm(old - old.mean(axis=0), axis=1).mean()
    growth = float(np.linalg.norm(new - new.mean(axis=0), axis=1).mean() / max(spread, 1e-6))
    if not 1 / _MOST_GROWTH < growth < _MOST_GROWTH:
        return None
    middle = centre + shift + (growth - 1) * (centre - old.mean(axis=0))
    x, y = middle / scale
    return Box(float(x - box.w * growth / 2), float(y - box.h * growth / 2), box.w * growth, box.h * growth)


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one.area + other.area - shared)
