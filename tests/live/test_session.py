from __future__ import annotations

import pytest

from fer_core.live.session import SessionLog
from fer_core.live.smoothing import NO_FACE, ExpressionState
from fer_core.live.sources import state_from_label


def at(time: float, label: str) -> ExpressionState:
    blend = None if label == NO_FACE else state_from_label(label).blend
    return ExpressionState(blend, label, 0.0, time)


def test_seconds_go_to_the_label_that_was_held_until_then() -> None:
    log = SessionLog()
    for state in (at(0, "happy"), at(1, "happy"), at(1.5, "sad"), at(2.0, NO_FACE), at(3.0, "sad")):
        log.add(state)
    summary = log.summary()
    assert dict(summary.seconds) == pytest.approx({"happy": 1.5, "sad": 0.5, NO_FACE: 1.0})
    assert summary.faces_lost == 1
    assert summary.duration == pytest.approx(3.0)


def test_a_stall_is_not_counted_as_held_and_a_repeated_state_counts_once() -> None:
    log = SessionLog()
    for state in (at(0, "happy"), at(0, "happy"), at(60, "happy")):
        log.add(state)
    assert log.summary().duration == 0


def test_an_empty_session_has_no_seconds() -> None:
    assert dict(SessionLog().summary().seconds) == {}


def test_the_newest_states_are_kept_once_each_for_so_long() -> None:
    log = SessionLog()
    assert log.newest(60) == ()
    states = [at(float(time), "happy") for time in (0, 30, 30, 70, 80)]
    for state in states:
        log.add(state)
    assert [state.time for state in log.newest(60)] == [30, 70, 80]
    assert [state.time for state in log.newest(10)] == [70, 80]
