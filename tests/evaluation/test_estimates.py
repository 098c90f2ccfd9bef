from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import binomtest

from fer_core.evaluation.estimates import (
    Estimate,
    resampled_counts,
    resampled_weights,
    share_of,
    with_interval,
)


def test_a_share_has_wilson_s_interval() -> None:
    interval = binomtest(54, 74).proportion_ci(method="wilson")
    assert share_of(54, 74) == Estimate(54 / 74, interval.low, interval.high, 74)


def test_a_share_of_nothing_is_undefined() -> None:
    assert share_of(0, 0) == Estimate(None)


def test_resampled_counts_keep_the_number_of_rows_and_leave_empty_cells_empty() -> None:
    drawn = resampled_counts(np.array([[5, 0], [20, 75]]), 200)
    assert drawn.shape == (200, 2, 2)
    assert (drawn.sum(axis=(1, 2)) == 100).all()
    assert (drawn[:, 0, 1] == 0).all()
    assert drawn[:, 1, 1].mean() == pytest.approx(75, abs=1)


def test_resampling_nothing_gives_nothing() -> None:
    assert (resampled_counts(np.zeros((2, 2), int), 3) == 0).all()


def test_resampled_weights_are_means_over_drawn_rows() -> None:
    weights = resampled_weights(50, 300)
    assert weights.sum(axis=1) == pytest.approx(np.ones(300), abs=1e-5)
    # The spread of a resampled mean is the standard error.
    values = np.arange(50.0)
    assert (weights @ values).std() == pytest.approx(values.std() / np.sqrt(50), rel=0.15)


@pytest.mark.parametrize(
    ("value", "drawn", "known"),
    [
        pytest.param(0.5, np.array([0.4, 0.6]), True, id="ordinary"),
        pytest.param(0.5, np.array([0.4, np.nan, 0.6]), True, id="a resample without the class"),
        pytest.param(0.5, np.array([np.nan]), False, id="no resample has the class"),
        pytest.param(None, np.array([0.4]), False, id="undefined"),
        pytest.param(np.nan, np.array([0.4]), False, id="undefined, as NumPy says it"),
    ],
)
def test_an_interval_leaves_out_what_is_undefined(
    value: float | None, drawn: np.ndarray, known: bool
) -> None:
    estimate = with_interval(value, drawn, 9)
    assert (estimate.low is not None) is known
    assert estimate.n == 9


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(0.5, 0.25, 0.75, 4), "0.500 (0.250 to 0.750)"),
        (Estimate(0.5), "0.500"),
        (Estimate(None), "undefined"),
    ],
)
def test_an_estimate_says_itself(estimate: Estimate, words: str) -> None:
    assert str(estimate) == words


@pytest.mark.parametrize(
    ("successes", "n"),
    [
        pytest.param(0, 1, id="one row, wrong"),
        pytest.param(1, 1, id="one row, right"),
        pytest.param(0, 10_000, id="none of many"),
        pytest.param(10_000, 10_000, id="all of many"),
        pytest.param(1, 10_000, id="one of many"),
    ],
)
def test_an_extreme_share_lies_in_its_interval_and_that_in_0_to_1(successes: int, n: int) -> None:
    share = share_of(successes, n)
    assert share.low is not None
    assert share.high is not None
    assert 0 <= share.low <= successes / n <= share.high <= 1
    assert share.low < share.high


@pytest.mark.parametrize(
    "resample",
    [
        pytest.param(lambda seed: resampled_counts(np.array([[3, 9], [1, 7]]), 20, seed), id="counts"),
        pytest.param(lambda seed: resampled_weights(30, 20, seed), id="weights"),
    ],
)
def test_a_seed_draws_the_same_again_and_another_draws_others(
    resample: Callable[[int], np.ndarray],
) -> None:
    assert (resample(4) == resample(4)).all()
    assert (resample(4) != resample(5)).any()


@settings(max_examples=50, deadline=None)
@given(counts=hnp.arrays(np.int64, (3, 4), elements=st.integers(0, 200)))
def test_every_resample_has_as_many_rows(counts: np.ndarray) -> None:
    drawn = resampled_counts(counts, 25)
    assert (drawn.sum(axis=(1, 2)) == counts.sum()).all()
    assert (drawn >= 0).all()


def test_a_bootstrap_interval_is_near_wilson_s_where_both_apply() -> None:
    drawn = resampled_counts(np.array([60, 140]))[:, 0] / 200
    found, wilson = with_interval(0.3, drawn, 200), share_of(60, 200)
    assert found.low == pytest.approx(wilson.low, abs=0.02)
    assert found.high == pytest.approx(wilson.high, abs=0.02)


def test_an_interval_leaves_a_fortieth_of_the_resamples_on_either_side() -> None:
    estimate = with_interval(0.5, np.random.default_rng(0).permutation(np.linspace(0, 1, 1_001)), 9)
    assert (estimate.low, estimate.high) == pytest.approx((0.025, 0.975))
