from __future__ import annotations

import pytest

from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN
from fer_core.live.sources import state_from_label, state_from_readings
from fer_core.vision.faces import Box, FaceReading


def reading(*shares: float) -> FaceReading:
    return FaceReading(Box(0, 0, 10, 10), 0.9, dict(zip(LABELS, shares, strict=True)))


def test_a_still_picture_shows_its_first_face_without_smoothing() -> None:
    state = state_from_readings([reading(0.1, 0.6, 0.1, 0.1, 0.1), reading(0.9, 0.1, 0, 0, 0)])
    assert state.label == "happy"
    assert dict(state.blend or {})["happy"] == 0.6


def test_a_still_picture_without_a_face_or_a_clear_one_says_so() -> None:
    assert state_from_readings([]).label == NO_FACE
    assert state_from_readings([reading(0.2, 0.2, 0.2, 0.2, 0.2)]).label == UNCERTAIN


@pytest.mark.parametrize("label", LABELS)
def test_an_expression_picked_by_hand_is_a_whole_blend(label: str) -> None:
    state = state_from_label(label, 0.7)
    assert state.label == label
    assert sum((state.blend or {}).values()) == pytest.approx(1)
    assert (state.blend or {})[label] == 0.7


@pytest.mark.parametrize(("label", "strength"), [("joy", 0.8), ("happy", 0.1), ("happy", 1.1)])
def test_what_cannot_be_picked_is_refused(label: str, strength: float) -> None:
    with pytest.raises(ValueError, match="Expected"):
        state_from_label(label, strength)
