"""From a detector's box to the square grey face that FER-2013 shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.preprocessing import FACE_SIZE
from fer_core.vision.faces import Box, Face


@dataclass(frozen=True)
class Framing:
    """How one detector's box becomes the square that FER-2013 shows; each detector carries its own.

    Attributes:
        scale: side of the square as a share of the box's longer side, above 0.
        dx: how far the square's centre lies right of the box's centre, as a share of the longer side.
        dy: the same downwards.
    """

    scale: float
    dx: float = 0.0
    dy: float = 0.0

    def __post_init__(self) -> None:
        if not 0.1 <= self.scale <= 10:
            raise ValueError(f"Expected a scale between 0.1 and 10, got {self.scale}.")
        if not (abs(self.dx) <= 1 and abs(self.dy) <= 1):
            raise ValueError(f"Expected a shift of at most one side, got {self.dx}, {self.dy}.")

    def square(self, box: Box) -> tuple[int, int, int]:
        """The square for a box: left, top and side in whole pixels; it may reach beyond the picture."""
        longer = max(box.w, box.h)
        side = max(1, round(self.scale * longer))
        centre_x = box.x + box.w / 2 + self.dx * longer
        centre_y = box.y + box.h / 2 + self.dy * longer
        return round(centre_x - side / 2), round(centre_y - side / 2), side


def crop_faces(gray: npt.NDArray[np.uint8], faces: Sequence[Face], framing: Framing) -> npt.NDArray[np.uint8]:
    """Cut faces out of a grey picture as the network wants them.

    Args:
        gray: the picture, uint8 (H, W), H and W at least 1.
        faces: N faces with boxes in pixels of that picture; N may be 0.
        framing: that of the detector which found them.

    Returns:
        (N, 48, 48) uint8; where a square leaves the picture its border pixels go on.
    """
    crops = np.empty((len(faces), FACE_SIZE, FACE_SIZE), dtype=np.uint8)
    for crop, face in zip(crops, faces, strict=True):
        crop[...] = _resize(_cut(gray, *framing.square(face.box)))
    return crops


def _cut(gray: npt.NDArray[np.uint8], left: int, top: int, side: int) -> npt.NDArray[np.uint8]:
    height, width = gray.shape
    if left >= 0 and top >= 0 and left + side <= width and top + side <= height:
        return gray[top : top + side, left : left + side]
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    return gray[rows[:, np.newaxis], columns]


def _resize(square: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    # Averaging areas keeps the aliasing out that other interpolations bring in when a large face shrinks.
    how = cv2.INTER_AREA if len(square) > FACE_SIZE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (FACE_SIZE, FACE_SIZE), interpolation=how), dtype=np.uint8)
