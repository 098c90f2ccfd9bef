"""When the reader of a video looks closely; what it reads is tested in test_video.py."""

from __future__ import annotations

import pytest

from fer_core.labels import LABELS
from fer_core.live.smoothing import ExpressionState, SmoothingSettings
from fer_core.media.video_worker import is_close

SETTINGS = SmoothingSettings(margin=0.1, threshold=0.4)


@pytest.mark.parametrize(
    ("first", "second", "close"),
    [
        pytest.param(0.9, 0.05, False, id="clear"),
        pytest.param(0.6, 0.35, False, id="ahead by more than the margin and some"),
        pytest.param(0.55, 0.37, True, id="ahead by little more than the margin"),
        pytest.param(0.5, 0.5, True, id="a tie"),
        pytest.param(0.48, 0.2, True, id="hardly certain enough"),
        pytest.param(0.35, 0.17, True, id="hardly too uncertain"),
    ],
)
def test_near_a_decision_each_picture_counts(first: float, second: float, close: bool) -> None:
    rest = (1 - first - second) / 3
    blend = dict(zip(LABELS, (first, second, rest, rest, rest), strict=True))
    assert is_close(ExpressionState(blend, "angry"), SETTINGS) is close


@pytest.mark.parametrize("state", [None, ExpressionState(None, "no face")], ids=["none yet", "no face"])
def test_without_a_face_nothing_is_close(state: ExpressionState | None) -> None:
    assert not is_close(state, SETTINGS)
