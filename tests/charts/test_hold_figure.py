from __future__ import annotations

import pytest

from fer_core.charts.hold_figure import held_shares, hold_bars
from fer_core.live.holding import OUTCOMES, HoldResult


def result(asked: str, right: int, wrong: int) -> HoldResult:
    counts = {**dict.fromkeys(OUTCOMES, 0), asked: right, "no face": wrong}
    return HoldResult(asked, counts, 5.0)


def test_every_outcome_has_its_bar_and_what_was_asked_stands_out() -> None:
    (bars,) = hold_bars(result("sad", 12, 8)).data
    assert dict(zip(bars.x, bars.y, strict=True)) == {**dict.fromkeys(OUTCOMES, 0), "sad": 12, "no face": 8}
    assert [name for name, opacity in zip(bars.x, bars.marker.opacity, strict=True) if opacity == 1] == [
        "sad"
    ]


def test_the_report_stands_below_every_test_with_its_interval() -> None:
    (dots,) = held_shares([result("sad", 12, 8), result("sad", 20, 0)]).data
    assert [text for _, text in dots.customdata] == ["1. sad", "2. sad", "the report: happy"]
    assert list(dots.x) == [pytest.approx(0.6), pytest.approx(1.0), pytest.approx(29 / 56)]
    assert dots.x[2] - dots.error_x.arrayminus[2] == pytest.approx(0.39, abs=0.005)
    assert dots.x[2] + dots.error_x.array[2] == pytest.approx(0.64, abs=0.005)
