from __future__ import annotations

import numpy as np
import pytest

from fer_core.charts.evaluation_figures import (
    SHOWN,
    Shown,
    class_curves,
    confusion,
    differences,
    reliability_diagram,
    risk_coverage_curve,
)
from fer_core.evaluation.certainty import reliability, risk_coverage
from fer_core.evaluation.comparison import Difference
from fer_core.evaluation.curves import roc_curves
from fer_core.evaluation.estimates import Estimate
from fer_core.labels import LABELS

NONE = np.zeros(5, dtype=np.int64)
RANDOM = np.random.default_rng(3)
TRUTH = RANDOM.integers(0, 5, 300)
SHARES = RANDOM.dirichlet(np.ones(5), 300)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        pytest.param("counts", "1,200", id="counts with thousands"),
        pytest.param("share of each label", "80%", id="1,200 of 1,500 with the label"),
        pytest.param("share of each answer", "75%", id="1,200 of 1,600 with the answer"),
    ],
)
def test_a_cell_says_its_count_or_share(shown: Shown, text: str) -> None:
    matrix = np.zeros((5, 5), dtype=np.int64)
    matrix[1, 1], matrix[1, 4], matrix[2, 1] = 1_200, 300, 400
    cells = confusion(matrix, NONE, shown).data[1]
    at = [list(data[:2]) for data in cells.customdata].index(["happy", "happy"])
    assert cells.text[at] == text
    assert cells.customdata[at][2] == 1_200


def test_missed_faces_have_a_column_of_their_own_only_where_there_are_any() -> None:
    matrix = np.eye(5, dtype=np.int64)
    assert list(confusion(matrix, NONE).data[0].x) == list(LABELS)
    assert list(confusion(matrix, np.array([0, 0, 2, 0, 0])).data[0].x) == [*LABELS, "no face"]


@pytest.mark.parametrize("shown", SHOWN)
def test_a_matrix_without_rows_is_drawn(shown: Shown) -> None:
    figure = confusion(np.zeros((5, 5), dtype=np.int64), NONE, shown)
    assert np.isfinite(np.array(figure.data[0].z)).all()


def test_the_chosen_cell_is_framed() -> None:
    figure = confusion(np.eye(5, dtype=np.int64), NONE, "counts", ("sad", "neutral"))
    (frame,) = figure.layout.shapes
    assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == (
        LABELS.index("neutral"),
        LABELS.index("sad"),
    )


def test_a_class_that_is_absent_has_a_line_without_points() -> None:
    curves = roc_curves(np.zeros(300, dtype=np.int64), SHARES)
    figure = class_curves(curves, "x", "y", diagonal=True)
    assert len(figure.data) == 6
    assert all(not line.x for line in figure.data[1:])
    assert "none" in figure.data[2].name


def test_classes_differ_by_dashes_as_well_as_by_colour() -> None:
    lines = class_curves(roc_curves(TRUTH, SHARES), "x", "y", diagonal=False).data
    assert len({line.line.dash for line in lines}) == len({line.line.color for line in lines}) == 5


def test_bins_without_rows_have_no_point() -> None:
    found = reliability(TRUTH, SHARES)
    _, bars, line = reliability_diagram({"it": found}).data
    assert len(line.x) == (found.count > 0).sum() < len(bars.x)
    assert sum(bars.y) == pytest.approx(1)


def test_the_threshold_is_marked_where_it_lies() -> None:
    found = risk_coverage(TRUTH, SHARES)
    answered, right = found.at(0.5)
    mark = risk_coverage_curve(found, 0.5).data[1]
    assert (mark.x[0], mark.y[0]) == (answered.value, right.value)


def test_a_threshold_that_nothing_reaches_has_no_mark() -> None:
    assert len(risk_coverage_curve(risk_coverage(TRUTH, SHARES), 1.0).data) == 1


def test_right_of_the_line_the_first_model_is_better_whatever_the_figure() -> None:
    found = [
        Difference("accuracy", 0.8, 0.7, Estimate(0.1, 0.05, 0.15, 9)),
        Difference("Brier score", 0.2, 0.3, Estimate(-0.1, -0.15, -0.05, 9), higher_is_better=False),
        Difference("macro F1", 0.7, 0.8, Estimate(-0.1, -0.15, -0.05, 9)),
        Difference("macro F2", 0.7, 0.7, Estimate(0.0, -0.05, 0.05, 9)),
        Difference("undefined", None, 0.7, Estimate(None)),
    ]
    better, worse, same = differences(found, "a", "b").data
    assert sorted(better.y) == ["Brier score", "accuracy"]
    assert all(value > 0 for value in better.x)
    assert (list(worse.y), list(same.y)) == (["macro F1"], ["macro F2"])
    assert (worse.error_x.array[0], worse.error_x.arrayminus[0]) == pytest.approx((0.05, 0.05))
