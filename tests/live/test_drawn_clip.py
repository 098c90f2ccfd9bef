from __future__ import annotations

import numpy as np
import pytest

from fer_core import ExpressionAnalyzer
from fer_core.labels import LABELS
from fer_core.live.drawn_clip import HEIGHT, LENGTH, POSES, RATE, WIDTH, clip_frame, pose_at
from fer_core.live.pipeline import LivePipeline, View
from fer_core.vision.detectors import available_detectors
from fer_core.vision.faces import Frame

FRAMES = round(LENGTH * RATE)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("detector", available_detectors())
def test_a_face_is_found_in_every_frame_and_all_labels_occur(detector: str, mirrored: bool) -> None:
    """Every frame with the face finder that answers unless told otherwise, every third with the others."""
    live = LivePipeline(ExpressionAnalyzer.load(detector=detector))
    live.show(View(mirrored=mirrored))
    step = 1 if detector == available_detectors()[0] else 3
    labels = set()
    for at in range(0, FRAMES, step):
        snapshot = live.process(Frame(clip_frame(at / RATE), at / RATE)).snapshot
        assert snapshot.faces == 1, at
        labels.add(snapshot.state.label)
    assert live.latest.errors == 0
    assert set(LABELS) <= labels


def test_a_frame_is_a_picture_and_the_same_each_time() -> None:
    frame = clip_frame(1.0)
    assert (frame.shape, frame.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
    assert (frame == clip_frame(1.0)).all()
    # What an expression draws stays out of the head that all frames share.
    assert (clip_frame(6.0) != frame).any()
    assert (clip_frame(1.0) == frame).all()


def test_the_face_changes_softly() -> None:
    for at in range(1, FRAMES):
        before, after = pose_at((at - 1) / RATE), pose_at(at / RATE)
        assert abs(after.smile - before.smile) < 0.5
    assert pose_at(1.0) == POSES["neutral"]
    assert pose_at(LENGTH + 1.0) == pose_at(1.0)
