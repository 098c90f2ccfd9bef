from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import log_loss

from fer_core.errors import EvaluationError
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
    squared = sum(((row - np.eye(5)[label]) ** 2).sum() for row, label in zip(shares, truth, strict=True))
    assert found.brier.value == pytest.approx(squared / n, abs=1e-12)
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
