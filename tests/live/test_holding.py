from __future__ import annotations

import threading

import pytest

from fer_core.labels import LABELS
from fer_core.live.holding import COUNTDOWN, FEWEST, FRAMES, MOST, OUTCOMES, Holding, HoldResult
from fer_core.live.smoothing import NO_FACE


def shares(label: str) -> dict[str, float]:
    return {name: 0.6 if name == label else 0.1 for name in LABELS}


def held(*labels: str | None, asked: str = "happy", frames: int = FEWEST) -> Holding:
    """A test whose frames come ten a second after the countdown."""
    holding = Holding()
    holding.start(asked, frames, now=100.0, source="a test")
    for at, label in enumerate(labels):
        holding.take(100.0 + COUNTDOWN + at / 10, None if label is None else shares(label), "a model")
    return holding


def test_frames_before_the_end_of_the_countdown_do_not_count() -> None:
    holding = Holding()
    holding.start("sad", FEWEST, now=100.0)
    holding.take(100.0 + COUNTDOWN - 0.01, shares("sad"))
    progress = holding.progress(101.0)
    assert progress is not None
    assert (progress.done, progress.starts_in) == (0, COUNTDOWN - 1)
    holding.take(100.0 + COUNTDOWN, shares("sad"))
    progress = holding.progress(104.0)
    assert progress is not None
    assert (progress.done, progress.starts_in, progress.frames) == (1, 0.0, FEWEST)


def test_every_frame_counts_by_itself_and_a_missing_face_is_not_right() -> None:
    (result,) = held(*["happy"] * 5, *["neutral"] * 3, None, None).results
    assert dict(result.counts) == {**dict.fromkeys(OUTCOMES, 0), "happy": 5, "neutral": 3, NO_FACE: 2}
    assert (result.right, result.frames, result.asked) == (5, 10, "happy")
    assert result.lasted == pytest.approx(0.9)
    assert (result.reader, result.source) == ("a model", "a test")


def test_it_ends_by_itself_after_the_wanted_frames() -> None:
    holding = held(*["happy"] * (FEWEST + 5))
    assert holding.progress(200.0) is None
    assert [each.frames for each in holding.results] == [FEWEST]


def test_the_interval_is_the_one_that_the_report_would_have() -> None:
    result = HoldResult("happy", {**dict.fromkeys(OUTCOMES, 0), "happy": 29, "neutral": 27}, 5.6)
    # Wilson's interval for 29 of 56, worked out by hand: centre (29 + 1.9207) / (56 + 3.8415).
    assert (result.share.value, result.share.n) == (29 / 56, 56)
    assert (result.share.low, result.share.high) == (
        pytest.approx(0.3901, abs=1e-3),
        pytest.approx(0.6432, abs=1e-3),
    )


def test_one_given_up_leaves_no_result_and_another_begins_from_nothing() -> None:
    holding = held(*["happy"] * 4)
    holding.cancel()
    assert holding.progress(105.0) is None
    holding.start("neutral", FEWEST, now=110.0)
    progress = holding.progress(110.0)
    assert progress is not None
    assert progress.done == 0
    assert holding.results == ()


def test_starting_again_gives_up_the_one_that_runs() -> None:
    holding = held(*["happy"] * 4)
    holding.start("sad", FEWEST, now=110.0)
    for at in range(FEWEST):
        holding.take(110.0 + COUNTDOWN + at / 10, shares("sad"))
    assert [(each.asked, each.right) for each in holding.results] == [("sad", FEWEST)]


@pytest.mark.parametrize(
    ("asked", "frames"),
    [
        pytest.param("disgust", FRAMES, id="none of the five"),
        pytest.param(NO_FACE, FRAMES, id="nobody can hold no face"),
        pytest.param("happy", FEWEST - 1, id="too few to say anything"),
        pytest.param("happy", MOST + 1, id="nobody holds so long"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(asked: str, frames: int) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Holding().start(asked, frames, now=0.0)


def test_a_page_may_look_and_give_up_while_the_stream_counts() -> None:
    holding = Holding()
    gone = threading.Event()

    def stream() -> None:
        at = 0.0
        while not gone.is_set():
            holding.take(at, shares("happy"))
            at += 10

    thread = threading.Thread(target=stream)
    thread.start()
    try:
        for round_ in range(300):
            holding.start("happy", FEWEST, now=0.0)
            if round_ % 2:
                holding.cancel()
            holding.progress(0.0)
    finally:
        gone.set()
        thread.join()
    assert all(each.frames == FEWEST for each in holding.results)
