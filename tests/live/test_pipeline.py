from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from fer_core.errors import ImageError
from fer_core.labels import LABELS
from fer_core.live.holding import COUNTDOWN
from fer_core.live.pipeline import LivePipeline, View
from fer_core.live.smoothing import NO_FACE
from fer_core.live.stream import video_callback
from fer_core.vision.faces import Box, Face, FaceReading, Frame


class FakeAnalyzer:
    """Finds the faces it is told to and reads them all as happy."""

    name = "a fake"

    def __init__(self, *boxes: Box) -> None:
        self.boxes = boxes
        self.error: Exception | None = None

    def detect(self, bgr: np.ndarray) -> tuple[Face, ...]:
        if self.error:
            raise self.error
        return tuple(Face(box, 0.9) for box in self.boxes)

    def read(self, bgr: np.ndarray, faces: tuple[Face, ...]) -> tuple[FaceReading, ...]:
        shares = dict(zip(LABELS, (0.05, 0.8, 0.05, 0.05, 0.05), strict=True))
        return tuple(FaceReading(face.box, face.score, shares) for face in faces)


def pipeline(*boxes: Box) -> tuple[LivePipeline, FakeAnalyzer]:
    analyzer: Any = FakeAnalyzer(*boxes)
    return LivePipeline(analyzer), analyzer


def frame(time: float = 0.0) -> Frame:
    return Frame(np.full((120, 160, 3), 90, np.uint8), time)


def test_a_frame_comes_back_annotated_and_the_snapshot_follows() -> None:
    live, _ = pipeline(Box(40, 30, 50, 60))
    result = live.process(frame())
    assert (result.bgr != frame().bgr).any()
    assert result.snapshot is live.latest
    assert live.latest.state.label == "happy"
    assert (live.latest.faces, live.latest.frames, live.latest.errors) == (1, 1, 0)
    assert live.latest.finished_at is not None
    assert live.latest.detection_ms >= 0


def test_no_face_is_a_result_not_an_error() -> None:
    live, _ = pipeline()
    result = live.process(frame())
    assert result.readings == ()
    assert result.snapshot.state.label == NO_FACE
    assert live.latest.errors == 0


def test_every_frame_counts_for_who_holds_an_expression() -> None:
    live, analyzer = pipeline(Box(40, 30, 50, 60))
    live.holding.start("happy", 10, now=0.0)
    for at in range(10):
        analyzer.boxes = () if at == 4 else (Box(40, 30, 50, 60),)
        live.process(frame(COUNTDOWN + at / 10))
    (result,) = live.holding.results
    assert (result.right, result.counts[NO_FACE], result.reader) == (9, 1, "a fake")


def test_a_frame_that_fails_is_shown_as_a_mirror_too() -> None:
    live, analyzer = pipeline()
    live.show(View(mirrored=True))
    analyzer.error = RuntimeError("worse")
    picture = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    assert (live.process(Frame(picture, 0.0)).bgr == picture[:, ::-1]).all()


@pytest.mark.parametrize("error", [ImageError("bad"), RuntimeError("worse")])
def test_an_exception_inside_a_frame_leaves_the_stream_running(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    live, analyzer = pipeline(Box(40, 30, 50, 60))
    live.process(frame(0.0))
    analyzer.error = error
    with caplog.at_level(logging.ERROR):
        results = [live.process(frame(1.0 + step)) for step in range(3)]
    assert all((result.bgr == frame().bgr).all() for result in results)
    assert live.holding.results == ()
    assert live.latest.errors == 3
    assert len(caplog.records) == 1
    analyzer.error = None
    assert live.process(frame(5.0)).snapshot.frames == 2


def test_another_model_reads_the_next_frame_and_the_stream_goes_on() -> None:
    live, _ = pipeline()
    live.process(frame())
    another: Any = FakeAnalyzer(Box(40, 30, 50, 60))
    live.use(another)
    assert live.analyzer is another
    assert live.process(frame(0.1)).snapshot.faces == 1
    assert live.latest.frames == 2


def test_the_largest_alone_is_read_but_all_are_counted() -> None:
    live, _ = pipeline(Box(40, 30, 50, 60), Box(5, 5, 20, 20))
    assert len(live.process(frame()).readings) == 2
    live.show(View(every_face=False))
    result = live.process(frame(0.1))
    assert [reading.box for reading in result.readings] == [Box(40, 30, 50, 60)]
    assert result.snapshot.faces == 2


def test_in_the_mirror_the_picture_turns_and_the_tag_stays_readable() -> None:
    live, _ = pipeline()
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:, :10] = 255
    live.show(View(mirrored=True))
    assert (live.process(Frame(picture, 0.0)).bgr == picture[:, ::-1]).all()
    plain, _ = pipeline(Box(20, 20, 40, 40))
    mirrored, _ = pipeline(Box(20, 20, 40, 40))
    mirrored.show(View(mirrored=True))
    # The same box on a picture that looks the same both ways: what is drawn must be the same as well.
    assert (plain.process(frame()).bgr == mirrored.process(frame()).bgr).all()


def test_the_pace_is_told_from_the_newest_frames() -> None:
    live, _ = pipeline(Box(40, 30, 50, 60))
    assert live.pace().detection_ms is None
    live.process(frame())
    assert live.pace().frames_per_second is None
    for step in range(1, 150):
        live.process(frame(step / 30))
    pace = live.pace()
    assert pace.frames_per_second is not None
    assert pace.frames_per_second > 0
    assert pace.detection_ms is not None
    assert pace.detection_ms[0] <= pace.detection_ms[1]


class FakeVideoFrame:
    """As much of PyAV's VideoFrame as the callback uses."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def to_ndarray(self, format: str) -> np.ndarray:
        if self.array.ndim != 3:
            raise ValueError("no picture")
        return self.array

    @classmethod
    def from_ndarray(cls, array: np.ndarray, format: str) -> FakeVideoFrame:
        return cls(array)


def test_the_callback_gives_the_annotated_frame_back() -> None:
    live, _ = pipeline(Box(40, 30, 50, 60))
    given = FakeVideoFrame(frame().bgr)
    returned = video_callback(live)(given)
    assert returned is not given
    assert returned.array.shape == given.array.shape
    assert live.latest.frames == 1


def test_the_callback_gives_back_what_it_cannot_convert() -> None:
    live, _ = pipeline()
    broken = FakeVideoFrame(np.zeros(3, np.uint8))
    assert video_callback(live)(broken) is broken
