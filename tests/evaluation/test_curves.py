from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from fer_core.evaluation.curves import precision_recall_curves, roc_curves
from fer_core.evaluation.estimates import Estimate


def drawn(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.integers(0, 5, n), random.dirichlet(np.ones(5), n)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(20, 120))
def test_the_areas_are_scikit_learn_s(seed: int, n: int) -> None:
    truth, shares = drawn(seed, n)
    curves = zip(roc_curves(truth, shares), precision_recall_curves(truth, shares), strict=True)
    for at, (roc, precision_recall) in enumerate(curves):
        there = truth == at
        if not there.any():
            assert roc.area == precision_recall.area == Estimate(None)
            continue
        assert roc.area.value == pytest.approx(roc_auc_score(there, shares[:, at]), abs=1e-12)
        average = average_precision_score(there, shares[:, at])
        assert precision_recall.area.value == pytest.approx(average, abs=1e-12)
        assert roc.area.low is not None
        assert roc.area.high is not None
        assert 0 <= roc.area.low <= (roc.area.value or 0) <= roc.area.high <= 1


@pytest.mark.parametrize(
    ("truth", "absent"),
    [
        pytest.param([0] * 9, range(5), id="one class: nothing to tell it from"),
        pytest.param([0] * 5 + [1] * 4, (2, 3, 4), id="three classes absent"),
    ],
)
def test_an_absent_class_has_an_empty_curve(truth: list[int], absent: object) -> None:
    curves = roc_curves(np.array(truth), drawn(0, 9)[1])
    assert [at for at, curve in enumerate(curves) if not len(curve.x)] == list(absent)  # type: ignore[call-overload]


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    truth, shares = drawn(1, 5_000)
    for curve in roc_curves(truth, shares):
        assert len(curve.x) <= 200
        assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)


def test_hanley_and_mcneil_s_interval_shrinks_with_the_rows() -> None:
    few, many = (roc_curves(*drawn(2, n))[0].area for n in (100, 10_000))
    assert (few.high or 0) - (few.low or 0) > 5 * ((many.high or 0) - (many.low or 0))


def pairs_in_order(there: np.ndarray, scores: np.ndarray) -> float:
    """The area under a ROC curve by its meaning: how often a row of the class scores above another, ties half."""
    ours, others = scores[there][:, np.newaxis], scores[~there]
    return float(((ours > others) + (ours == others) / 2).mean())


def precision_at_each_step(there: np.ndarray, scores: np.ndarray) -> float:
    """Average precision by its definition: precision at every threshold, weighed by the recall gained there."""
    total, before = 0.0, 0.0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        named = scores >= threshold
        recall = there[named].sum() / there.sum()
        total += (recall - before) * there[named].mean()
        before = recall
    return float(total)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(10, 60))
def test_tied_scores_count_as_the_definitions_say(seed: int, n: int) -> None:
    truth, shares = drawn(seed, n)
    shares = shares.round(1)
    curves = zip(roc_curves(truth, shares), precision_recall_curves(truth, shares), strict=True)
    for at, (roc, precision_recall) in enumerate(curves):
        there = truth == at
        if there.any():
            assert roc.area.value == pytest.approx(pairs_in_order(there, shares[:, at]), abs=1e-12)
            average = precision_at_each_step(there, shares[:, at])
            assert precision_recall.area.value == pytest.approx(average, abs=1e-12)


def test_a_curve_encloses_its_area() -> None:
    truth, shares = drawn(4, 150)
    for curve in roc_curves(truth, shares):
        assert np.trapezoid(curve.y, curve.x) == pytest.approx(curve.area.value)
        assert (np.diff(curve.x) >= 0).all()
        assert (np.diff(curve.y) >= 0).all()


def test_a_class_that_is_everything_has_a_precision_curve_and_no_roc_curve() -> None:
    truth, shares = np.zeros(9, dtype=np.int64), drawn(0, 9)[1]
    angry, *others = precision_recall_curves(truth, shares)
    assert angry.area == Estimate(1.0, n=9)
    assert (angry.y == 1).all()
    for curve in (*others, *roc_curves(truth, shares)):
        assert curve.area == Estimate(None)
        assert len(curve.x) == len(curve.y) == 0


@pytest.mark.parametrize("rows", [2, 3, 40, 400])
@pytest.mark.parametrize(
    ("scores", "area"),
    [
        pytest.param([0.9, 0.1], 1.0, id="perfect"),
        pytest.param([0.1, 0.9], 0.0, id="upside down"),
        pytest.param([0.5, 0.5], 0.5, id="no difference at all"),
    ],
)
def test_the_interval_stays_within_0_and_1(scores: list[float], area: float, rows: int) -> None:
    truth = np.arange(rows) % 2
    column = np.array(scores)[truth]
    angry = roc_curves(truth, np.column_stack([column, 1 - column, *np.zeros((3, rows))]))[0].area
    assert angry.value == area
    assert angry.low is not None
    assert angry.high is not None
    assert 0 <= angry.low <= area <= angry.high <= 1
    assert angry.n == (rows + 1) // 2


def test_the_interval_is_hanley_s_and_mcneil_s() -> None:
    truth, shares = drawn(5, 300)
    for at, curve in enumerate(roc_curves(truth, shares)):
        area, ours = curve.area.value, int((truth == at).sum())
        assert area is not None
        # Their equation 1, with Q1 and Q2 of the exponential approximation.
        q1, q2 = area / (2 - area), 2 * area * area / (1 + area)
        others = 300 - ours
        spread = area * (1 - area) + (ours - 1) * (q1 - area * area) + (others - 1) * (q2 - area * area)
        error = math.sqrt(spread / (ours * others))
        assert curve.area.low == pytest.approx(area - 1.96 * error)
        assert curve.area.high == pytest.approx(area + 1.96 * error)
