from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    fbeta_score,
    multilabel_confusion_matrix,
    precision_recall_fscore_support,
)

from fer_core.errors import EvaluationError
from fer_core.evaluation.metrics import expected_calibration_error, f_beta, measure, wilson_interval
from fer_core.labels import LABELS


@pytest.mark.parametrize(
    ("label", "precision", "recall", "f1"),
    [
        ("angry", 0.78, 0.54, 0.64),
        ("happy", 0.81, 0.89, 0.85),
        ("sad", 0.83, 0.71, 0.77),
        ("surprise", 0.83, 0.56, 0.67),
        ("neutral", 0.58, 0.79, 0.67),
    ],
)
def test_the_report_s_precision_and_recall_in_its_f1_out(
    label: str, precision: float, recall: float, f1: float
) -> None:
    assert round(f_beta(precision, recall, 1), 2) == f1
    # The report says F2 equals F1 because precision equals recall; class by class neither is so.
    assert round(f_beta(precision, recall, 2), 2) != f1


def test_the_figures_are_scikit_learn_s() -> None:
    random = np.random.default_rng(0)
    truth, predicted = random.integers(0, 5, 500), random.integers(0, 5, 500)
    metrics = measure(truth, predicted)
    assert metrics.macro_f1 == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert metrics.macro_f2 == pytest.approx(fbeta_score(truth, predicted, beta=2, average="macro"))
    assert metrics.accuracy == pytest.approx((truth == predicted).mean())
    assert metrics.confusion_matrix.sum() == 500
    assert metrics.confusion_matrix[2, 3] == ((truth == 2) & (predicted == 3)).sum()


def test_one_class_against_the_rest() -> None:
    metrics = measure([0, 0, 0, 1, 1, 2], [0, 0, 1, 0, 1, 2])
    angry = metrics.per_class["angry"]
    assert (angry.tp, angry.fp, angry.fn, angry.tn, angry.support) == (2, 1, 1, 2, 3)
    assert angry.precision == pytest.approx(2 / 3)
    assert angry.f2 == pytest.approx(f_beta(2 / 3, 2 / 3, 2))


def test_probabilities_are_judged_by_their_largest() -> None:
    probabilities = np.array([[0.1, 0.6, 0.1, 0.1, 0.1], [0.3, 0.2, 0.2, 0.2, 0.1]])
    assert measure([1, 1], probabilities).confusion_matrix[1].tolist() == [1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("truth", "predicted", "label", "expected"),
    [
        pytest.param([0, 1], [1, 1], "angry", (None, 0.0, 0.0), id="never predicted: precision is undefined"),
        pytest.param([1, 1], [0, 1], "angry", (0.0, None, 0.0), id="never there: recall is undefined"),
        pytest.param([1, 1], [1, 1], "angry", (None, None, None), id="neither: all is undefined"),
        pytest.param([0, 0], [0, 0], "angry", (1.0, 1.0, 1.0), id="perfect"),
        pytest.param([0, 1], [1, 0], "angry", (0.0, 0.0, 0.0), id="all wrong"),
    ],
)
def test_what_is_undefined_is_none_not_zero(
    truth: list[int], predicted: list[int], label: str, expected: tuple[float | None, ...]
) -> None:
    figures = measure(truth, predicted).per_class[label]
    assert (figures.precision, figures.recall, figures.f1) == expected


def test_macro_means_leave_out_classes_that_do_not_occur() -> None:
    assert measure([0, 1], [0, 1]).macro_f1 == 1.0


def test_no_rows_give_no_figures() -> None:
    metrics = measure([], [])
    assert metrics.n == 0
    assert metrics.accuracy is None
    assert metrics.accuracy_interval is None
    assert metrics.macro_f1 is None
    assert metrics.confusion_matrix.shape == (5, 5)
    assert set(metrics.per_class) == set(LABELS)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        pytest.param(54, 74, 0.62, 0.82, id="the report's 74 pictures"),
        pytest.param(29, 56, 0.39, 0.64, id="the report's 56 live frames"),
        pytest.param(0, 10, 0.0, 0.28, id="none right"),
        pytest.param(10, 10, 0.72, 1.0, id="all right"),
    ],
)
def test_wilson(successes: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=0.005)


def test_a_perfectly_calibrated_model_has_no_calibration_error_and_a_boaster_a_large_one() -> None:
    probabilities = np.tile([0.8, 0.2, 0, 0, 0], (10, 1))
    assert expected_calibration_error([0] * 8 + [1] * 2, probabilities) == pytest.approx(0)
    assert expected_calibration_error([1] * 10, np.tile([1.0, 0, 0, 0, 0], (10, 1))) == pytest.approx(1)


@pytest.mark.parametrize(
    ("truth", "predicted", "sentence"),
    [
        pytest.param([0, 1], [0], "one prediction a row", id="lengths differ"),
        pytest.param([5], [0], "truth in 0..4", id="a truth beyond the labels"),
        pytest.param([0], [-2], "predictions in -1..4", id="below no answer"),
        pytest.param([0.5], [0], "whole numbers", id="a truth that is no position"),
        pytest.param([0], [[0.5, 0.5]], "shape", id="too few columns"),
        pytest.param([0], [[np.nan] * 5], "sum to 1", id="NaN"),
        pytest.param([0], [[0.5] * 5], "sum to 1", id="no probabilities"),
    ],
)
def test_what_cannot_be_judged_is_refused(truth: list, predicted: list, sentence: str) -> None:
    with pytest.raises(EvaluationError, match=sentence):
        measure(truth, np.array(predicted))


@pytest.mark.parametrize(("precision", "recall", "beta"), [(1.1, 0.5, 1), (0.5, -0.1, 1), (0.5, 0.5, 0)])
def test_f_beta_of_what_are_no_shares_is_refused(precision: float, recall: float, beta: float) -> None:
    with pytest.raises(EvaluationError, match="Expected"):
        f_beta(precision, recall, beta)


def test_f_beta_of_nothing_is_zero() -> None:
    assert f_beta(0, 0, 1) == 0


def test_a_row_without_an_answer_counts_as_wrong_and_lowers_recall() -> None:
    metrics = measure([0, 0, 1, 1], [0, -1, 1, 1])
    assert metrics.accuracy == 0.75
    assert metrics.confusion_matrix.sum() == 3
    assert metrics.unanswered.tolist() == [1, 0, 0, 0, 0]
    angry = metrics.per_class["angry"]
    assert (angry.recall, angry.precision, angry.fn, angry.support) == (0.5, 1.0, 1, 2)


def test_no_answer_at_all() -> None:
    metrics = measure([0, 1], [-1, -1])
    assert (metrics.accuracy, metrics.confusion_matrix.sum(), metrics.n) == (0.0, 0, 2)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), kinds=st.integers(1, 5))
def test_every_figure_with_rows_unanswered_is_scikit_learn_s(seed: int, n: int, kinds: int) -> None:
    random = np.random.default_rng(seed)
    truth, predicted = random.integers(0, kinds, n), random.integers(-1, 5, n)
    metrics = measure(truth, predicted)
    assert metrics.accuracy == pytest.approx(accuracy_score(truth, predicted), abs=1e-12)
    cells = multilabel_confusion_matrix(truth, predicted, labels=range(5))
    scores = {
        beta: precision_recall_fscore_support(
            truth, predicted, labels=range(5), beta=beta, zero_division=np.nan
        )
        for beta in (1, 2)
    }
    for at, label in enumerate(LABELS):
        found = metrics.per_class[label]
        assert [found.tn, found.fp, found.fn, found.tp] == cells[at].ravel().tolist()
        assert metrics.unanswered[at] == ((truth == at) & (predicted == -1)).sum()
        assert found.support == metrics.confusion_matrix[at].sum() + metrics.unanswered[at]
        expected = (scores[1][0][at], scores[1][1][at], scores[1][2][at], scores[2][2][at])
        figures = (found.precision, found.recall, found.f1, found.f2)
        np.testing.assert_allclose(np.array(figures, dtype=float), expected, atol=1e-12, rtol=0)
    defined = [score for score in scores[1][2] if not np.isnan(score)]
    assert metrics.macro_f1 == pytest.approx(np.mean(defined), abs=1e-12)


def calibration_error(truth: list[int], probabilities: list[list[float]], bins: int) -> float:
    """The definition, a row and a bin at a time."""
    kept: list[list[tuple[bool, float]]] = [[] for _ in range(bins)]
    for label, row in zip(truth, probabilities, strict=True):
        confidence = max(row)
        number = next(each for each in range(bins) if confidence <= (each + 1) / bins or each == bins - 1)
        kept[number].append((row.index(confidence) == label, confidence))
    total = 0.0
    for rows in filter(None, kept):
        right = sum(is_right for is_right, _ in rows) / len(rows)
        total += len(rows) / len(truth) * abs(right - sum(confidence for _, confidence in rows) / len(rows))
    return total


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), bins=st.sampled_from((1, 5, 10, 15, 20)))
def test_the_calibration_error_is_that_of_the_definition(seed: int, n: int, bins: int) -> None:
    random = np.random.default_rng(seed)
    truth, probabilities = random.integers(0, 5, n), random.dirichlet(np.ones(5), n)
    expected = calibration_error(truth.tolist(), probabilities.tolist(), bins)
    assert expected_calibration_error(truth, probabilities, bins) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("edge", [0.2, 0.4, 0.6, 0.8, 1.0])
def test_a_confidence_on_an_edge_belongs_to_the_bin_below(edge: float) -> None:
    # One row on the edge is right, one just above it is wrong: in one bin they would make up for each other.
    rest = (1 - edge) / 4
    on = [edge, rest, rest, rest, rest]
    above = [min(edge + 0.01, 1.0), *[max(rest - 0.0025, 0.0)] * 4]
    found = expected_calibration_error([0, 1], [on, above], 5)
    together = abs(0.5 - (on[0] + above[0]) / 2)
    assert found == pytest.approx(together if edge == 1 else (1 - on[0] + above[0]) / 2)


def test_no_answer_is_counted_by_label_and_in_no_column() -> None:
    metrics = measure([0, 1, 1, 4, 4, 4], [-1, 1, -1, -1, -1, -1])
    assert metrics.unanswered.tolist() == [1, 1, 0, 0, 3]
    assert metrics.confusion_matrix.sum(axis=0).tolist() == [0, 1, 0, 0, 0]
    assert [metrics.per_class[label].support for label in LABELS] == [1, 2, 0, 0, 3]
    assert measure([], []).unanswered.tolist() == [0] * 5
    assert not measure([0, 1], np.full((2, 5), 0.2)).unanswered.any()
