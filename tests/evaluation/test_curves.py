from __future__ import annotations

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
