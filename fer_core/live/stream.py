"""Between a video stream's frames and the pipeline, and whose frame is read next."""

from __future__ import annotations

import functools
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fer_core.live.pipeline import LivePipeline
from fer_core.vision.faces import Frame

_log = logging.getLogger(__name__)


@functools.cache
def turns() -> ThreadPoolExecutor:
    """The threads in which all streams of this process read their frames.

    First come, first served: as long as each stream has one frame in it at a time, all slow down alike when there are
    more frames than the machine can read. One core is left alone where there is another one, since decoding, encoding,
    the network and the page itself would otherwise starve, and with them streams and sessions break.
    """
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), thread_name_prefix="read-frame")


def video_callback(pipeline: LivePipeline) -> Callable[[Any], Any]:
    """A callback for streamlit-webrtc: PyAV's VideoFrame in, an annotated one out.

    It never raises, because a callback that does freezes the video without a word: a frame that cannot even be
    decoded goes back as it came. Time is the server's steady clock, so that a stream that starts again or a camera
    with a strange clock changes nothing.
    """
    warned = False

    def on_frame(frame: Any) -> Any:
        nonlocal warned
        try:
            result = pipeline.process(Frame(frame.to_ndarray(format="bgr24"), time.monotonic()))
            return type(frame).from_ndarray(result.bgr, format="bgr24")
        except Exception:  # noqa: BLE001 - see above
            if not warned:
                warned = True
                _log.exception("A video frame could not be converted; it goes back as it came.")
            return frame

    return on_frame
