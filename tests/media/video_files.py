"""Videos that are wrong, by accident or on purpose, and some that only look so; made here, none is kept."""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import Final

import av
import cv2
import numpy as np

from fer_core.live.drawn_clip import clip_frame

RATE: Final = 10


def made(
    seconds: float = 1.0,
    *,
    kind: str = "mp4",
    codec: str = "libx264",
    size: tuple[int, int] = (320, 240),
    rate: int = RATE,
    begin: float = 0.0,
    **options: str,
) -> bytes:
    """The drawn clip as a video."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind, options=options) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        if codec == "libx264":
            stream.options = {"preset": "ultrafast"}
        elif codec.startswith("libvpx"):
            stream.options = {"deadline": "realtime", "cpu-used": "8"}
        for number in range(max(1, round(seconds * rate))):
            picture = cv2.resize(clip_frame(begin + number / rate), size, interpolation=cv2.INTER_AREA)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


@functools.cache
def long() -> bytes:
    """A minute of 640 x 480 at 25 pictures a second: one second of the drawn clip again and again."""
    faces = [clip_frame(number / 25) for number in range(25)]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for number in range(1_500):
            frame = av.VideoFrame.from_ndarray(faces[number % 25], format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def sound() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100)
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def changing_size() -> bytes:
    """VP8 may change its size at a key frame; two streams' packets one after the other."""
    packets = []
    for size in ((320, 240), (160, 120), (240, 320)):
        codec = av.CodecContext.create("libvpx", "w")
        codec.width, codec.height, codec.pix_fmt, codec.time_base = *size, "yuv420p", Fraction(1, RATE)
        codec.options = {"deadline": "realtime"}
        for number in range(RATE):
            picture = cv2.resize(clip_frame(number / RATE), size, interpolation=cv2.INTER_AREA)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            packets += [bytes(packet) for packet in codec.encode(frame)]
        packets += [bytes(packet) for packet in codec.encode(None)]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number, content in enumerate(packets):
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, Fraction(1, RATE)
            packet.pts = packet.dts = number
            container.mux(packet)
    return buffer.getvalue()


def turned() -> bytes:
    """Turned a quarter by the matrix in its track header, as telephones do."""
    content = bytearray(made())
    at = content.index(b"tkhd") + 4 + 40
    one = 0x10000
    content[at : at + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 0x40000000)
    return bytes(content)


def without(box: bytes) -> bytes:
    """A box is called something else, so nobody finds it."""
    return made().replace(box, b"skip", 1)


def broken_table(box: bytes) -> bytes:
    """The numbers of a table in the index are nonsense."""
    content = bytearray(made())
    at = content.index(box) + 12
    content[at : at + 40] = b"\xff" * 40
    return bytes(content)


def claiming(width: int, height: int) -> bytes:
    """Another size in every header but the pictures' own."""
    content = bytearray(made())
    at = content.index(b"avc1") + 4 + 24
    content[at : at + 4] = struct.pack(">HH", width & 0xFFFF, height & 0xFFFF)
    at = content.index(b"tkhd") + 4 + 76
    content[at : at + 8] = struct.pack(">II", width << 16 & 0xFFFFFFFF, height << 16 & 0xFFFFFFFF)
    return bytes(content)


def claiming_length() -> bytes:
    content = bytearray(made())
    at = content.index(b"mvhd") + 4 + 16
    content[at : at + 4] = b"\xff\xff\xff\x00"
    return bytes(content)


def playlist() -> bytes:
    return b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


#: Name -> what makes it, and what has to come of it: fewest pictures, or a pattern of the sentence, or either (None).
HOSTILE: Final[dict[str, tuple[Callable[[], bytes], int | str | None]]] = {
    "MP4": (made, 10),
    "WebM": (lambda: made(kind="webm", codec="libvpx"), 10),
    "WebM, VP9": (lambda: made(kind="webm", codec="libvpx-vp9"), 10),
    "MOV": (lambda: made(kind="mov"), 10),
    "MPEG-4 of old": (lambda: made(codec="mpeg4"), 10),
    "in fragments": (lambda: made(movflags="frag_keyframe+empty_moov"), 10),
    "odd sizes": (lambda: made(kind="webm", codec="libvpx", size=(321, 239)), 10),
    "very small": (lambda: made(size=(16, 16)), 10),
    "a strip": (lambda: made(size=(1280, 16)), 10),
    "one picture": (lambda: made(0.1), 1),
    "10,000 pictures a second": (lambda: made(0.05, rate=10_000, size=(64, 48)), 1),
    "turned": (turned, 10),
    "its size changes": (changing_size, 20),
    "no length told": (lambda: made(kind="webm", codec="libvpx", live="1"), 10),
    "a length of years": (claiming_length, 1),
    "claims 60,000 x 60,000": (lambda: claiming(60_000, 60_000), None),
    "claims 0 x 0": (lambda: claiming(0, 0), None),
    "4,096 x 4,096": (lambda: made(0.2, size=(4096, 4096)), "pixels"),
    "zero bytes": (lambda: b"", "no video that can be opened"),
    "text": (lambda: b"no video at all, but longer than its beginning", "no video that can be opened"),
    "a picture": (lambda: cv2.imencode(".jpg", clip_frame(0.0))[1].tobytes(), "no video that can be opened"),
    "a playlist": (playlist, "no video that can be opened"),
    "a playlist of files": (
        lambda: b"ffconcat version 1.0\nfile /etc/passwd\n",
        "no video that can be opened",
    ),
    "a beginning and nothing": (lambda: b"\0\0\0\x18ftypisom" + bytes(12), "damaged|no video|no picture"),
    "a beginning and noise": (
        lambda: b"\0\0\0\x18ftypisom" + np.random.default_rng(3).bytes(200_000),
        "damaged|no video|no picture",
    ),
    "WebM's beginning and noise": (
        lambda: b"\x1a\x45\xdf\xa3" + np.random.default_rng(4).bytes(200_000),
        "damaged|no video|no picture",
    ),
    "sound alone": (sound, "no picture"),
    "no index": (lambda: without(b"moov"), "damaged|no video|no picture"),
    "no data": (lambda: without(b"mdat"), None),
    "broken sizes": (lambda: broken_table(b"stsz"), None),
    "broken places": (lambda: broken_table(b"stco"), None),
    "broken times": (lambda: broken_table(b"stts"), None),
    "zeros in the middle": (lambda: made()[:3_000] + bytes(3_000) + made()[6_000:], None),
    **{
        f"{kind} cut off at {tenth} tenths": (
            (
                lambda k=kind, c=codec, t=tenth: (lambda whole: whole[: len(whole) * t // 10])(
                    made(kind=k, codec=c)
                )
            ),
            None,
        )
        for kind, codec in (("mp4", "libx264"), ("webm", "libvpx"))
        for tenth in (1, 3, 5, 7, 9)
    },
}
