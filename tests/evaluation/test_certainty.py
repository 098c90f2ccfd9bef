from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss

from fer_core.errors import EvaluationError
from fer_core.evaluation.calibration import fit_temperature
from fer_core.evaluation.certainty import BINS, cross_fitted, reliability, risk_coverage


def drawn(seed: int, n: int, sure: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Truth drawn from the very probabilities, which are then sharpened by ``sure``: 1 is calibrated."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, (n, 5))
    shares = softmax(logits, axis=1)
    truth = (random.random((n, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    return truth, softmax(logits * sure, axis=1)


def calibration_error(truth: np.ndarray, shares: np.ndarray) -> float:
    """The definition, a bin at a time."""
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    total = 0.0
    for number in range(BINS):
        inside = (confidence > number / BINS) & (confidence <= (number + 1) / BINS)
        if inside.any():
            total += inside.sum() * abs(right[inside].mean() - confidence[inside].mean())
    return total / len(truth)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 80))
def test_the_figures_are_those_of_the_definitions(seed: int, n: int) -> None:
    truth, shares = drawn(seed, n)
    found = reliability(truth, shares)
    assert found.error.value == pytest.approx(calibration_error(truth, shares), abs=1e-12)
    assert found.log_likelihood.value == pytest.approx(-log_loss(truth, shares, labels=range(5)), abs=1e-12)
    squared = brier_score_loss(truth, shares, labels=range(5), scale_by_half=False)
    assert found.brier.value == pytest.approx(squared, abs=1e-12)
    assert found.count.sum() == n


def test_the_intervals_hold_likelihood_and_brier_score() -> None:
    found = reliability(*drawn(0, 800))
    for estimate in (found.log_likelihood, found.brier):
        assert estimate.value is not None
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low < estimate.value < estimate.high


@pytest.mark.parametrize(
    "sure", [pytest.param(2.0, id="sounds too sure"), pytest.param(0.5, id="sounds too modest")]
)
def test_one_temperature_mends_what_one_temperature_spoilt(sure: float) -> None:
    truth, shares = drawn(1, 4_000, sure)
    tempered = cross_fitted(truth, shares)
    assert tempered.temperatures == pytest.approx((sure, sure), rel=0.15)
    assert (tempered.probabilities.argmax(axis=1) == shares.argmax(axis=1)).all()
    before, after = (reliability(truth, each).error.value for each in (shares, tempered.probabilities))
    assert (after or 0) < (before or 0) / 2


def test_no_row_is_tempered_by_a_temperature_that_saw_it() -> None:
    truth, shares = drawn(2, 200)
    halves = np.random.default_rng(0).permutation(200)
    first = halves[:100]
    wrong = truth.copy()
    wrong[first] = shares[first].argmin(axis=1)
    honest, spoilt = cross_fitted(truth, shares), cross_fitted(wrong, shares)
    # Labels of the first half set the temperature of the second, and only that.
    assert spoilt.probabilities[first] == pytest.approx(honest.probabilities[first])
    assert np.abs(spoilt.probabilities[halves[100:]] - honest.probabilities[halves[100:]]).max() > 0.05


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), threshold=st.floats(0, 1))
def test_a_threshold_answers_the_rows_at_least_that_sure(seed: int, n: int, threshold: float) -> None:
    truth, shares = drawn(seed, n)
    answered, right = risk_coverage(truth, shares).at(threshold)
    sure = shares.max(axis=1) >= threshold
    assert answered.value == sure.mean()
    expected = (shares.argmax(axis=1) == truth)[sure]
    assert right.value == (pytest.approx(expected.mean()) if sure.any() else None)


def test_the_area_is_the_mean_error_over_all_coverages() -> None:
    truth, shares = drawn(3, 50)
    order = np.argsort(-shares.max(axis=1))
    right = (shares.argmax(axis=1) == truth)[order]
    errors = [1 - right[:number].mean() for number in range(1, 51)]
    assert risk_coverage(truth, shares).area == pytest.approx(np.mean(errors))


@pytest.mark.parametrize(
    ("function", "rows"),
    [
        pytest.param(reliability, 0, id="no rows to judge"),
        pytest.param(risk_coverage, 0, id="no rows to answer"),
        pytest.param(cross_fitted, 1, id="one row has no other half"),
    ],
)
def test_too_few_rows_are_an_error(function: object, rows: int) -> None:
    with pytest.raises(EvaluationError, match="at least"):
        function(np.zeros(rows, int), np.full((rows, 5), 0.2))  # type: ignore[operator]


def test_the_bins_hold_the_means_of_their_rows_and_nothing_where_there_are_none() -> None:
    truth, shares = drawn(4, 120)
    found = reliability(truth, shares)
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    for number in range(BINS):
        inside = (confidence > number / BINS) & (confidence <= (number + 1) / BINS)
        assert found.count[number] == inside.sum()
        if inside.any():
            assert found.confidence[number] == pytest.approx(confidence[inside].mean())
            assert found.accuracy[number] == pytest.approx(right[inside].mean())
        else:
            assert np.isnan([found.confidence[number], found.accuracy[number]]).all()
    # Five labels: nobody can be less sure than a fifth.
    assert found.count[:3].sum() == 0


@pytest.mark.parametrize(
    ("shares", "likelihood", "brier", "error"),
    [
        pytest.param([1, 0, 0, 0, 0], 0, 0, 0, id="sure and right"),
        pytest.param([0, 1, 0, 0, 0], np.log(1e-12), 2, 1, id="sure and wrong: clipped, not infinite"),
        pytest.param([0.2] * 5, np.log(0.2), 0.8, 0.8, id="knows nothing, and its first label is right"),
    ],
)
def test_one_row_by_hand(shares: list[float], likelihood: float, brier: float, error: float) -> None:
    found = reliability(np.array([0]), np.array([shares], dtype=float))
    assert found.log_likelihood.value == pytest.approx(likelihood)
    assert found.brier.value == pytest.approx(brier)
    assert found.error.value == pytest.approx(error)


def test_each_half_is_divided_by_the_other_s_temperature() -> None:
    truth, shares = drawn(5, 6_000)
    order = np.random.default_rng(0).permutation(6_000)
    first, second = order[:3_000], order[3_000:]
    logits = np.log(shares)
    logits[first] *= 2.0
    logits[second] *= 0.5
    tempered = cross_fitted(truth, softmax(logits, axis=1))
    assert tempered.temperatures == pytest.approx((2.0, 0.5), rel=0.15)
    for rows, temperature in ((second, tempered.temperatures[0]), (first, tempered.temperatures[1])):
        expected = softmax(logits[rows] / temperature, axis=1)
        assert tempered.probabilities[rows] == pytest.approx(expected, abs=1e-9)


def test_a_temperature_is_the_one_that_calibration_fits_on_that_half() -> None:
    truth, shares = drawn(6, 400, 1.7)
    first = np.random.default_rng(0).permutation(400)[:200]
    logits = np.log(shares[first])
    whole = [(1.0, np.arange(200), np.eye(5)[truth[first]])]
    expected = fit_temperature(np.stack([logits, logits], axis=1), whole)
    assert cross_fitted(truth, shares).temperatures[0] == pytest.approx(expected)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 40), sure=st.floats(0.3, 4))
def test_a_temperature_changes_no_answer(seed: int, n: int, sure: float) -> None:
    truth, shares = drawn(seed, n, sure)
    given = shares.astype(np.float32)
    tempered = cross_fitted(truth, given, seed).probabilities
    assert (tempered.argmax(axis=1) == given.argmax(axis=1)).all()
    assert tempered.sum(axis=1) == pytest.approx(np.ones(n))


@pytest.mark.parametrize(
    ("threshold", "answered", "right"),
    [
        pytest.param(0.0, 1.0, 0.5, id="all are answered"),
        pytest.param(0.6, 1.0, 0.5, id="as sure as the threshold is sure enough"),
        pytest.param(0.7, 0.5, 1.0, id="the sure half"),
        pytest.param(0.9, 0.0, None, id="nobody is that sure"),
    ],
)
def test_rows_that_are_equally_sure_are_answered_together(
    threshold: float, answered: float, right: float | None
) -> None:
    shares = np.array([[0.6, 0.4], [0.8, 0.2], [0.6, 0.4], [0.8, 0.2]])
    found = risk_coverage(np.array([1, 0, 1, 0]), shares).at(threshold)
    assert (found[0].value, found[1].value) == (answered, right)


def test_the_curve_takes_the_rows_by_certainty() -> None:
    truth, shares = drawn(7, 30)
    curve = risk_coverage(truth, shares)
    order = np.argsort(-shares.max(axis=1))
    assert (np.diff(curve.threshold) <= 0).all()
    for number in range(1, 31):
        assert curve.coverage[number - 1] == number / 30
        surest = order[:number]
        expected = (shares[surest].argmax(axis=1) == truth[surest]).mean()
        assert curve.accuracy[number - 1] == pytest.approx(expected)


def test_lengths_must_fit() -> None:
    for function in (reliability, risk_coverage, cross_fitted):
        with pytest.raises(EvaluationError, match="for 3"):
            function(np.zeros(3, int), np.full((4, 5), 0.2))


@pytest.mark.parametrize(
    ("confidence", "number"),
    [
        pytest.param(0.2, 2, id="on an edge: the bin below"),
        pytest.param(0.6, 8, id="on another edge"),
        pytest.param(np.nextafter(0.6, 1), 9, id="just above it"),
        pytest.param(1.0, 14, id="certain: the last bin"),
    ],
)
def test_a_bin_is_open_below_and_closed_above(confidence: float, number: int) -> None:
    shares = np.array([[confidence, *[(1 - confidence) / 4] * 4]])
    assert np.flatnonzero(reliability(np.array([0]), shares).count).tolist() == [number]


def test_the_curve_of_equally_sure_rows_does_not_depend_on_their_order() -> None:
    shares = np.tile([0.6, 0.4], (4, 1))
    for truth in ([0, 0, 1, 1], [1, 1, 0, 0]):
        curve = risk_coverage(np.array(truth), shares)
        assert (curve.coverage.tolist(), curve.accuracy.tolist(), curve.area) == ([1.0], [0.5], 0.5)
