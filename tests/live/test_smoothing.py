from __future__ import annotations

import math

import pytest

from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN, ExpressionState, Smoother, SmoothingSettings
from fer_core.live.sources import state_from_label


def mostly(label: str, share: float = 0.9) -> dict[str, float]:
    """A reading that is mostly one label."""
    return dict(state_from_label(label, share).blend or {})


def run(
    smoother: Smoother, reading: dict[str, float] | None, start: float, seconds: float, rate: int
) -> ExpressionState:
    state = None
    for step in range(round(seconds * rate) + 1):
        state = smoother.update(start + step / rate, reading)
    assert state is not None
    return state


@pytest.mark.parametrize("rate", [5, 15, 30])
def test_the_frame_rate_does_not_matter(rate: int) -> None:
    smoother = Smoother(SmoothingSettings(half_life=0.5))
    smoother.update(0.0, mostly("neutral"))
    state = run(smoother, mostly("happy"), 1 / rate, 1.0 - 1 / rate, rate)
    assert state.blend is not None
    # Two half-lives: a quarter of the old reading is left, at any rate.
    assert state.blend["happy"] == pytest.approx(0.25 * 0.025 + 0.75 * 0.9, abs=1e-6)


def test_the_first_face_counts_at_once_and_in_full() -> None:
    state = Smoother().update(0.0, mostly("sad"))
    assert state.label == "sad"
    assert state.held_for == 0
    assert dict(state.blend or {}) == pytest.approx(mostly("sad"))


def test_a_label_switches_only_after_the_dwell_time() -> None:
    smoother = Smoother(SmoothingSettings(half_life=0.001, dwell=0.5))
    smoother.update(0.0, mostly("neutral"))
    labels = [smoother.update(1.0 + step / 10, mostly("happy")).label for step in range(7)]
    assert labels == ["neutral"] * 5 + ["happy"] * 2


def test_a_flicker_shorter_than_the_dwell_time_changes_nothing() -> None:
    smoother = Smoother(SmoothingSettings(half_life=0.001, dwell=0.5))
    seen = {
        smoother.update(step / 10, mostly("happy" if step % 4 == 3 else "neutral")).label
        for step in range(40)
    }
    assert seen == {"neutral"}


def test_a_label_switches_only_with_a_margin() -> None:
    smoother = Smoother(SmoothingSettings(half_life=0.001, dwell=0.0, margin=0.2, threshold=0.3))
    smoother.update(0.0, mostly("sad"))
    close = {"angry": 0.0, "happy": 0.0, "sad": 0.4, "surprise": 0.0, "neutral": 0.55}
    clear = {"angry": 0.0, "happy": 0.0, "sad": 0.35, "surprise": 0.0, "neutral": 0.65}
    assert run(smoother, {**close, "angry": 0.05}, 1.0, 2.0, 10).label == "sad"
    assert run(smoother, clear, 4.0, 1.0, 10).label == "neutral"


def test_below_the_threshold_the_label_is_uncertain_and_the_blend_stays_known() -> None:
    smoother = Smoother(SmoothingSettings(threshold=0.5))
    state = smoother.update(0.0, dict.fromkeys(LABELS, 0.2))
    assert state.label == UNCERTAIN
    assert state.blend is not None


def test_a_lost_face_is_no_face_and_never_neutral() -> None:
    smoother = Smoother(SmoothingSettings(lost_after=1.0))
    smoother.update(0.0, mostly("happy"))
    assert smoother.update(0.9, None).label == "happy"
    lost = smoother.update(1.0, None)
    assert lost.label == NO_FACE
    assert lost.blend is None


def test_a_face_that_returns_starts_anew() -> None:
    smoother = Smoother(SmoothingSettings(lost_after=0.5))
    smoother.update(0.0, mostly("happy"))
    smoother.update(1.0, None)
    state = smoother.update(1.1, mostly("angry"))
    assert state.label == "angry"
    assert dict(state.blend or {}) == pytest.approx(mostly("angry"))


def test_held_time_counts_from_the_switch() -> None:
    smoother = Smoother()
    state = run(smoother, mostly("happy"), 10.0, 3.0, 10)
    assert state.held_for == pytest.approx(3.0)


def test_no_face_from_the_start_is_held_as_well() -> None:
    smoother = Smoother()
    smoother.update(5.0, None)
    state = smoother.update(7.0, None)
    assert (state.label, state.held_for) == (NO_FACE, 2.0)


def test_late_and_repeated_frames_do_not_turn_time_back() -> None:
    smoother = Smoother()
    smoother.update(5.0, mostly("happy"))
    late = smoother.update(4.0, mostly("happy"))
    assert late.time == 5.0
    assert late.held_for == 0.0


def test_reset_forgets_everything() -> None:
    smoother = Smoother()
    smoother.update(100.0, mostly("happy"))
    smoother.reset()
    state = smoother.update(1.0, mostly("sad"))
    assert (state.label, state.time) == ("sad", 1.0)


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(dict.fromkeys(LABELS, math.nan), id="NaN would never leave the blend"),
        pytest.param(dict.fromkeys(LABELS, 0.3), id="does not sum to 1"),
        pytest.param({"happy": 1.0}, id="labels missing"),
        pytest.param(dict(zip(LABELS, (-0.5, 1.5, 0, 0, 0), strict=True)), id="negative"),
    ],
)
def test_readings_that_are_no_probabilities_are_refused(reading: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Expected probabilities"):
        Smoother().update(0.0, reading)


@pytest.mark.parametrize("time", [math.nan, math.inf])
def test_a_time_that_is_no_number_is_refused(time: float) -> None:
    with pytest.raises(ValueError, match="time in seconds"):
        Smoother().update(time, None)


@pytest.mark.parametrize(
    "wrong", [{"half_life": 0}, {"dwell": -1}, {"lost_after": -1}, {"margin": 2}, {"threshold": -0.1}]
)
def test_settings_check_themselves(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        SmoothingSettings(**wrong)


@pytest.mark.parametrize(
    ("blend", "label"),
    [
        pytest.param(None, "happy", id="an expression without a face"),
        pytest.param(mostly("happy"), NO_FACE, id="no face, yet a blend"),
        pytest.param(mostly("happy"), "joy", id="an unknown label"),
    ],
)
def test_a_state_checks_itself(blend: dict[str, float] | None, label: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        ExpressionState(blend, label)
