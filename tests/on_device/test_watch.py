"""From messages to the pipeline: taken once each, told apart from silence, and everything after as for a frame."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from fer_core.errors import OnDeviceError
from fer_core.labels import LABELS
from fer_core.live.pipeline import LivePipeline, Pace
from fer_core.live.smoothing import NO_FACE, SmoothingSettings
from fer_core.on_device.watch import PATIENCE, DeviceWatch, smoothing_of


@pytest.fixture
def pipeline() -> LivePipeline:
    analyzer = Mock()
    analyzer.model.name = "facet"
    return LivePipeline(analyzer)


def message(time: float, label: str | None = "happy") -> dict[str, Any]:
    return {
        "time": time,
        "face": label is not None,
        "shares": [0.8 if each == label else 0.05 if label else 0 for each in LABELS],
    }


def test_it_goes_on_with_the_first_message_and_off_with_none(pipeline: LivePipeline) -> None:
    watch = DeviceWatch()
    assert not watch.playing
    assert watch.take(message(1000.0), pipeline, 10.0)
    assert watch.playing
    assert not watch.take(message(1000.5), pipeline, 10.5)
    assert watch.take(None, pipeline, 11.0)
    assert not watch.playing
    assert not watch.take(None, pipeline, 12.0)


def test_messages_drive_the_expression_as_frames_do(pipeline: LivePipeline) -> None:
    watch = DeviceWatch()
    for step in range(4):
        watch.take(message(1000 + step / 2), pipeline, 10 + step / 2)
    state = pipeline.latest.state
    assert (state.label, pipeline.latest.frames, pipeline.latest.faces) == ("happy", 4, 1)
    assert (state.time, state.held_for) == (pytest.approx(11.5), pytest.approx(1.5))
    for step in range(4, 8):
        watch.take(message(1000 + step / 2, None), pipeline, 10 + step / 2)
    assert pipeline.latest.state.label == NO_FACE


def test_a_message_shown_again_counts_once(pipeline: LivePipeline) -> None:
    watch = DeviceWatch()
    for _ in range(3):
        watch.take(message(1000.0), pipeline, 10.0)
    assert pipeline.latest.frames == 1


def test_messages_are_counted_while_an_expression_is_held(pipeline: LivePipeline) -> None:
    pipeline.holding.start("happy", 10, now=9.0)
    watch = DeviceWatch()
    for step in range(12):
        watch.take(message(1000 + step / 2, "happy" if step % 2 else "sad"), pipeline, 12 + step / 2)
    (result,) = pipeline.holding.results
    assert (result.frames, result.right, result.reader) == (10, 5, "facet, on this device")


def test_silence_is_told_after_a_while(pipeline: LivePipeline) -> None:
    watch = DeviceWatch()
    assert watch.trouble(100.0) == ""
    watch.take(message(1000.0), pipeline, 10.0)
    assert watch.trouble(10.0 + PATIENCE) == ""
    assert "Nothing has come" in watch.trouble(10.1 + PATIENCE)
    watch.take(None, pipeline, 20.0)
    assert watch.trouble(100.0) == ""


def test_a_forged_message_changes_nothing(pipeline: LivePipeline) -> None:
    watch = DeviceWatch()
    with pytest.raises(OnDeviceError):
        watch.take({**message(1000.0), "more": 1}, pipeline, 10.0)
    assert pipeline.latest.frames == 0
    assert not watch.playing


def test_this_machine_s_speed_is_not_told_of_another(pipeline: LivePipeline) -> None:
    pipeline._times.append((1.0, 5.0, 5.0))
    DeviceWatch().take(message(1000.0), pipeline, 10.0)
    assert pipeline.pace() == Pace(None, None, None)


def test_the_frame_gets_every_setting_of_the_smoothing() -> None:
    settings = SmoothingSettings(half_life=0.7)
    assert smoothing_of(settings) == {
        "half_life": 0.7, "margin": 0.1, "dwell": 0.4, "threshold": 0.4, "lost_after": 1.0,
    }  # fmt: skip
