"""The values that travel through vision: a frame, a face found in it, and what the classifier read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from fer_core.labels import LABELS


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the picture: left, top, width, height; it may reach beyond the border."""

    x: float
    y: float
    w: float
    h: float

    def __post_init__(self) -> None:
        if not (self.w > 0 and self.h > 0):
            raise ValueError(f"Expected a box with positive width and height, got {self.w} x {self.h}.")

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.w * self.h


@dataclass(frozen=True)
class Frame:
    """One picture of a stream: ``bgr`` uint8 (H, W, 3), ``time`` in seconds on the stream's own clock."""

    bgr: npt.NDArray[np.uint8]
    time: float

    def __post_init__(self) -> None:
        if self.bgr.ndim != 3 or self.bgr.shape[2] != 3 or self.bgr.dtype != np.uint8:
            raise ValueError(
                f"Expected a uint8 frame of shape (H, W, 3), got {self.bgr.dtype} {self.bgr.shape}."
            )


@dataclass(frozen=True)
class Face:
    """What a detector found: its box, a score in [0, 1], and landmarks (5, 2) in pixels where it gives them
    (left eye, right eye, nose, left and right mouth corner, as seen in the picture)."""

    box: Box
    score: float
    landmarks: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise ValueError(f"Expected a score in [0, 1], got {self.score}.")
        if self.landmarks is not None and self.landmarks.shape != (5, 2):
            raise ValueError(f"Expected landmarks of shape (5, 2), got {self.landmarks.shape}.")


@dataclass(frozen=True)
class FaceReading:
    """A face with the probabilities of the five LABELS (they sum to 1)."""

    box: Box
    score: float
    probabilities: Mapping[str, float] = field(hash=False)

    def __post_init__(self) -> None:
        if tuple(self.probabilities) != LABELS:
            raise ValueError(
                f"Expected probabilities for {LABELS} in that order, got {tuple(self.probabilities)}."
            )
        total = sum(self.probabilities.values())
        if not abs(total - 1) < 1e-3:
            raise ValueError(f"Expected probabilities that sum to 1, got {total:.4f}.")
        object.__setattr__(self, "probabilities", MappingProxyType(dict(self.probabilities)))

    @property
    def label(self) -> str:
        """The most probable label."""
        return max(LABELS, key=lambda name: self.probabilities[name])

    @property
    def confidence(self) -> float:
        """The probability of ``label``."""
        return self.probabilities[self.label]
