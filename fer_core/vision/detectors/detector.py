"""What every face detector has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.errors import ImageError
from fer_core.vision.faces import Box, Face
from fer_core.vision.framing import Framing


class Detector(ABC):
    """Finds faces in a picture of any size.

    One detector object answers one thread at a time: give each thread its own, or a lock.

    Attributes:
        name: what people call it in settings and on the command line.
        framing: how its boxes become the square that FER-2013 shows.
        smallest: a narrower picture is enlarged to this width, pixels.
        passes: widths that a larger picture is shrunk to, pixels, tried in turn until there is a face.
    """

    name: ClassVar[str]
    framing: ClassVar[Framing]
    smallest: ClassVar[int] = 160
    passes: ClassVar[tuple[int, ...]]

    def detect(self, bgr: npt.NDArray[np.uint8]) -> tuple[Face, ...]:
        """The faces in a picture, largest first; none is a normal answer.

        Args:
            bgr: uint8 (H, W, 3), blue first, at least one pixel.

        Returns:
            Faces with boxes in pixels of ``bgr`` (they may reach beyond it) and scores in [0, 1].

        Raises:
            ImageError: no picture of that kind.
        """
        if bgr.ndim != 3 or bgr.shape[2] != 3 or bgr.dtype != np.uint8 or not bgr.size:
            raise ImageError(f"Expected a uint8 picture of shape (H, W, 3), got {bgr.dtype} {bgr.shape}.")
        for factor in self._factors(bgr.shape[1], bgr.shape[0]):
            faces = [_scaled(face, 1 / factor) for face in self._find(_resized(bgr, factor))]
            if faces:
                return tuple(sorted(faces, key=lambda face: face.box.area, reverse=True))
        return ()

    @abstractmethod
    def _find(self, bgr: npt.NDArray[np.uint8]) -> Sequence[Face]:
        """The faces in a picture that was brought to size, in its own pixels."""

    def _factors(self, width: int, height: int) -> list[float]:
        """How much to scale the picture in each pass, cheapest first, without repeats."""
        if width < self.smallest:
            # Enlarging beyond four times adds pixels but no detail.
            return [min(4.0, self.smallest / width, 2 * self.smallest / height)]
        # A very tall picture is held to twice the width, or it would take seconds.
        return sorted({min(1.0, wide / width, 2 * wide / height) for wide in self.passes})


def _resized(bgr: npt.NDArray[np.uint8], factor: float) -> npt.NDArray[np.uint8]:
    if factor == 1:
        return np.ascontiguousarray(bgr)
    size = max(1, round(bgr.shape[1] * factor)), max(1, round(bgr.shape[0] * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(bgr, size, interpolation=how), dtype=np.uint8)


def _scaled(face: Face, factor: float) -> Face:
    box = face.box
    landmarks = None if face.landmarks is None else (face.landmarks * factor).astype(np.float32)
    return Face(Box(box.x * factor, box.y * factor, box.w * factor, box.h * factor), face.score, landmarks)
