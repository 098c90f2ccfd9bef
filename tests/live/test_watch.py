from __future__ import annotations

from typing import Any

import pytest

from fer_core.live.ice import IceServer
from fer_core.live.pipeline import LiveSnapshot
from fer_core.live.smoothing import NO_FACE, ExpressionState
from fer_core.live.watch import PATIENCE, StreamWatch

RELAY = (IceServer("turn:relay.example", "a", "b"),)


def snapshot(finished_at: float | None = None, errors: int = 0) -> LiveSnapshot:
    return LiveSnapshot(ExpressionState(None, NO_FACE), finished_at=finished_at, errors=errors)


class Answer:
    """A check that answers when it is told to."""

    def __init__(self) -> None:
        self.sentence: str | None = None
        self.asked = 0

    def ask(self, servers: tuple[IceServer, ...]) -> Any:
        self.asked += 1
        return self


@pytest.mark.parametrize(
    ("finished", "since", "now", "still"),
    [
        pytest.param(None, 0.0, PATIENCE - 0.1, False, id="the first result takes a moment"),
        pytest.param(None, 0.0, PATIENCE + 0.1, True, id="never a result"),
        pytest.param(9.0, 0.0, 10.0, False, id="a fresh result"),
        pytest.param(5.0, 0.0, 10.0, True, id="the last result is old"),
        pytest.param(5.0, 9.0, 10.0, False, id="a second START forgives the first stream"),
    ],
)
def test_a_video_that_stands_still(finished: float | None, since: float, now: float, still: bool) -> None:
    watch = StreamWatch()
    watch.see(playing=True, signalling=False, latest=snapshot(finished), now=since)
    assert watch.trouble(snapshot(finished), now).startswith("The video stands still") is still


def test_a_connection_that_does_not_come_up_says_so_in_time_and_again_after_it_was_given_up() -> None:
    watch = StreamWatch()
    watch.see(playing=False, signalling=True, latest=snapshot(), now=0.0)
    assert watch.trouble(snapshot(), 2.9) == ""
    assert "does not come up" in watch.trouble(snapshot(), 3.1)
    watch.see(playing=False, signalling=False, latest=snapshot(), now=20.0)
    assert "try another one" in watch.trouble(snapshot(), 21.0)
    watch.see(playing=False, signalling=True, latest=snapshot(), now=30.0)
    assert watch.trouble(snapshot(), 31.0) == ""
    watch.see(playing=True, signalling=False, latest=snapshot(), now=31.5)
    assert watch.trouble(snapshot(31.9), 32.0) == ""


def test_who_takes_start_back_at_once_is_told_nothing() -> None:
    watch = StreamWatch()
    watch.see(playing=False, signalling=True, latest=snapshot(), now=0.0)
    watch.see(playing=False, signalling=False, latest=snapshot(), now=0.5)
    assert watch.trouble(snapshot(), 5.0) == ""


@pytest.mark.parametrize(
    ("finished", "looked", "lost"),
    [
        pytest.param(9.9, 9.5, False, id="STOP"),
        pytest.param(5.0, 9.5, True, id="the network went away"),
        pytest.param(9.9, 1.0, True, id="this server stood still, and the browser gave it up"),
    ],
)
def test_a_stream_that_ends_was_stopped_or_lost(finished: float, looked: float, lost: bool) -> None:
    watch = StreamWatch()
    watch.see(playing=True, signalling=False, latest=snapshot(), now=0.0)
    for half_seconds in range(1, int(2 * looked) + 1):
        watch.trouble(snapshot(), half_seconds / 2)
    # After a long sleep the page first takes in what was said before it.
    watch.see(playing=True, signalling=False, latest=snapshot(finished), now=9.95)
    watch.see(playing=False, signalling=False, latest=snapshot(finished), now=10.0)
    assert watch.trouble(snapshot(finished), 60.0).startswith("The video broke off") is lost


def test_who_looks_at_the_page_for_long_before_start_may_stop_at_once() -> None:
    watch = StreamWatch()
    watch.see(playing=False, signalling=False, latest=snapshot(), now=0.0)
    watch.see(playing=False, signalling=True, latest=snapshot(), now=100.0)
    watch.see(playing=True, signalling=False, latest=snapshot(), now=100.5)
    watch.see(playing=False, signalling=False, latest=snapshot(101.0), now=101.2)
    assert watch.trouble(snapshot(101.0), 110.0) == ""


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(None, "is being asked", id="no answer yet"),
        pytest.param("", "relay answers", id="nothing wrong with it"),
        pytest.param("It is dead.", "It is dead. Whoever runs this page", id="its trouble is told"),
    ],
)
def test_the_relay_is_asked_once_for_a_start(found: str | None, words: str) -> None:
    answer = Answer()
    watch = StreamWatch(RELAY, answer.ask)
    for start in (0.0, 100.0):
        watch.see(playing=False, signalling=True, latest=snapshot(), now=start)
        assert watch.trouble(snapshot(), start + 0.5) == ""
        assert watch.trouble(snapshot(), start + 1.5) == ""
        answer.sentence = found
        assert words in watch.trouble(snapshot(), start + 4.0)
        assert watch.is_asking is (found is None)
        watch.see(playing=False, signalling=False, latest=snapshot(), now=start + 5.0)
        assert words in watch.trouble(snapshot(), start + 6.0)
    assert answer.asked == 2


def test_a_browser_that_gives_up_early_has_its_relay_asked_all_the_same() -> None:
    answer = Answer()
    watch = StreamWatch(RELAY, answer.ask)
    watch.see(playing=False, signalling=True, latest=snapshot(), now=0.0)
    watch.see(playing=False, signalling=False, latest=snapshot(), now=1.2)
    assert watch.is_asking


def test_frames_that_fail_are_told_while_the_others_go_on() -> None:
    watch = StreamWatch()
    watch.see(playing=True, signalling=False, latest=snapshot(), now=0.0)
    assert watch.trouble(snapshot(1.0, errors=2), 1.1) == "2 pictures could not be read; the others go on."
