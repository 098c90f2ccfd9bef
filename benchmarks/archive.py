"""An archive scored by one worker and by two: files a second, and how much the second one brings.

    FACET_TEST_DATA=DIR python -m benchmarks.archive [--pictures 2400] [--videos 24]

The archive: photographs of wild_dev, again and again, and drawn videos of 20 s, of which four pictures a second are read. Each
run includes Ray's start, the start of its workers and the writing of the tables.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from fer_core.archive.scoring import score_archive
from fer_core.media.sample import drawn_video
from fer_core.settings import SHIPPED_MODELS

#: Two workers are at least so many times as fast as one.
_GOAL: Final = 1.5
_EVERY: Final = 0.25


def write_archive(folder: Path, pictures: int, videos: int) -> int:
    """Bytes of it."""
    photographs = sorted((Path(os.environ["FACET_TEST_DATA"]) / "wild_dev").glob("*.jpg"))
    folder.mkdir()
    for number in range(pictures):
        shutil.copy(photographs[number % len(photographs)], folder / f"{number:05}.jpg")
    video = drawn_video(20.0)
    for number in range(videos):
        (folder / f"{number:03}.mp4").write_bytes(video)
    return sum(path.stat().st_size for path in folder.iterdir())


def main() -> int:
    """Measure, print, and the JSON line; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=2400)
    parser.add_argument("--videos", type=int, default=24)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "archive"
        size = write_archive(source, options.pictures, options.videos)
        files, taken = options.pictures + options.videos, {}
        for workers in (1, 2):
            begun = time.perf_counter()
            end = score_archive(
                str(source),
                Path(temporary) / f"out-{workers}",
                model=SHIPPED_MODELS / "facet",
                every=_EVERY,
                workers=workers,
            )
            taken[workers] = time.perf_counter() - begun
            print(
                f"{workers} worker(s): {taken[workers]:.1f} s, {files / taken[workers]:.1f} files/s, {end.faces:,} faces"
            )
    ratio = taken[1] / taken[2]
    print(f"two are {ratio:.2f} times as fast as one ({size / 1e6:.0f} MB, {os.cpu_count()} cores)")
    print(
        json.dumps(
            {
                "files": files,
                "seconds": {str(workers): round(seconds, 1) for workers, seconds in taken.items()},
                "ratio": round(ratio, 3),
                "goal": {"ratio": _GOAL},
            }
        )
    )
    return 0 if ratio >= _GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
