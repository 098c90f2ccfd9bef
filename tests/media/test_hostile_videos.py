"""Videos that are wrong: each ends in pictures or one sentence, within 10 s and 1 GB, and the next one is read."""

from __future__ import annotations

import io
import re
import resource
import time

import pytest

from fer_core.media.video import VideoReading
from tests.media.video_files import HOSTILE

SECONDS, BYTES = 10, 1_000_000_000


def test_there_are_forty_of_them() -> None:
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_in_pictures_or_one_sentence(name: str) -> None:
    make, expected = HOSTILE[name]
    content = make()
    begun = time.monotonic()
    reading = VideoReading(io.BytesIO(content))
    progress = reading.wait(SECONDS + 10)
    assert time.monotonic() - begun < SECONDS
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < BYTES
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
