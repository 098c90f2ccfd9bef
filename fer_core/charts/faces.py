"""Faces on a page: as data addresses for tables, and as a grid that fits any width."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

_STYLE: Final = """<style>
.facet-faces{display:grid;grid-template-columns:repeat(auto-fill,minmax(76px,1fr));gap:.5rem .45rem;margin:.2rem 0}
.facet-faces figure{margin:0;min-width:0}
.facet-faces img{width:100%;aspect-ratio:1;display:block;border-radius:.35rem;background:rgba(128,128,140,.2)}
.facet-faces figcaption{font-size:.72rem;line-height:1.25;opacity:.8;padding-top:.15rem;overflow-wrap:anywhere}
</style>"""


def face_address(face: npt.NDArray[np.uint8]) -> str:
    """A picture (H, W) grey or (H, W, 3) blue first, uint8, as a ``data:`` address that a browser shows without asking the server again."""
    encoded = cv2.imencode(".png", face)[1].tobytes()
    return "data:image/png;base64," + base64.b64encode(encoded).decode("ascii")


def face_grid(faces: Sequence[npt.NDArray[np.uint8]], captions: Sequence[str]) -> str:
    """Grey pictures (H, W) uint8 with a caption each, as HTML that is safe to show.

    Raises:
        ValueError: not one caption a face.
    """
    figures = "".join(
        f'<figure><img src="{face_address(face)}" alt="Face, {escape(caption, quote=True)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for face, caption in zip(faces, captions, strict=True)
    )
    return f'{_STYLE}<div class="facet-faces" role="group" aria-label="{len(faces)} faces">{figures}</div>'


#: Blue below 0, orange above: two hues that people who see no red, no green or no blue tell apart.
_AGAINST: Final = np.array([37, 86, 239], dtype=np.float64)
_FOR: Final = np.array([230, 120, 20], dtype=np.float64)


def heat_on_face(face: npt.NDArray[np.uint8], heat: npt.NDArray[np.floating], caption: str) -> str:
    """A face and, beside it, the same under a map: orange where the map is above 0, blue where below.

    Args:
        face: (H, W) uint8.
        heat: (H, W); its largest absolute value gets the full colour.
        caption: what the map shows.
    """
    large = np.asarray(cv2.resize(face, None, fx=5, fy=5, interpolation=cv2.INTER_LANCZOS4), dtype=np.uint8)
    size = (large.shape[1], large.shape[0])
    smooth = np.asarray(cv2.resize(heat.astype(np.float64), size, interpolation=cv2.INTER_CUBIC))
    strength = smooth / max(float(np.abs(smooth).max()), 1e-6)
    share = (np.abs(strength) * 0.75)[..., np.newaxis]
    colour = np.where(strength[..., np.newaxis] > 0, _FOR, _AGAINST)
    mixed = (large[..., np.newaxis] * (1 - share) + colour * share).round().astype(np.uint8)
    # OpenCV writes blue first.
    overlay = np.ascontiguousarray(mixed[..., ::-1])
    figures = "".join(
        f'<figure><img src="{face_address(picture)}" alt="{escape(words, quote=True)}">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
        for picture, words in ((large, "The face"), (overlay, caption))
    )
    return f'{_STYLE}<div class="facet-faces" style="grid-template-columns:repeat(2,minmax(120px,240px))">{figures}</div>'
