"""Draws on a picture what was read in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.palette import EXPRESSION_COLOURS
from fer_core.vision.faces import Box, FaceReading

_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX

#: Cap height of that font at scale 1, pixels.
_FONT_HEIGHT: Final = 21


@dataclass(frozen=True)
class Annotation:
    """One rectangle with a tag: ``text`` is what the tag says (ASCII, as OpenCV draws nothing else), ``label``
    chooses the colour and is one of EXPRESSION_COLOURS."""

    box: Box
    text: str
    label: str

    def __post_init__(self) -> None:
        if self.label not in EXPRESSION_COLOURS:
            raise ValueError(f"Expected one of {list(EXPRESSION_COLOURS)}, got {self.label!r}.")

    @classmethod
    def of(cls, reading: FaceReading) -> Annotation:
        """The most probable label and its probability."""
        return cls(reading.box, f"{reading.label} {reading.confidence:.0%}", reading.label)

    def scaled(self, factor: float) -> Annotation:
        """The same on a picture that was scaled."""
        box = self.box
        moved = Box(box.x * factor, box.y * factor, box.w * factor, box.h * factor)
        return Annotation(moved, self.text, self.label)


def annotate(bgr: npt.NDArray[np.uint8], annotations: Sequence[Annotation]) -> npt.NDArray[np.uint8]:
    """A copy of a picture with a rectangle round each face and a filled tag on the rectangle's top left.

    Lines and letters grow with the picture. A tag that would leave the picture moves inside it: a face that
    touches the top has its tag inside the rectangle.

    Args:
        bgr: uint8 (H, W, 3), blue first; is not changed.
        annotations: drawn in reverse, so that the first lies on top.

    Returns:
        A new uint8 (H, W, 3).
    """
    drawn: npt.NDArray[np.uint8] = np.array(bgr, dtype=np.uint8, order="C", copy=True)
    for annotation in reversed(annotations):
        _draw(drawn, annotation)
    return drawn


def colour_bgr(label: str) -> tuple[int, int, int]:
    """The colour of a label as OpenCV wants it: blue, green, red in 0..255."""
    code = EXPRESSION_COLOURS[label]
    red, green, blue = (int(code[at : at + 2], 16) for at in (1, 3, 5))
    return blue, green, red


def _draw(picture: npt.NDArray[np.uint8], annotation: Annotation) -> None:
    height, width = picture.shape[:2]
    # 480 rows is the usual camera picture; on it letters are 14 pixels tall and lines 2 thick. Below 8 nobody reads them.
    size = max(0.6, min(height, width) / 480)
    line = max(1, round(2 * size))
    colour = colour_bgr(annotation.label)
    box = annotation.box
    left, top = round(box.x), round(box.y)
    # Where the face leaves the picture its rectangle runs along the border instead of vanishing.
    left, right = (int(np.clip(value, 0, width - 1)) for value in (left, round(box.x + box.w)))
    top, bottom = (int(np.clip(value, 0, height - 1)) for value in (top, round(box.y + box.h)))
    cv2.rectangle(picture, (left, top), (right, bottom), colour, line, cv2.LINE_AA)

    scale = 14 * size / _FONT_HEIGHT
    stroke = max(1, round(1.5 * size))
    (text_width, text_height), baseline = cv2.getTextSize(annotation.text, _FONT, scale, stroke)
    # A tail as in "p" hangs as deep as the baseline says.
    pad = max(2, round(4 * size), baseline)
    tag_width, tag_height = text_width + 2 * pad, text_height + 2 * pad
    tag_left = max(0, min(left, width - tag_width))
    tag_top = top - tag_height if top >= tag_height else top
    cv2.rectangle(
        picture, (tag_left, tag_top), (tag_left + tag_width, tag_top + tag_height), colour, cv2.FILLED
    )
    origin = tag_left + pad, tag_top + pad + text_height
    # White or black, whichever stands out more: halfway of perceived lightness is a luminance of about 0.18.
    ink = (0, 0, 0) if _luminance(colour) > 0.18 else (255, 255, 255)
    cv2.putText(picture, annotation.text, origin, _FONT, scale, ink, stroke, cv2.LINE_AA)


def _luminance(bgr: tuple[int, int, int]) -> float:
    """Relative luminance in [0, 1] (WCAG 2.2; gamma taken as 2.2)."""
    blue, green, red = ((value / 255) ** 2.2 for value in bgr)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
