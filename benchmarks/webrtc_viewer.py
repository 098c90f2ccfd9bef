"""A viewer of the live page without a browser: sends a face over WebRTC and reads from what comes back which frame it was.

Each frame carries its number as black and white blocks along the top edge, mirrored or not, which survive both encoders
and the server's drawing; so the round trip of every result is known with no hook in the app. The frames are encoded
once, before anything is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import av
import cv2
import numpy as np
import numpy.typing as npt
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from benchmarks.streamlit_client import StreamlitClient

WIDTH: Final = 640
HEIGHT: Final = 480

#: Frames a second.
RATE: Final = 15

#: Different numbers, a frame each; they come again after so many.
NUMBERS: Final = 20 * RATE
_BITS: Final = 9
_BLOCK: Final = 32
_STRIP: Final = 24
#: Read from the wrong end they are no guards.
_BEFORE: Final = (1, 1, 0)
_AFTER: Final = (1, 0, 0)
_STREAMER: Final = "webrtc_streamer"
CONSENT: Final = "I am an adult and I agree"


def numbered(frame: npt.NDArray[np.uint8], number: int) -> npt.NDArray[np.uint8]:
    """The frame (HEIGHT, WIDTH, 3) uint8 with its number in the top edge."""
    bits = [number >> at & 1 for at in range(_BITS)]
    marks = [*_BEFORE, *bits, sum(bits) & 1, *_AFTER]
    marked = frame.copy()
    for at, mark in enumerate(marks):
        left = (WIDTH - len(marks) * _BLOCK) // 2 + at * _BLOCK
        marked[:_STRIP, left : left + _BLOCK] = 235 if mark else 20
    return marked


def number_of(luma: npt.NDArray[np.uint8]) -> int | None:
    """The number in a frame's luma (HEIGHT, WIDTH), seen straight or in a mirror; None where it cannot be read."""
    if luma.shape != (HEIGHT, WIDTH):
        luma = np.asarray(cv2.resize(luma, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    count = len(_BEFORE) + _BITS + 1 + len(_AFTER)
    left = (WIDTH - count * _BLOCK) // 2 + _BLOCK // 2
    row = luma[_STRIP // 3 : _STRIP * 2 // 3, left : left + count * _BLOCK : _BLOCK].mean(axis=0) > 128
    for marks in (row, row[::-1]):
        bits = marks[len(_BEFORE) : len(_BEFORE) + _BITS].tolist()
        guarded = tuple(marks[: len(_BEFORE)]) == _BEFORE and tuple(marks[-len(_AFTER) :]) == _AFTER
        if guarded and sum(bits) & 1 == marks[len(_BEFORE) + _BITS]:
            return sum(bit << at for at, bit in enumerate(bits))
    return None


def encoded(faces: list[npt.NDArray[np.uint8]]) -> list[bytes]:
    """NUMBERS frames as VP8, the faces in turn a second each, a key frame a second.

    A server that lost a packet has to wait for the next key frame, since nobody encodes on request.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ivf") as container:
        stream = container.add_stream("libvpx", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", 900_000
        stream.options = {"deadline": "realtime", "cpu-used": "4", "auto-alt-ref": "0", "g": str(RATE)}
        packets = []
        for number in range(NUMBERS):
            picture = numbered(faces[number // RATE % len(faces)], number)
            packets += [
                bytes(each) for each in stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24"))
            ]
        packets += [bytes(each) for each in stream.encode(None)]
    return packets


class _Numbered(MediaStreamTrack):
    """The frames at their rate, and when each was sent."""

    kind = "video"

    def __init__(self, packets: list[bytes]) -> None:
        super().__init__()
        self._packets = packets
        self._count = 0
        self._begun: float | None = None
        self.sent: dict[int, float] = {}

    async def recv(self) -> av.Packet:
        if self.readyState != "live":
            raise MediaStreamError
        if self._begun is None:
            self._begun = time.monotonic()
        await asyncio.sleep(max(0.0, self._begun + self._count / RATE - time.monotonic()))
        number = self._count % len(self._packets)
        packet = av.Packet(self._packets[number])
        packet.pts, packet.time_base = self._count * 90_000 // RATE, Fraction(1, 90_000)
        self.sent[number] = time.monotonic()
        self._count += 1
        return packet


@dataclass
class Viewed:
    """What came back.

    Attributes:
        ages: of each frame that came back: when (monotonic seconds), and how long ago its picture had been sent,
            seconds; a result that is shown again grows older.
        fresh: of each result when it came back first, when.
        unread: frames whose number could not be read.
    """

    ages: list[tuple[float, float]] = field(default_factory=list)
    fresh: list[float] = field(default_factory=list)
    unread: int = 0
    _last: int | None = None
    _first: asyncio.Event = field(default_factory=asyncio.Event)

    async def result(self, seconds: float = 60.0) -> None:
        """Returns when the first result is there; TimeoutError if none comes."""
        await asyncio.wait_for(self._first.wait(), seconds)

    def take(self, number: int | None, sent: dict[int, float], now: float) -> None:
        """A frame came back."""
        if number is None or number not in sent:
            self.unread += 1
            return
        self.ages.append((now, now - sent[number]))
        if number != self._last:
            self.fresh.append(now)
            self._last = number
            self._first.set()


@contextlib.asynccontextmanager
async def viewer(address: str, packets: list[bytes]) -> AsyncIterator[Viewed]:
    """Agree, start the camera, and let frames come back until the context ends; gone then without a word, as when a
    window is closed."""
    viewed = Viewed()
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    track = _Numbered(packets)
    tasks: list[asyncio.Task[Any]] = []
    try:
        async with StreamlitClient.open(address, "live") as page:
            await page.press(CONSENT)
            await page.component(_STREAMER)
            connection.addTrack(track)

            @connection.on("track")
            def received(back: MediaStreamTrack) -> None:
                tasks.append(asyncio.create_task(_watch(back, track, viewed)))

            connected = asyncio.Event()

            @connection.on("connectionstatechange")
            def changed() -> None:
                if connection.connectionState == "connected":
                    connected.set()

            await connection.setLocalDescription(await connection.createOffer())
            offer = {"type": connection.localDescription.type, "sdp": connection.localDescription.sdp}
            value = {"playing": False, "sdpOffer": offer, "iceCandidates": {}}
            await page.answer(_STREAMER, value)
            args = await page.component(_STREAMER, lambda args: bool(args.get("sdp_answer_json")))
            answer = json.loads(args["sdp_answer_json"])
            await connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))
            await asyncio.wait_for(connected.wait(), 30)
            await page.answer(_STREAMER, {"playing": True, "sdpOffer": None, "iceCandidates": {}})
            yield viewed
    finally:
        track.stop()
        for task in tasks:
            task.cancel()
        await connection.close()


async def _watch(back: MediaStreamTrack, track: _Numbered, viewed: Viewed) -> None:
    with contextlib.suppress(MediaStreamError):
        while True:
            frame = await back.recv()
            assert isinstance(frame, av.VideoFrame)
            # Of yuv420p the first rows are the luma.
            luma = np.asarray(frame.to_ndarray(format="yuv420p")[: frame.height], np.uint8)
            viewed.take(number_of(luma), track.sent, time.monotonic())
