from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fer_core.insights.evidence import mean_worth


def sums(values: np.ndarray) -> tuple[int, float, float]:
    return len(values), float(values.sum()), float((values**2).sum())


def test_it_is_student_s_interval_with_two_more_shoppers() -> None:
    values = np.array([0.5, -0.2, 0.1, 0.9, 0.0, -1.0])
    found = mean_worth(*sums(values))
    more = np.append(values, (-1.0, 1.0))
    low, high = stats.t.interval(0.95, len(more) - 1, loc=more.mean(), scale=stats.sem(more))
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.n == 6


@pytest.mark.parametrize("n", [0, 1, 4])
def test_with_too_few_shoppers_there_is_not_enough_evidence(n: int) -> None:
    assert mean_worth(n, float(n), float(n)).value is None


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_five_who_agree_are_no_proof(value: float) -> None:
    found = mean_worth(*sums(np.full(5, value)))
    assert found.value == value
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= value <= found.high <= 1
    assert found.high - found.low > 0.4


@pytest.mark.parametrize(("n", "share"), [(5, 0.1), (20, 0.1), (20, 0.5), (200, 0.02)])
def test_the_interval_covers_the_truth_as_often_as_it_says(n: int, share: float) -> None:
    random = np.random.default_rng(0)
    inside = 0
    for _ in range(600):
        found = mean_worth(*sums((random.random(n) < share).astype(float)))
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= share <= found.high
    assert inside / 600 > 0.93


def test_differences_reach_further() -> None:
    found = mean_worth(*sums(np.full(6, 2.0)), reach=2.0)
    assert (found.value, found.high) == (2.0, 2.0)
    assert found.low is not None
    assert 0 < found.low < 2
