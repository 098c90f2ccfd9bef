"""A few seconds of the drawn face as a video file, for who has none at hand."""

from __future__ import annotations

import io
from fractions import Fraction

from fer_core.live.drawn_clip import RATE, clip_frame


def drawn_video(seconds: float) -> bytes:
    """The drawn clip (fer_core/live/drawn_clip.py) as MP4."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        height, width = clip_frame(0.0).shape[:2]
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(round(seconds * RATE)):
            frame = av.VideoFrame.from_ndarray(clip_frame(number / RATE), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return buffer.getvalue()
