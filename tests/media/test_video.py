"""A video read by a process of its own: what comes of it, and how it ends."""

from __future__ import annotations

import errno
import io
import itertools
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
import pandas as pd
import psutil
import pytest

from fer_core.errors import MediaError
from fer_core.labels import LABELS
from fer_core.live.drawn_clip import LENGTH
from fer_core.media import video as module
from fer_core.media.sample import drawn_video
from fer_core.media.video import VideoReading
from fer_core.settings import PROJECT_ROOT
from tests.media.video_files import long, made, turned


@pytest.fixture(scope="module")
def read() -> VideoReading:
    """The whole drawn clip, read."""
    reading = VideoReading(io.BytesIO(drawn_video(LENGTH)))
    assert reading.wait(60).state == "done"
    return reading


def children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "fer_core.media.video_worker" in each.cmdline()]


def test_every_picture_has_its_time_state_and_face(read: VideoReading) -> None:
    times = [each.state.time for each in read.pictures]
    assert len(times) == round(LENGTH * 15)
    assert np.diff(times) == pytest.approx(1 / 15, abs=2e-3)
    assert {each.faces[0].number for each in read.pictures} == {1}
    labels = {each.state.label for each in read.pictures}
    assert len(labels & set(LABELS)) >= 3
    # What is shown at a time is the picture before it.
    assert read.at(1.0) is read.pictures[15]
    assert read.at(1.04) is read.pictures[15]
    assert read.at(-0.1) is None
    assert read.at(1e9) is read.pictures[-1]


def test_the_table_has_a_row_a_face_a_picture(read: VideoReading) -> None:
    table = pd.read_csv(io.BytesIO(read.table()))
    assert list(table.columns) == [
        "seconds",
        "picture",
        "face",
        *"xywh",
        "score",
        "label",
        "confidence",
        *LABELS,
    ]
    assert len(table) == len(read.pictures)
    shares = table[list(LABELS)].to_numpy()
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(table)), abs=1e-3)
    assert (table["label"] == [LABELS[at] for at in shares.argmax(axis=1)]).all()


def test_the_annotated_video_plays_in_time(read: VideoReading) -> None:
    with av.open(io.BytesIO(read.annotated())) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 640, 480)
        frames = list(container.decode(stream))
    assert len(frames) == len(read.pictures)
    assert [frame.time for frame in frames] == pytest.approx(
        [each.state.time for each in read.pictures], abs=2e-3
    )
    # The rectangle of the face is drawn.
    face = read.pictures[20].faces[0]
    shown = frames[20].to_ndarray(format="bgr24").astype(int)
    row = shown[round(face.y + face.h / 2), round(face.x) - 2 : round(face.x) + 3]
    assert (row.max(axis=1) - row.min(axis=1)).max() > 60


def test_a_telephone_s_video_is_upright() -> None:
    reading = VideoReading(io.BytesIO(turned()))
    assert reading.wait(30).state == "done"
    with av.open(io.BytesIO(reading.annotated())) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (240, 320)


def test_a_video_without_a_face_has_rows_without_one() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), 90, np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    reading = VideoReading(buffer)
    assert reading.wait(30).state == "done"
    table = pd.read_csv(io.BytesIO(reading.table()))
    assert table["face"].isna().all()
    assert len(table) == 5


def test_stopping_keeps_what_was_read() -> None:
    reading = VideoReading(io.BytesIO(long()))
    while len(reading.pictures) < 20:
        assert reading.wait(0.05).state in ("waiting", "reading")
    assert reading.look().seconds > 0
    reading.stop()
    progress = reading.wait(15)
    assert progress.state == "stopped"
    assert 20 <= len(reading.pictures) < 1_500
    with av.open(io.BytesIO(reading.annotated())) as container:
        assert sum(1 for _ in container.decode(video=0)) == len(reading.pictures)
    assert children() == []


def test_a_long_video_is_read_until_a_point() -> None:
    reading = VideoReading(io.BytesIO(made(3)), most_seconds=1.0)
    assert reading.wait(30).state == "done"
    assert reading.was_cut
    assert reading.pictures[-1].state.time == pytest.approx(1.0, abs=0.11)


def test_one_that_nobody_looks_at_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEFT", 1.0)
    reading = VideoReading(io.BytesIO(long()))
    assert reading._over.wait(20)
    assert reading._progress.state == "stopped"
    assert children() == []


def test_one_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SILENCE", 0.01)
    reading = VideoReading(io.BytesIO(made()))
    progress = reading.wait(20)
    assert progress.state == "failed"
    assert "nothing came of it" in progress.error


def test_no_room_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.shutil, "copyfileobj", full)
    with pytest.raises(MediaError, match="no room"):
        VideoReading(io.BytesIO(made()))


def test_a_full_disk_while_it_is_written_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    # A file in place of the temporary one that takes nothing.
    files = iter((tempfile.TemporaryFile(), Path("/dev/full").open("r+b", buffering=0)))  # noqa: SIM115
    monkeypatch.setattr(module.tempfile, "TemporaryFile", lambda: next(files))
    reading = VideoReading(io.BytesIO(made()))
    progress = reading.wait(20)
    assert progress.state == "failed"
    assert "could not be written" in progress.error


def test_a_program_that_does_not_start_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "executable", "/nowhere/python")
    reading = VideoReading(io.BytesIO(made()))
    assert (reading.wait(20).state, reading.annotated()) == ("failed", b"")
    assert "did not start" in reading.look().error


def test_a_model_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    reading = VideoReading(io.BytesIO(made()), tmp_path / "gone")
    progress = reading.wait(20)
    assert progress.state == "failed"
    assert "gone" in progress.error


def test_videos_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr(module, "_AT_ONCE", threading.BoundedSemaphore(1))
    first = VideoReading(io.BytesIO(long()))
    while not first.pictures:
        first.wait(0.05)
    second = VideoReading(io.BytesIO(made()))
    assert second.wait(0.5).state == "waiting"
    third = VideoReading(io.BytesIO(made()))
    third.stop()
    assert third.wait(10).state == "stopped"
    first.stop()
    assert second.wait(30).state == "done"


def test_nothing_is_left_after_a_kill(tmp_path: Path) -> None:
    code = (
        "import io, sys, time\n"
        "from fer_core.media.video import VideoReading\n"
        "from tests.media.video_files import long\n"
        "reading = VideoReading(io.BytesIO(long()))\n"
        "while not reading.pictures: reading.wait(0.05)\n"
        "print('reading', flush=True)\n"
        "reading.wait(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=PROJECT_ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "reading"
    (worker,) = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    # It ends at the next line that nobody reads.
    worker.wait(10)
    assert list(tmp_path.rglob("*")) == []


def test_times_never_go_back(read: VideoReading) -> None:
    times = [each.state.time for each in read.pictures]
    assert all(before < after for before, after in itertools.pairwise(times))
