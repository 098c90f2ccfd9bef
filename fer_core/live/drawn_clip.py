"""A drawn face that goes through five expressions: a source for a stage that has no camera.

It is a cartoon made by this code, no person. Its shapes were chosen so that the shipped model reads them; how the
model reads it says nothing about how well it reads people.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

WIDTH: Final = 640
HEIGHT: Final = 480

#: Frames a second at which the clip is meant to play.
RATE: Final = 15

#: Seconds an expression stays, and how long the face takes to it from the one before.
_HOLD: Final = 4.0
_CHANGE: Final = 0.6

_SKIN: Final = (148, 176, 222)
_SHADE: Final = (104, 130, 182)
_HAIR: Final = (38, 48, 66)
_LIP: Final = (92, 92, 178)
_INK: Final = (30, 32, 44)
_WHITE: Final = (240, 243, 245)
#: Fractions of a pixel that OpenCV draws to, in bits.
_BITS: Final = 4


@dataclass(frozen=True)
class Pose:
    """The shape of the face; each about 0 to 1 unless told otherwise.

    Attributes:
        smile: mouth corners, from -1 (down) to 1 (up).
        opening: of the mouth.
        wide: of the mouth, -1 (narrow) to 1 (wide).
        teeth: how much of them shows in an open mouth.
        lift: of the brows, -1 (low) to 1 (high).
        tilt: of the brows, -1 (inner ends up) to 1 (inner ends down).
        lids: how far the eyes are open; 1 is at rest.
        cheeks: folds beside the nose.
        frown: folds between the brows.
    """

    smile: float = 0.0
    opening: float = 0.0
    wide: float = 0.0
    teeth: float = 0.0
    lift: float = 0.0
    tilt: float = 0.0
    lids: float = 1.0
    cheeks: float = 0.0
    frown: float = 0.0


POSES: Final = {
    "neutral": Pose(),
    "happy": Pose(smile=1.0, opening=0.45, wide=0.8, teeth=1.0, lift=0.15, lids=0.7, cheeks=1.0),
    "surprise": Pose(opening=1.0, wide=-0.7, lift=1.0, lids=1.5),
    "angry": Pose(
        smile=-1.0, opening=0.45, wide=-0.3, teeth=1.0, lift=-1.1, tilt=0.76, lids=1.3, cheeks=0.8, frown=1.0
    ),
    "sad": Pose(smile=-0.9, wide=-0.2, lift=0.1, tilt=-1.0, lids=0.65, cheeks=0.3, frown=0.4),
}

#: Seconds until the clip begins anew.
LENGTH: Final = _HOLD * len(POSES)


def clip_frame(seconds: float) -> npt.NDArray[np.uint8]:
    """The clip's picture at a time, BGR uint8 (HEIGHT, WIDTH, 3); the clip begins anew after ``LENGTH`` seconds."""
    return draw(pose_at(seconds), seconds)


def pose_at(seconds: float) -> Pose:
    """The face's shape at a time: each of POSES in turn, with a soft change between them."""
    poses = list(POSES.values())
    at, into = divmod(seconds % LENGTH, _HOLD)
    before, after = poses[int(at) - 1], poses[int(at)]
    share = min(into / _CHANGE, 1.0)
    share = share * share * (3 - 2 * share)
    return Pose(*(a + share * (b - a) for a, b in zip(astuple(before), astuple(after), strict=True)))


def draw(pose: Pose, seconds: float = 0.0) -> npt.NDArray[np.uint8]:
    """A face of that shape; it sways and blinks with the time, seconds."""
    canvas = _head().copy()
    blink = abs(seconds % 3.7 - 2.0) < 0.08
    _eyes(canvas, pose, 0.12 if blink else 1.0)
    _folds(canvas, pose)
    _mouth(canvas, pose)
    canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), 1.2), np.uint8)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 2.5 * np.sin(seconds * 1.1), 1.0)
    turn[:, 2] += 9 * np.sin(seconds * 0.7), 4 * np.sin(seconds * 1.3)
    return np.asarray(
        cv2.warpAffine(canvas, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8
    )


@functools.cache
def _head() -> npt.NDArray[np.uint8]:
    """What no expression changes: ground, hair, neck, a shaded face, ears and nose."""
    across, down = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    ground = 205 - 40 * (down / HEIGHT) + 12 * np.cos((across - 200) / 180)
    canvas = np.stack([ground * 0.98, ground * 0.97, ground * 0.93], axis=-1).astype(np.uint8)
    _ellipse(canvas, (320, 560), (230, 150), (96, 92, 70))
    _ellipse(canvas, (320, 205), (138, 165), _HAIR)
    cv2.rectangle(canvas, (268, 350), (372, 450), _SHADE, -1, cv2.LINE_AA)
    for side in (-1, 1):
        _ellipse(canvas, (320 + side * 121, 245), (17, 34), _SHADE)
    face = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(face, (320, 240), (120, 150), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(face, (320, 300), (92, 112), 0, 0, 360, 255, -1, cv2.LINE_AA)
    # Light from the upper left; the rim turns away from it.
    rim = np.clip(((across - 312) / 132) ** 2 + ((down - 250) / 172) ** 2, 0, 1.2)
    light = (1.06 - 0.34 * rim**2 - 0.0004 * (across - 320))[..., None]
    skin = np.clip(np.array(_SKIN, np.float32) * light, 0, 255)
    _soften(skin, down, across)
    share = (face.astype(np.float32) / 255)[..., None]
    canvas = (canvas * (1 - share) + skin * share).astype(np.uint8)
    fringe = np.array(
        [
            (206, 190),
            (214, 120),
            (270, 82),
            (340, 76),
            (410, 96),
            (436, 190),
            (414, 150),
            (350, 128),
            (262, 136),
        ]
    )
    cv2.fillPoly(canvas, [fringe.astype(np.int32)], _HAIR, cv2.LINE_AA)
    return canvas


def _soften(
    skin: npt.NDArray[np.float32], down: npt.NDArray[np.float32], across: npt.NDArray[np.float32]
) -> None:
    """Darken eye sockets, the sides of the nose, under nose and lip; lighten cheeks and the nose's ridge."""
    spots = [
        (270, 212, 34, 20, -26),
        (370, 212, 34, 20, -26),
        (303, 262, 9, 34, -16),
        (339, 262, 9, 34, -20),
        (320, 250, 7, 40, 16),
        (320, 268, 12, 9, 14),
        (320, 286, 26, 6, -44),
        (320, 352, 30, 7, -22),
        (258, 280, 30, 24, 10),
        (382, 280, 30, 24, 6),
    ]
    for x, y, wide, high, strength in spots:
        skin += (strength * np.exp(-(((across - x) / wide) ** 2) - ((down - y) / high) ** 2))[..., None]
    np.clip(skin, 0, 255, out=skin)


def _eyes(canvas: npt.NDArray[np.uint8], pose: Pose, open_: float) -> None:
    for side in (-1, 1):
        x, y = 320 + side * 50, 214
        high = max(1.5, 11 * pose.lids * open_)
        # Corners stay where they are, lids move.
        ts = np.linspace(0, np.pi, 17)
        upper = np.stack([x - 25 * np.cos(ts), y + 2 - high * np.sin(ts)], axis=1)
        lower = np.stack([x + 25 * np.cos(ts), y + 2 + (0.62 * high - 2 * pose.cheeks) * np.sin(ts)], axis=1)
        eye = np.zeros((HEIGHT, WIDTH), np.uint8)
        _fill(eye, np.concatenate([upper, lower]), 255)
        inside = canvas.copy()
        _fill(inside, np.concatenate([upper, lower]), _WHITE)
        _ellipse(inside, (x, y), (11, 11), (62, 84, 96))
        _ellipse(inside, (x, y), (5.5, 5.5), (12, 12, 16))
        _ellipse(inside, (x - 4, y - 4), (2.5, 2.5), (255, 255, 255))
        canvas[eye > 0] = inside[eye > 0]
        _line(canvas, upper, _INK, 4)
        _line(canvas, lower, _SHADE, 2)
        _line(canvas, upper - (0, 5 + 3 * pose.lids), _SHADE, 2)
        rise, slope = 13 * pose.lift, 9 * pose.tilt
        outer, middle, inner = x + side * 34, x + side * 4, x - side * 26
        brow = [
            (outer, y - 21 - rise * 0.6 - slope * 0.2),
            (middle, y - 31 - rise - slope * 0.3),
            (inner, y - 24 - rise + slope * 1.3),
        ]
        _line(canvas, _curve(brow), _HAIR, 9)


def _folds(canvas: npt.NDArray[np.uint8], pose: Pose) -> None:
    for side in (-1, 1):
        if pose.cheeks > 0.05:
            fold = _curve([(320 + side * 28, 276), (320 + side * 52, 292), (320 + side * 62, 322)])
            _line(canvas, fold, _mixed(_SKIN, _SHADE, 0.9 * pose.cheeks), 4)
        if pose.frown > 0.05:
            crease = _curve([(320 + side * 8, 178), (320 + side * 6, 190), (320 + side * 9, 202)])
            _line(canvas, crease, _mixed(_SKIN, _SHADE, pose.frown), 3)
        nostril = (320 + side * 13, 279 - 2 * pose.cheeks)
        _ellipse(canvas, nostril, (5.5, 3.2), (70, 82, 120))


def _mouth(canvas: npt.NDArray[np.uint8], pose: Pose) -> None:
    x, y = 320, 322 + 6 * pose.opening
    half = 40 + 14 * pose.wide
    corner = y - 15 * pose.smile
    up, low = 5 + 13 * pose.opening, 5 + 34 * pose.opening
    # A smile hangs between its corners, a sad mouth arches.
    upper = _curve([(x - half, corner), (x, y - up + 5 * pose.smile), (x + half, corner)])
    lower = _curve([(x + half, corner), (x, y + low + 5 * pose.smile), (x - half, corner)])
    _fill(canvas, np.concatenate([upper, lower]), _LIP)
    if pose.opening > 0.08:
        gap = 6 + 1 * pose.opening
        top = _curve([(x - half + 7, corner), (x, y - up + 5 * pose.smile + gap), (x + half - 7, corner)])
        bottom = _curve(
            [(x + half - 7, corner), (x, y + low + 5 * pose.smile - gap - 2), (x - half + 7, corner)]
        )
        hole = np.concatenate([top, bottom])
        _fill(canvas, hole, (42, 30, 62))
        if pose.teeth > 0.05:
            ends = np.concatenate([top, (bottom - top[::-1]) * 0.72 * pose.teeth + top[::-1]])
            _fill(canvas, ends, _WHITE)
    else:
        seam = _curve([(x - half, corner), (x, y + 6 * pose.smile), (x + half, corner)])
        _line(canvas, seam, _INK, 3)


def _curve(points: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    """A parabola through three points, as 15 points."""
    first, middle, last = (np.array(point, dtype=float) for point in points)
    t = np.linspace(0, 1, 15)[:, None]
    control = 2 * middle - (first + last) / 2
    return np.asarray((1 - t) ** 2 * first + 2 * t * (1 - t) * control + t**2 * last)


def _mixed(a: tuple[int, int, int], b: tuple[int, int, int], share: float) -> tuple[int, ...]:
    return tuple(round(x + share * (y - x)) for x, y in zip(a, b, strict=True))


def _fine(points: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    return np.round(points * (1 << _BITS)).astype(np.int32)


def _line(
    canvas: npt.NDArray[np.uint8], points: npt.NDArray[np.float64], colour: tuple[int, ...], width: int
) -> None:
    cv2.polylines(canvas, [_fine(points)], False, colour, width, cv2.LINE_AA, _BITS)


def _fill(
    canvas: npt.NDArray[np.uint8], points: npt.NDArray[np.float64], colour: tuple[int, ...] | int
) -> None:
    cv2.fillPoly(canvas, [_fine(points)], colour, cv2.LINE_AA, _BITS)


def _ellipse(
    canvas: npt.NDArray[np.uint8],
    at: tuple[float, float],
    radii: tuple[float, float],
    colour: tuple[int, ...],
) -> None:
    centre, axes = (tuple(round(value * (1 << _BITS)) for value in pair) for pair in (at, radii))
    cv2.ellipse(canvas, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA, _BITS)
