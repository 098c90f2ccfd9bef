"""What was read in a video, picture by picture, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, ExpressionState
from fer_core.spreadsheet import csv_bytes


@dataclass(frozen=True)
class VideoFace:
    """A face in one picture: its number through the video, its box in pixels, its score, and the shares of LABELS."""

    number: int
    x: float
    y: float
    w: float
    h: float
    score: float
    shares: tuple[float, ...]


@dataclass(frozen=True)
class VideoPicture:
    """What one picture came to: the smoothed state of its largest face at ``state.time`` seconds, and all faces."""

    state: ExpressionState
    faces: tuple[VideoFace, ...]

    @classmethod
    def of(cls, told: Sequence[Any]) -> VideoPicture:
        """From what the process that reads says (``video_worker``): seconds, label, blend or None, and the faces."""
        at, label, blend, faces = told
        shares = None
        if blend is not None and label != NO_FACE:
            # Rounded shares that sum to 1 again.
            shares = {name: share / sum(blend) for name, share in zip(LABELS, blend, strict=True)}
        state = ExpressionState(shares, label if shares else NO_FACE, 0.0, at)
        return cls(state, tuple(_face(each) for each in faces))


def faces_table(pictures: Sequence[VideoPicture]) -> bytes:
    """A row a face a picture, and one for each picture without a face, as CSV."""
    rows = [
        (
            round(each.state.time, 3), place, face.number, face.x, face.y, face.w, face.h, face.score,
            LABELS[max(range(len(LABELS)), key=face.shares.__getitem__)], max(face.shares), *face.shares,
        )
        if face
        else (round(each.state.time, 3), place, *[None] * (8 + len(LABELS)))
        for place, each in enumerate(pictures)
        for face in each.faces or (None,)
    ]  # fmt: skip
    columns = ["seconds", "picture", "face", *"xywh", "score", "label", "confidence", *LABELS]
    return csv_bytes(pd.DataFrame(rows, columns=columns).astype({"face": "Int64"}))


def _face(told: Sequence[float]) -> VideoFace:
    number, x, y, w, h, score, *shares = told
    return VideoFace(int(number), x, y, w, h, score, tuple(shares))
