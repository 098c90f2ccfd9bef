"""Videos that are wrong: each ends in pictures or one sentence, within 10 s and 1 GB, and the next one is read."""

from __future__ import annotations

import io
import re
import time

import psutil
import pytest

from fer_core.media.video import VideoReading
from tests.media.video_files import HOSTILE

SECONDS, BYTES = 10, 1_000_000_000


def memory_of(process: psutil.Process) -> int:
    """Bytes of a process that reads a video; 0 of any other, and of one that has just ended."""
    try:
        return process.memory_info().rss if "fer_core.media.video_worker" in process.cmdline() else 0
    except psutil.NoSuchProcess:
        return 0


def test_there_are_forty_of_them() -> None:
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_in_pictures_or_one_sentence(name: str) -> None:
    make, expected = HOSTILE[name]
    content = make()
    begun = time.monotonic()
    reading = VideoReading(io.BytesIO(content))
    most = 0
    while reading.wait(0.03).state in ("waiting", "reading"):
        assert time.monotonic() - begun < SECONDS
        most = max([most, *(memory_of(each) for each in psutil.Process().children())])
    progress = reading.look()
    assert most < BYTES
    if isinstance(expected, int):
        assert (progress.state, progress.error) == ("done", "")
        assert len(reading.pictures) >= expected
    elif expected is not None or not reading.pictures:
        assert progress.state == "failed"
        assert re.search(expected or ".", progress.error), progress.error
        assert "\n" not in progress.error
        assert len(progress.error) < 300
    else:
        assert progress.state in ("done", "failed")
    if progress.state == "done":
        assert reading.annotated()[4:8] == b"ftyp"
