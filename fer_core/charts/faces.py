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
    """A grey picture (H, W) uint8 as a ``data:`` address that a browser shows without asking the server again."""
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
