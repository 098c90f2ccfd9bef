"""Where a stream's pictures come from: a browser's camera or the drawn clip; the newest alone is kept."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from abc import ABC, abstractmethod
from collections import deque
from fractions import Fraction
from typing import Final

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from fer_core.live.drawn_clip import RATE, clip_frame

#: RTP's clock for video, ticks a second (RFC 3551).
_CLOCK: Final = 90_000


class Frames(ABC):
    """Where a stream's pictures come from. streamlit-webrtc takes it as a sink, and so tells it when the stream ends,
    from whichever thread."""

    def __init__(self) -> None:
        self._ended = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether no picture will come any more."""
        return self._ended

    @abstractmethod
    async def wait(self) -> None:
        """Until there is a picture that was not taken. Raises MediaStreamError once there will be none."""

    @abstractmethod
    def take(self) -> VideoFrame:
        """The newest picture, from any thread, once after each ``wait``. Raises MediaStreamError if it ended since."""

    def addTrack(self, track: MediaStreamTrack) -> None:  # noqa: B027, N802 - streamlit-webrtc's name; the clip needs none
        """What the browser sends; nothing, unless somebody wants it."""

    def hasTrack(self) -> bool:  # noqa: N802
        """Whether ``start`` is wanted."""
        return False

    def start(self) -> None:  # noqa: B027
        """Take what the browser sends, on the running loop."""

    def stop(self) -> None:
        """No more pictures, and none is kept."""
        self._ended = True
        if self._loop is not None:
            # A loop that is closed has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._woken.set)


class CameraFrames(Frames):
    """The newest picture that a browser has sent."""

    def __init__(self) -> None:
        super().__init__()
        self._track: MediaStreamTrack | None = None
        self._reading: asyncio.Task[None] | None = None
        self._newest: deque[VideoFrame] = deque(maxlen=1)

    def addTrack(self, track: MediaStreamTrack) -> None:  # noqa: N802 - streamlit-webrtc's name
        self._track = track

    def hasTrack(self) -> bool:  # noqa: N802
        return self._track is not None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        assert self._track is not None, "streamlit-webrtc asks hasTrack first"
        self._reading = self._loop.create_task(self._read(self._track))

    async def _read(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while not self._ended:
                frame = await track.recv()
                assert isinstance(frame, VideoFrame)
                if not self._ended:
                    self._newest.append(frame)
                self._woken.set()
        self.stop()

    async def wait(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not self._newest and not self._ended:
            await self._woken.wait()
            self._woken.clear()
        if self._ended:
            raise MediaStreamError

    def take(self) -> VideoFrame:
        try:
            return self._newest.pop()
        except IndexError:
            raise MediaStreamError from None

    def stop(self) -> None:
        super().stop()
        self._newest.clear()
        self._track = None


class ClipFrames(Frames):
    """The drawn clip at its own pace, drawn where it is read."""

    def __init__(self) -> None:
        super().__init__()
        self._begun: float | None = None
        self._number = -1

    async def wait(self) -> None:
        """Until the next picture is due; those whose time has passed are left out."""
        self._loop = asyncio.get_running_loop()
        if self._begun is None:
            self._begun = time.monotonic()
        passed = (time.monotonic() - self._begun) * RATE
        self._number = max(self._number + 1, math.floor(passed))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), max(0.0, (self._number - passed) / RATE))
        if self._ended:
            raise MediaStreamError

    def take(self) -> VideoFrame:
        frame = VideoFrame.from_ndarray(clip_frame(self._number / RATE), format="bgr24")
        frame.pts, frame.time_base = self._number * _CLOCK // RATE, Fraction(1, _CLOCK)
        return frame
