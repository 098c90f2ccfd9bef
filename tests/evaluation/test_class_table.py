"""The class table against scikit-learn, on random matrices and on the odd ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import accuracy_score, multilabel_confusion_matrix, precision_recall_fscore_support

from fer_core.errors import EvaluationError
from fer_core.evaluation.class_table import ClassTable, class_table
from fer_core.evaluation.estimates import Estimate, share_of
from fer_core.evaluation.metrics import f_beta
from fer_core.labels import LABELS

EXACT = 1e-12
COUNTS = hnp.arrays(np.int64, (5, 6), elements=st.integers(0, 30) | st.just(0))


def rows_of(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Truth and answers that count up to a matrix; an answer of 5 is none of the five."""
    truth, answers = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    return truth, answers


def values(table: ClassTable, name: str) -> list[float]:
    return [np.nan if (value := getattr(each, name).value) is None else value for each in table.classes]


ONE_CLASS = np.zeros((5, 6), dtype=np.int64)
ONE_CLASS[1, 1] = 7
NEVER_ANSWERED = np.eye(5, 6, dtype=np.int64) * 4
NEVER_ANSWERED[2, 2], NEVER_ANSWERED[2, 0] = 0, 4
ABSENT = np.eye(5, 6, dtype=np.int64) * 4
ABSENT[3] = 0
SILENT = np.zeros((5, 6), dtype=np.int64)
SILENT[:, 5] = 3


@settings(max_examples=100, deadline=None)
@given(counts=COUNTS, beta=st.floats(0.1, 10))
@example(counts=np.zeros((5, 6), dtype=np.int64), beta=1.0)
@example(counts=ONE_CLASS, beta=2.0)
@example(counts=NEVER_ANSWERED, beta=0.5)
@example(counts=ABSENT, beta=3.0)
@example(counts=SILENT, beta=1.5)
def test_every_figure_is_scikit_learn_s(counts: np.ndarray, beta: float) -> None:
    table = class_table(counts[:, :5], beta, counts[:, 5])
    truth, answers = rows_of(counts)
    if not len(truth):
        assert all(each.f_beta.value is None for each in table.classes)
        assert table.accuracy == Estimate(None)
        return
    assert table.accuracy.value == pytest.approx(accuracy_score(truth, answers), abs=EXACT)
    cells = multilabel_confusion_matrix(truth, answers, labels=range(5))
    assert [(each.tn, each.fp, each.fn, each.tp) for each in table.classes] == [
        tuple(cell.ravel().tolist()) for cell in cells
    ]
    for name, own in (("f_beta", beta), ("f1", 1), ("f2", 2)):
        for average in (None, "macro", "weighted"):
            precision, recall, f, _ = precision_recall_fscore_support(
                truth, answers, labels=range(5), beta=own, average=average, zero_division=np.nan
            )
            expected = {"precision": precision, "recall": recall, name: f}
            for figure, wanted in expected.items():
                if average is None:
                    found = values(table, figure)
                else:
                    mean = next(each for each in table.means if each.name == average)
                    value = getattr(mean, figure).value
                    found = np.nan if value is None else value
                np.testing.assert_allclose(found, wanted, atol=EXACT, rtol=0)


def test_the_f_figures_follow_from_precision_and_recall() -> None:
    counts = np.array([[5, 1, 0, 2, 0], [1, 9, 1, 0, 0], [0, 2, 4, 0, 3], [1, 0, 0, 6, 0], [0, 0, 2, 0, 8]])
    for each in class_table(counts, 3.0).classes:
        assert each.precision.value is not None
        assert each.recall.value is not None
        assert each.f_beta.value == pytest.approx(f_beta(each.precision.value, each.recall.value, 3.0))


def test_every_interval_holds_its_figure_and_comes_out_the_same_again() -> None:
    counts = np.random.default_rng(0).integers(5, 60, (5, 5))
    table = class_table(counts, 0.5)
    for each in (*table.classes, *table.means):
        for name in ("precision", "recall", "f1", "f2", "f_beta"):
            estimate = getattr(each, name)
            assert estimate.low < estimate.value < estimate.high, (each, name)
    assert class_table(counts, 0.5) == table


def test_a_missed_face_lowers_recall_and_not_precision() -> None:
    counts = np.eye(5, dtype=np.int64) * 10
    table = class_table(counts, unanswered=np.array([10, 0, 0, 0, 0]))
    angry = table.classes[0]
    assert (angry.precision.value, angry.recall.value, angry.fn) == (1.0, 0.5, 10)
    assert table.accuracy.value == pytest.approx(50 / 60)


@pytest.mark.parametrize(
    ("matrix", "beta", "unanswered"),
    [
        pytest.param(np.ones((4, 5), int), 1.0, None, id="not square"),
        pytest.param(-np.ones((5, 5), int), 1.0, None, id="a count below 0"),
        pytest.param(np.ones((5, 5), int), 0.0, None, id="beta of 0"),
        pytest.param(np.ones((5, 5), int), float("nan"), None, id="beta is no number"),
        pytest.param(np.ones((5, 5), int), 1.0, np.ones(4, int), id="unanswered of other labels"),
    ],
)
def test_what_cannot_be_counted_is_refused(
    matrix: np.ndarray, beta: float, unanswered: np.ndarray | None
) -> None:
    with pytest.raises(EvaluationError):
        class_table(matrix, beta, unanswered)


def test_the_labels_stand_in_their_order() -> None:
    assert tuple(each.label for each in class_table(np.eye(5, dtype=int)).classes) == LABELS


def test_no_rows_leave_every_figure_undefined() -> None:
    table = class_table(np.zeros((5, 5), dtype=np.int64))
    for each in (*table.classes, *table.means):
        for name in ("precision", "recall", "f1", "f2", "f_beta"):
            assert str(getattr(each, name)) == "undefined", (each, name)
    assert [(each.tp, each.fp, each.fn, each.tn, each.support) for each in table.classes] == [(0,) * 5] * 5


def test_a_class_s_intervals_are_of_the_rows_that_its_figure_divides_by() -> None:
    counts = np.array([[5, 1, 0, 2, 0], [1, 9, 1, 0, 0], [0, 2, 4, 0, 3], [1, 0, 0, 6, 0], [0, 0, 2, 0, 8]])
    table = class_table(counts, unanswered=np.array([2, 0, 0, 0, 0]))
    angry = table.classes[0]
    assert angry.precision == share_of(5, 7)
    assert angry.recall == share_of(5, 10)
    assert (angry.support, angry.f1.n, table.accuracy.n) == (10, 47, 47)


@pytest.mark.parametrize(
    ("beta", "figure"),
    [
        pytest.param(1.0, "f1", id="beta of 1 is F1"),
        pytest.param(2.0, "f2", id="beta of 2 is F2"),
        pytest.param(1e-6, "precision", id="no weight on recall leaves precision"),
        pytest.param(1e6, "recall", id="all weight on recall leaves recall"),
    ],
)
def test_beta_leads_from_precision_to_recall(beta: float, figure: str) -> None:
    table = class_table(np.random.default_rng(1).integers(1, 40, (5, 5)), beta)
    assert values(table, "f_beta") == pytest.approx(values(table, figure), abs=1e-9)
