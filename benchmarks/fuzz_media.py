"""Random damage to pictures, zips and videos: nothing but faces or one sentence may come of it, and no process may die.

    python -m benchmarks.fuzz_media [--inputs 2000] [--videos 300] [--seed 0] [--processes 2]

Valid JPEG, PNG, WebP, GIF, TIFF and BMP files and a zip of a drawn face get 1 to 64 wrong bytes, lose a piece or get one
twice. Each input follows from the seed and its number. Inputs are read in processes of their own, so that a crash within
a decoder is seen; a process that died names the input it was at. Videos are read as the media page reads them, by a process
each, which may die: then that has to be said, and is counted apart.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import sys
import time
import zipfile
from multiprocessing.connection import Connection
from typing import Any, Final

import av
import cv2
import numpy as np
from PIL import Image

from fer_core.live.drawn_clip import clip_frame
from fer_core.media.pictures import read_pictures
from fer_core.media.video import VideoReading
from fer_core.vision.analyzer import ExpressionAnalyzer

_SIZE: Final = (160, 120)
#: Seconds that one input may take.
_GOAL_SECONDS: Final = 10.0


def valid_files() -> dict[str, bytes]:
    """A small picture of the drawn face in every format, and a zip of two of them."""
    picture = Image.fromarray(np.ascontiguousarray(cv2.resize(clip_frame(1.6), _SIZE)[:, :, ::-1]))
    files: dict[str, bytes] = {}
    for kind, options in (
        ("JPEG", {"quality": 85}),
        ("JPEG", {"quality": 85, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"quality": 80}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("BMP", {}),
    ):
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        files[f"{len(files)}.{kind.lower()}"] = buffer.getvalue()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("0.jpeg", "2.png"):
            archive.writestr(name, files[name])
    return files | {"all.zip": buffer.getvalue()}


def damaged(files: dict[str, bytes], seed: int, number: int) -> tuple[str, bytes]:
    """Input of that number: a file's name and its damaged content."""
    random = np.random.default_rng((seed, number))
    name = sorted(files)[number % len(files)]
    content = np.frombuffer(files[name], np.uint8).copy()
    how = int(random.integers(4))
    at = int(random.integers(len(content)))
    length = int(random.integers(1, 65))
    if how == 0:
        # Headers decide most: half of the time only they are hit.
        reach = len(content) if random.random() < 0.5 else min(len(content), 256)
        places = random.integers(0, reach, length)
        content[places] = random.integers(0, 256, length)
    elif how == 1:
        content[at] ^= 1 << int(random.integers(8))
    elif how == 2:
        content = np.delete(content, slice(at, at + length))
    else:
        content = np.concatenate([content[: at + length], content[at:]])
    return name, content.tobytes()


def outcome(analyzer: ExpressionAnalyzer, name: str, content: bytes) -> str:
    """ "faces", "none" (read, no face) or "refused"; whatever it raises is a defect."""
    found = read_pictures([(name, io.BytesIO(content))], analyzer)
    if any(each.readings for each in found):
        return "faces"
    return "none" if any(not each.error for each in found) else "refused"


def valid_videos() -> dict[str, bytes]:
    """Half a second of the drawn face as MP4 and as WebM."""
    files = {}
    for name, kind, codec in (("0.mp4", "mp4", "libx264"), ("1.webm", "webm", "libvpx")):
        buffer = io.BytesIO()
        with av.open(buffer, "w", format=kind) as container:
            stream: Any = container.add_stream(codec, rate=10)
            stream.width, stream.height, stream.pix_fmt = *_SIZE, "yuv420p"
            for number in range(5):
                picture = np.asarray(cv2.resize(clip_frame(1.6 + number / 10), _SIZE), np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
            container.mux(stream.encode(None))
        files[name] = buffer.getvalue()
    return files


def video_outcome(content: bytes) -> str:
    """ "read", "refused" or "contained" (the process that read it died); anything else is a defect."""
    reading = VideoReading(io.BytesIO(content))
    progress = reading.wait(_GOAL_SECONDS + 5)
    if progress.state == "done":
        return "read"
    if progress.state != "failed" or not progress.error:
        return f"ended as {progress.state!r} after {_GOAL_SECONDS + 5} s"
    return "contained" if "broke the program" in progress.error else "refused"


def _run(pipe: Connection, seed: int, numbers: range) -> None:
    files, analyzer = valid_files(), ExpressionAnalyzer.load()
    for number in numbers:
        pipe.send(("at", number, 0.0))
        begun = time.perf_counter()
        try:
            what = outcome(analyzer, *damaged(files, seed, number))
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            what = f"raised {type(error).__name__}: {error}"
        pipe.send((what, number, time.perf_counter() - begun))
    pipe.send(("done", 0, 0.0))


def main() -> int:
    """Print counts and the JSON line; 1 where an input crashed, raised or took too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--videos", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    pipes = []
    for first in range(options.processes):
        ours, theirs = context.Pipe()
        numbers = range(first, options.inputs, options.processes)
        context.Process(target=_run, args=(theirs, options.seed, numbers), daemon=True).start()
        theirs.close()
        pipes.append(ours)
    counts = {"faces": 0, "none": 0, "refused": 0}
    defects: list[str] = []
    slowest = 0.0
    for pipe in pipes:
        at = -1
        try:
            while (message := pipe.recv())[0] != "done":
                what, at, seconds = message
                slowest = max(slowest, seconds)
                if what in counts:
                    counts[what] += 1
                elif what != "at":
                    defects.append(f"input {at}: {what}")
        except EOFError:
            defects.append(f"input {at}: the process died")
    videos, ends = valid_videos(), {"read": 0, "refused": 0, "contained": 0}
    for number in range(options.videos):
        begun = time.perf_counter()
        what = video_outcome(damaged(videos, options.seed, number)[1])
        slowest = max(slowest, time.perf_counter() - begun)
        if what in ends:
            ends[what] += 1
        else:
            defects.append(f"video {number}: {what}")
    if slowest > _GOAL_SECONDS:
        defects.append(f"one input took {slowest:.1f} s")
    for defect in defects:
        print(defect)
    print(
        json.dumps(
            {
                "inputs": options.inputs,
                "seed": options.seed,
                **counts,
                "videos": options.videos,
                **{f"videos_{name}": count for name, count in ends.items()},
                "slowest_seconds": round(slowest, 3),
                "defects": len(defects),
                "goal": {"defects": 0, "seconds": _GOAL_SECONDS},
            }
        )
    )
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
