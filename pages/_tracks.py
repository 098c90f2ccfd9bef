"""The tracks of a stream: the newest picture of a camera or of the drawn clip in, what was read of it out.

Nothing queues up. A picture that comes while another one waits for its turn takes its place, and a picture is sent back
once, when it has been read; so what people see is never older than a turn takes, however many streams there are.
(streamlit-webrtc's own callback sends the last result again for each picture that arrives. Under load those copies cost
more than reading does, and wait in a queue without an end.)
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Final, Protocol

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from fer_core.live.drawn_clip import RATE, clip_frame
from fer_core.live.stream import turns

#: RTP's clock for video, ticks a second (RFC 3551).
_CLOCK: Final = 90_000


class Frames(Protocol):
    """Where a stream's pictures come from. streamlit-webrtc takes it as a sink, so it is told when the stream ends."""

    @property
    def ended(self) -> bool:
        """Whether no picture will come any more."""

    async def wait(self) -> None:
        """Until there is a picture that was not taken. Raises MediaStreamError once there will be none."""

    def take(self) -> VideoFrame:
        """The newest picture, from any thread, once after each ``wait``."""

    def addTrack(self, track: MediaStreamTrack) -> None: ...  # noqa: N802 - streamlit-webrtc's name
    def hasTrack(self) -> bool: ...  # noqa: N802
    def start(self) -> None: ...
    def stop(self) -> None: ...


class _Ending:
    """Knows whether it has ended, and wakes who waits, from whichever thread it is stopped."""

    def __init__(self) -> None:
        self._ended = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether no picture will come any more."""
        return self._ended

    def stop(self) -> None:
        """No more pictures."""
        self._ended = True
        if self._loop is not None:
            # A loop that is closed has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._woken.set)


class CameraFrames(_Ending):
    """The newest picture that a browser has sent."""

    def __init__(self) -> None:
        super().__init__()
        self._track: MediaStreamTrack | None = None
        self._reading: asyncio.Task[None] | None = None
        self._newest: deque[VideoFrame] = deque(maxlen=1)

    def addTrack(self, track: MediaStreamTrack) -> None:  # noqa: N802 - streamlit-webrtc's name
        """What the browser sends."""
        self._track = track

    def hasTrack(self) -> bool:  # noqa: N802
        """Whether the browser sends."""
        return self._track is not None

    def start(self) -> None:
        """Take pictures, on the running loop."""
        self._loop = asyncio.get_running_loop()
        assert self._track is not None, "streamlit-webrtc asks hasTrack first"
        self._reading = self._loop.create_task(self._read(self._track))

    async def _read(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while not self._ended:
                frame = await track.recv()
                assert isinstance(frame, VideoFrame)
                self._newest.append(frame)
                self._woken.set()
        self.stop()

    async def wait(self) -> None:
        """Until a picture has come that was not taken."""
        self._loop = asyncio.get_running_loop()
        while not self._newest and not self._ended:
            await self._woken.wait()
            self._woken.clear()
        if self._ended:
            raise MediaStreamError

    def take(self) -> VideoFrame:
        """The newest picture; there is one after ``wait``."""
        return self._newest.pop()


class ClipFrames(_Ending):
    """The drawn clip at its own pace, drawn where it is read."""

    def __init__(self) -> None:
        super().__init__()
        self._begun: float | None = None
        self._number = -1

    def addTrack(self, track: MediaStreamTrack) -> None:  # noqa: N802 - streamlit-webrtc's name
        """Nobody sends anything."""

    def hasTrack(self) -> bool:  # noqa: N802
        """Nobody sends anything."""
        return False

    def start(self) -> None:
        """Never called, since there is no track."""

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
        """The picture that is due."""
        frame = VideoFrame.from_ndarray(clip_frame(self._number / RATE), format="bgr24")
        frame.pts, frame.time_base = self._number * _CLOCK // RATE, Fraction(1, _CLOCK)
        return frame


class ReadTrack(MediaStreamTrack):
    """What goes back to the browser: each picture once it has been read."""

    kind = "video"

    def __init__(self, frames: Frames, read: Callable[[VideoFrame], VideoFrame]) -> None:
        """
        Args:
            frames: where the pictures come from.
            read: what is sent for one; never raises.
        """
        super().__init__()
        self._frames = frames
        self._read = read

    async def recv(self) -> VideoFrame:
        """The next picture that was read. Raises MediaStreamError at the end."""
        await self._frames.wait()
        return await asyncio.get_running_loop().run_in_executor(turns(), self._turn)

    def _turn(self) -> VideoFrame:
        frame = self._frames.take()
        read = self._read(frame)
        read.pts, read.time_base = frame.pts, frame.time_base
        return read
