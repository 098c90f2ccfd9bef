from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fer_core.evaluation.certainty import reliability
from fer_core.evaluation.crowd import agree_with_crowd
from fer_core.evaluation.estimates import Estimate
from fer_core.evaluation.summary import (
    certainty_figures,
    crowd_figures,
    figures_of_card,
    headline,
    leak_figures,
    table_of,
)
from tests.evaluation.test_report import N, make


def test_the_headline_begins_with_the_accuracy_and_says_its_rows() -> None:
    judged = make()
    figures = headline(judged, table_of(judged))
    assert figures[0].name == "accuracy"
    assert figures[0].estimate.value == judged.metrics.accuracy
    assert {figure.rows for figure in figures} == {"some rows"}
    assert {"macro F2", "weighted F1"} <= {figure.name for figure in figures}


def test_leaked_rows_and_the_others_make_up_the_whole() -> None:
    judged = make()
    whole, clean, leaked = (figure.estimate for figure in leak_figures(judged))
    assert (whole.n, clean.n, leaked.n) == (N, N - 6, 6)
    assert whole.value is not None
    assert whole.value * N == pytest.approx((clean.value or 0) * clean.n + (leaked.value or 0) * leaked.n)


def test_no_leaked_rows_leave_their_accuracy_undefined() -> None:
    judged = make()
    known = replace(judged.predictions, leaked=np.zeros(N, dtype=bool))
    assert leak_figures(replace(judged, predictions=known))[2].estimate == Estimate(None)


def test_the_crowd_s_figures_are_those_of_the_crowd_module() -> None:
    judged = make(votes=True)
    known = judged.predictions
    assert known.votes is not None
    expected = agree_with_crowd(known.probabilities, known.votes)
    figures = {figure.name: figure.estimate for figure in crowd_figures(judged)}
    assert figures["model: names the crowd's majority"].value == expected.accuracy
    distance = figures["cross-entropy against the votes, nats"]
    assert distance.value == pytest.approx(expected.cross_entropy)
    assert distance.low is not None
    assert distance.high is not None
    assert distance.low < (distance.value or 0) < distance.high
    assert figures["the least it could be (the votes' own entropy)"].value == expected.floor


def test_without_votes_there_is_no_crowd() -> None:
    assert crowd_figures(make()) == ()


def test_votes_for_none_of_the_five_leave_the_figures_undefined() -> None:
    judged = make(votes=True)
    votes = np.zeros((N, 10), dtype=np.uint8)
    votes[:, 8] = 10
    known = replace(judged.predictions, votes=votes)
    figures = crowd_figures(replace(judged, predictions=known))
    assert all(figure.estimate.value is None for figure in figures)


def test_certainty_says_when_only_found_faces_count() -> None:
    judged = make(missed=3)
    seen = judged.predictions.of(judged.predictions.seen)
    figures = certainty_figures(judged, reliability(seen.truth, seen.probabilities), "as it is")
    assert {figure.rows for figure in figures} == {"some rows, faces found"}
    assert {figure.estimate.n for figure in figures} == {N - 3}


def test_a_card_s_figures_come_back_and_a_card_without_any_has_none() -> None:
    entry = {"name": "accuracy", "value": 0.7, "low": 0.6, "high": 0.8, "n": 9, "rows": "some"}
    (figure,) = figures_of_card({"figures": [entry]})
    assert (figure.name, figure.estimate, figure.rows) == ("accuracy", Estimate(0.7, 0.6, 0.8, 9), "some")
    assert figures_of_card({}) == ()
