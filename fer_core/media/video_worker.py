"""Reads one video in a process of its own: ``python -m fer_core.media.video_worker SETTINGS``.

Whatever a hostile file does to a decoder (endless loops, all memory, a crash) it does in here. The video comes in and the
annotated one goes out through open files that have no name (their numbers stand in SETTINGS, JSON); what was read goes out as
lines of JSON on standard output: ``{"begin": {width, height, seconds or null}}``, then ``{"frame": [...]}`` for each picture,
then ``{"done": true}``, or ``{"error": sentence}``. It ends when nobody reads these lines any more; on SIGTERM it ends the
annotated video where it is.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Final

import av
import cv2
import numpy as np
import numpy.typing as npt

from fer_core.errors import FerError, MediaError
from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, ExpressionState, Smoother, SmoothingSettings
from fer_core.media.tracking import FaceTracker
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.annotation import Annotation, annotate
from fer_core.vision.faces import FaceReading

#: Bytes that the process may take for data.
_MOST_MEMORY: Final = 1_000_000_000
#: A picture may have so many pixels.
_MOST_PIXELS: Final = 4096 * 2304
#: The annotated video's longest side, pixels.
_LONGEST: Final = 1280
#: Pictures a second that are read; of a faster video the others are left out.
_MOST_RATE: Final = 60
#: Shares that differ by less are close; faces are then looked for in each picture. Chosen on other photographs than those of
#: benchmarks/video.py.
_CLOSE: Final = 0.1
#: Ticks a second of the annotated video.
_CLOCK: Final = 90_000


def demuxer(beginning: bytes) -> str:
    """FFmpeg's name of the container whose first bytes these are. Named outright, so that no file is taken for a
    playlist, which could open other files and addresses.

    Raises:
        MediaError: neither MP4, MOV nor WebM.
    """
    if beginning[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if beginning[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
        return "mov"
    raise MediaError("This is no video that can be opened (MP4, MOV, WebM).")


def pictures(
    file: BinaryIO, apart: float = 0.0
) -> Iterator[tuple[float, npt.NDArray[np.uint8], float | None]]:
    """(seconds since the beginning, picture uint8 (H, W, 3) upright, the video's length in seconds if it says).

    Args:
        file: open, and can be moved in.
        apart: seconds from a picture to the next one that is given; 0 gives all.

    Raises:
        MediaError: no video, none in it, or too large.
    """
    kind = demuxer(file.read(16))
    file.seek(0)
    try:
        with av.open(file, "r", format=kind) as container:
            if not container.streams.video:
                raise MediaError(
                    "There is sound in this file and no picture."
                    if container.streams.audio
                    else "There is no video in this file."
                )
            stream = container.streams.video[0]
            stream.thread_count = 2
            long = float(container.duration / av.time_base) if container.duration else None
            last = first = None
            due = 0.0
            for number, frame in enumerate(container.decode(stream)):
                if frame.width * frame.height > _MOST_PIXELS:
                    raise MediaError(
                        f"The video has {frame.width:,} x {frame.height:,} pixels; at most {_MOST_PIXELS:,} in all are read."
                    )
                rate = float(stream.average_rate or stream.guessed_rate or 25)
                at = number / min(max(rate, 1.0), 240.0) if frame.time is None else float(frame.time)
                first = at if first is None else first
                at -= first
                if last is not None and at <= last:
                    # Clocks run backwards in damaged files.
                    at = last + 0.001
                if last is not None and at - last < 1 / _MOST_RATE - 0.002:
                    continue
                last = at
                if at < due:
                    continue
                # Counted from the beginning, or a rate that does not divide it would add up.
                due = ((at + 0.002) // apart + 1) * apart - 0.002 if apart else 0.0
                bgr = frame.to_ndarray(format="bgr24")
                yield at, np.ascontiguousarray(np.rot90(bgr, round(frame.rotation / 90) % 4)), long
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise MediaError(f"The video is damaged: {getattr(error, 'strerror', None) or error}.") from error


class _Annotated:
    """The annotated video, as H.264 in MP4, which browsers play."""

    def __init__(self, file: BinaryIO, width: int, height: int) -> None:
        scale = min(1.0, _LONGEST / max(width, height))
        # H.264 with colours at half size wants even sides.
        self._size = tuple(max(2, round(side * scale / 2) * 2) for side in (width, height))
        self._container = av.open(file, "w", format="mp4")
        self._stream = self._container.add_stream(
            "libx264", rate=25, options={"preset": "veryfast", "crf": "24"}
        )
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, _CLOCK)
        self._last = -1

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self._size[0], self._size[1]

    def add(self, bgr: npt.NDArray[np.uint8], at: float) -> None:
        """The next picture, of that size, at so many seconds."""
        frame = av.VideoFrame.from_ndarray(bgr, format="bgr24")
        self._last = max(self._last + 1, round(at * _CLOCK))
        frame.pts, frame.time_base = self._last, Fraction(1, _CLOCK)
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def close(self) -> None:
        """Write what is left."""
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()


def read_video(
    settings: dict[str, Any], source: BinaryIO, target: BinaryIO, enough: Callable[[], bool] = lambda: False
) -> Iterator[dict[str, Any]]:
    """What goes out as lines: see above.

    Args:
        settings: model (a folder) and detector (a name or null), ``every`` so many pictures faces are looked for,
            ``most_seconds`` that are read.
        source, target: open files that can be moved in.
        enough: asked before each picture; what was read until then is a whole video as well.

    Raises:
        MediaError: the video cannot be read.
    """
    model = Path(settings["model"]) if settings["model"] else None
    analyzer = ExpressionAnalyzer.load(model, settings["detector"])
    tracker = FaceTracker(analyzer.detector, settings["every"])
    smoother = Smoother(SmoothingSettings(**settings["smoothing"]))
    annotated: _Annotated | None = None
    state: ExpressionState | None = None
    size = (0, 0)
    for at, bgr, long in pictures(source):
        if enough():
            break
        if at > settings["most_seconds"]:
            yield {"cut": settings["most_seconds"]}
            break
        if annotated is None:
            size = (bgr.shape[1], bgr.shape[0])
            annotated = _Annotated(target, *size)
            yield {"begin": {"width": size[0], "height": size[1], "seconds": long}}
        if (bgr.shape[1], bgr.shape[0]) != size:
            # The video's size may change in the middle; what it began with is kept to.
            bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
        tracked = tracker.update(bgr, closely=is_close(state, smoother.settings))
        readings = analyzer.read(bgr, [each.face for each in tracked])
        state = smoother.update(at, readings[0].probabilities if readings else None)
        yield {
            "frame": [
                round(at, 4),
                state.label,
                None if state.blend is None else [round(state.blend[label], 4) for label in LABELS],
                [_face(each.number, reading) for each, reading in zip(tracked, readings, strict=True)],
            ]
        }
        drawn = [
            Annotation(reading.box, state.label, state.label)
            for reading in readings[:1]
            if state.label != NO_FACE
        ]
        drawn += [Annotation.of(reading) for reading in readings[1:]]
        scale = annotated.size[0] / size[0]
        shown = bgr
        if annotated.size != size:
            shown = np.asarray(cv2.resize(bgr, annotated.size, interpolation=cv2.INTER_AREA), np.uint8)
        annotated.add(annotate(shown, [each.scaled(scale) for each in drawn]), at)
    if annotated is None:
        raise MediaError("The video has no picture that can be read.")
    annotated.close()
    yield {"done": True}


def is_close(state: ExpressionState | None, settings: SmoothingSettings) -> bool:
    """Whether a box that is a little off could decide which label is shown: two labels are nearly as probable, or the first
    one is nearly as probable as it has to be."""
    if state is None or state.blend is None:
        return False
    first, second, *_ = sorted(state.blend.values(), reverse=True)
    return first - second < settings.margin + _CLOSE or abs(first - settings.threshold) < _CLOSE


def _face(number: int, reading: FaceReading) -> list[float]:
    box = reading.box
    shares = [round(reading.probabilities[label], 4) for label in LABELS]
    return [
        number,
        *(round(value, 1) for value in (box.x, box.y, box.w, box.h)),
        round(reading.score, 4),
        *shares,
    ]


def main() -> int:
    """Read SETTINGS and the video, write lines; 0 if the video was read."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    av.logging.set_level(av.logging.PANIC)
    enough = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: enough.set())
    settings = json.loads(sys.argv[1])
    with os.fdopen(settings["source"], "rb") as source, os.fdopen(settings["target"], "w+b") as target:
        try:
            for line in read_video(settings, source, target, enough.is_set):
                print(json.dumps(line), flush=True)
            target.flush()
        except BrokenPipeError:
            # Nobody wants to know; the interpreter must not try to flush what is left.
            os._exit(1)
        except FerError as error:
            print(json.dumps({"error": str(error)}), flush=True)
            return 1
        except OSError as error:
            # FFmpeg's own errors derive from this as well; those of reading have become MediaErrors.
            said = f"The annotated video could not be written: {error.strerror or error}."
            print(json.dumps({"error": said}), flush=True)
            return 1
        except MemoryError:
            print(json.dumps({"error": "The video needs more memory than it may have."}), flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
