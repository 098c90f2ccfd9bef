"""The Haar cascade (Viola and Jones 2001) that comes with OpenCV: the source report's detector, as a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.errors import DetectorError
from fer_core.preprocessing import to_gray
from fer_core.vision.detectors.detector import Detector
from fer_core.vision.faces import Box, Face
from fer_core.vision.framing import Framing

#: Smallest face that is looked for, in pixels of the shrunken picture.
MINIMUM_FACE: Final = 40

#: The cascade's level weights are no probabilities; this one is as sure as it gets and maps to 1.
_SUREST_WEIGHT: Final = 10.0


class Haar(Detector):
    """Slower and blinder than the others; kept to show what the report worked with."""

    name: ClassVar[str] = "haar"
    framing: ClassVar[Framing] = Framing(1.09, 0.01, 0.03)
    passes: ClassVar[tuple[int, ...]] = (640,)

    def __init__(self) -> None:
        """Load the cascade; DetectorError where this OpenCV has none (version 5 dropped it)."""
        if not hasattr(cv2, "CascadeClassifier"):
            raise DetectorError(f"haar needs OpenCV 4; this is {cv2.__version__}, which has no cascades.")
        path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(path))
        if self._cascade.empty():
            raise DetectorError(f"haar needs the cascade file {path}, which cannot be read.")

    def _find(self, bgr: npt.NDArray[np.uint8]) -> Sequence[Face]:
        boxes, _, weights = self._cascade.detectMultiScale3(
            to_gray(bgr),
            scaleFactor=1.1,
            minNeighbors=5,
            minSize=(MINIMUM_FACE, MINIMUM_FACE),
            outputRejectLevels=True,
        )
        return [
            Face(Box(*map(float, box)), float(np.clip(weight / _SUREST_WEIGHT, 0, 1)))
            for box, weight in zip(boxes, np.ravel(weights), strict=True)
        ]
