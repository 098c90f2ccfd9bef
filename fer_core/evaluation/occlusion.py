"""Which parts of a face an answer rests on: cover them one after the other and see how the answer changes."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from fer_core.errors import ImageError
from fer_core.labels import LABELS
from fer_core.preprocessing import FACE_SIZE
from fer_core.vision.classifier import ExpressionClassifier

#: Side of the cover and its step, pixels: about an eye of a 48 x 48 face, and fine enough to look smooth.
_COVER: Final = 9
_STEP: Final = 3


def occlusion_map(
    classifier: ExpressionClassifier, face: npt.NDArray[np.uint8], label: str
) -> npt.NDArray[np.float64]:
    """How much of a label's probability rests on each pixel (Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901).

    Args:
        classifier: the network, on ONNX Runtime.
        face: (48, 48) uint8.
        label: one of LABELS.

    Returns:
        (48, 48): the mean fall of the probability over all covers of a pixel, in [-1, 1]. Below 0 where what was
        covered spoke against the label.

    Raises:
        ImageError: no such face.
        ValueError: no such label.
    """
    if face.shape != (FACE_SIZE, FACE_SIZE) or face.dtype != np.uint8:
        raise ImageError(f"Expected a face of shape (48, 48) uint8, got {face.shape} {face.dtype}.")
    if label not in LABELS:
        raise ValueError(f"Expected a label of {LABELS}, got {label!r}.")
    at = LABELS.index(label)
    # A cover may stick out, so that the edges are covered as often as the middle.
    starts = range(_STEP - _COVER, FACE_SIZE, _STEP)
    windows = [
        (slice(max(top, 0), top + _COVER), slice(max(left, 0), left + _COVER))
        for top in starts
        for left in starts
    ]
    covered = np.repeat(face[np.newaxis], len(windows) + 1, axis=0)
    # The face's own mean: black or white would be a feature of its own.
    grey = np.uint8(round(float(face.mean())))
    for picture, window in zip(covered[1:], windows, strict=True):
        picture[window] = grey
    probability = classifier.classify(covered)[:, at].astype(np.float64)
    falls, times = np.zeros(face.shape), np.zeros(face.shape)
    for window, value in zip(windows, probability[0] - probability[1:], strict=True):
        falls[window] += value
        times[window] += 1
    return falls / times
