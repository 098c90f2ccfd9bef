"""What goes back to the browser: the newest picture of a camera or of the drawn clip, once it has been read.

Nothing queues up. A picture that comes while another one waits for its turn takes its place, and a picture is sent back
once, when it has been read; so what people see is never older than a turn takes, however many streams there are.
(streamlit-webrtc's own callback sends the last result again for each picture that arrives. Under load those copies cost
more than reading does, and wait in a queue without an end.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiortc import MediaStreamTrack
from av import VideoFrame

from fer_core.live.stream import turns
from pages._frames import Frames


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

    def stop(self) -> None:
        """Nobody wants more."""
        super().stop()
        self._frames.stop()

    async def recv(self) -> VideoFrame:
        """The next picture that was read. Raises MediaStreamError at the end."""
        await self._frames.wait()
        return await asyncio.get_running_loop().run_in_executor(turns(), self._turn)

    def _turn(self) -> VideoFrame:
        frame = self._frames.take()
        read = self._read(frame)
        read.pts, read.time_base = frame.pts, frame.time_base
        return read


@dataclass(frozen=True)
class Player:
    """A stream's way out, as streamlit-webrtc knows MediaPlayer. It stops a player's track itself at the end; one
    given as ``source_video_track`` it only leaves, with a task behind it that waits for ever."""

    video: ReadTrack
    audio: None = None
