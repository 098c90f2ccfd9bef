"""The source report's own table, and what it says about F2."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.metrics import fbeta_score, precision_score

from fer_core.evaluation.metrics import f_beta
from fer_core.evaluation.source_report import REPORTED_CLASSES, REPORTED_LIVE, REPORTED_PICTURES
from fer_core.labels import LABELS

#: Its figure 28: precision, recall, F1.
PRINTED = {
    "angry": (0.78, 0.54, 0.64),
    "happy": (0.81, 0.89, 0.85),
    "sad": (0.83, 0.71, 0.77),
    "surprise": (0.83, 0.56, 0.67),
    "neutral": (0.58, 0.79, 0.67),
}


def test_its_table_is_reproduced() -> None:
    for each in REPORTED_CLASSES:
        found = (each.precision.value or 0, each.recall.value or 0, each.f(1))
        assert tuple(round(value, 2) for value in found) == PRINTED[each.label]
    assert round(REPORTED_PICTURES.value or 0, 2) == 0.73
    assert sum(each.right for each in REPORTED_CLASSES) == 54
    assert sum(each.support for each in REPORTED_CLASSES) == 74
    assert sum(each.predicted for each in REPORTED_CLASSES) == 74


def whole_numbers_that_give_the_table(most: int) -> dict[tuple[int, int, int], int]:
    """(right, predicted, support) over all classes, each at most ``most`` -> in how many ways the table comes out."""
    sums: dict[tuple[int, int, int], int] = {(0, 0, 0): 1}
    for precision, recall, f1 in PRINTED.values():
        fitting = [
            (right, predicted, support)
            for right in range(1, most + 1)
            for predicted in range(right, most + 1)
            if round(right / predicted, 2) == precision
            for support in range(right, most + 1)
            if round(right / support, 2) == recall and round(2 * right / (predicted + support), 2) == f1
        ]
        grown: dict[tuple[int, int, int], int] = {}
        for (sofar, ways), more in itertools.product(sums.items(), fitting):
            right, predicted, support = (a + b for a, b in zip(sofar, more, strict=True))
            if predicted <= most and support <= most:
                grown[right, predicted, support] = grown.get((right, predicted, support), 0) + ways
        sums = grown
    return sums


def test_no_other_whole_numbers_give_its_table() -> None:
    sums = whole_numbers_that_give_the_table(80)
    assert sums[54, 74, 74] == 1
    # Each picture has one label and one answer, and 0.73 of them are right: no other number of pictures does it.
    assert [
        (right, predicted)
        for right, predicted, support in sums
        if predicted == support and round(right / support, 2) == 0.73
    ] == [(54, 74)]


def test_its_claim_that_f2_equals_f1_is_false_class_by_class() -> None:
    for each in REPORTED_CLASSES:
        assert abs(each.f(2) - each.f(1)) > 0.01, each.label


def test_its_claim_holds_for_all_classes_pooled_where_everything_is_the_accuracy() -> None:
    random = np.random.default_rng(0)
    truth, answers = random.integers(0, 5, 74), random.integers(0, 5, 74)
    accuracy = (truth == answers).mean()
    assert precision_score(truth, answers, average="micro") == pytest.approx(accuracy)
    for beta in (1, 2):
        assert fbeta_score(truth, answers, beta=beta, average="micro") == pytest.approx(accuracy)


def test_its_intervals_are_wide() -> None:
    assert (round(REPORTED_PICTURES.low or 0, 2), round(REPORTED_PICTURES.high or 0, 2)) == (0.62, 0.82)
    assert (round(REPORTED_LIVE.low or 0, 2), round(REPORTED_LIVE.high or 0, 2)) == (0.39, 0.64)


@pytest.mark.parametrize("beta", [0.5, 1, 2, 10])
def test_pooled_the_report_s_own_counts_make_every_f_its_accuracy(beta: float) -> None:
    right, support, predicted = (
        sum(getattr(each, name) for each in REPORTED_CLASSES) for name in ("right", "support", "predicted")
    )
    pooled = f_beta(right / predicted, right / support, beta)
    assert right / predicted == right / support == REPORTED_PICTURES.value
    assert pooled == pytest.approx(REPORTED_PICTURES.value)


def test_recall_pulls_f2_to_its_side_in_every_class() -> None:
    for each in REPORTED_CLASSES:
        precision, recall = each.precision.value or 0, each.recall.value or 0
        assert (each.f(2) > each.f(1)) == (recall > precision), each.label
        assert abs(each.f(2) - recall) < abs(each.f(1) - recall), each.label


def test_its_counts_are_those_of_pictures() -> None:
    assert tuple(each.label for each in REPORTED_CLASSES) == LABELS
    for each in REPORTED_CLASSES:
        assert 0 < each.right <= min(each.support, each.predicted)
