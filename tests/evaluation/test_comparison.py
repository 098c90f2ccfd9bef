from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from fer_core.errors import EvaluationError
from fer_core.evaluation.certainty import reliability
from fer_core.evaluation.comparison import Difference, compare
from fer_core.evaluation.crowd import agree_with_crowd
from fer_core.evaluation.estimates import Estimate
from fer_core.evaluation.judging import Predictions
from fer_core.evaluation.metrics import measure
from fer_core.labels import LABELS

N = 400


def predictions(seed: int, skill: float = 1.0) -> Predictions:
    """Answers of a model of some skill; truth, leaks and votes are the same for every seed."""
    world, random = np.random.default_rng(0), np.random.default_rng(seed)
    truth = world.integers(0, 5, N)
    votes = world.integers(0, 4, (N, 10)).astype(np.uint8)
    leaked = world.random(N) < 0.1
    shares = random.dirichlet(np.ones(5), N)
    shares[np.arange(N), truth] += skill * random.random(N)
    shares /= shares.sum(axis=1, keepdims=True)
    return Predictions(
        np.arange(N), np.full(N, "PublicTest"), truth, shares.astype(np.float32), leaked, votes
    )


def by_name(a: Predictions, b: Predictions) -> dict[str, Difference]:
    return {each.name: each for each in compare(a, b).differences}


def test_a_model_does_not_differ_from_itself() -> None:
    model = predictions(1)
    found = compare(model, model)
    assert found.mcnemar.p == 1
    assert len(found.only_a) == len(found.only_b) == 0
    for each in found.differences:
        assert (each.difference.value, each.difference.low, each.difference.high) == (0, 0, 0)
        assert each.verdict == ""


def test_each_value_is_what_the_figure_s_own_function_gives() -> None:
    a, b = predictions(1, 1.5), predictions(2, 0.3)
    found = by_name(a, b)
    for side, model in (("a", a), ("b", b)):
        metrics = measure(model.truth, model.answer)
        sure = reliability(model.truth, model.probabilities)
        assert model.votes is not None
        crowd = agree_with_crowd(model.probabilities, model.votes)
        clean = model.of(~model.leaked)
        expected = {
            "accuracy": metrics.accuracy,
            "accuracy without leaked rows": measure(clean.truth, clean.answer).accuracy,
            "macro F1": metrics.macro_f1,
            "macro F2": metrics.macro_f2,
            "log likelihood": sure.log_likelihood.value,
            "Brier score": sure.brier.value,
            "calibration error": sure.error.value,
            "agreement with the crowd's majority": crowd.accuracy,
            "cross-entropy against the votes": crowd.cross_entropy,
        }
        for label in LABELS:
            expected[f"recall of {label}"] = metrics.per_class[label].recall
            expected[f"precision of {label}"] = metrics.per_class[label].precision
            expected[f"F1 of {label}"] = metrics.per_class[label].f1
            expected[f"F2 of {label}"] = metrics.per_class[label].f2
        assert set(expected) == set(found)
        for name, value in expected.items():
            assert getattr(found[name], side) == pytest.approx(value, abs=2e-6), name
    for each in found.values():
        assert each.difference.value == pytest.approx((each.a or 0) - (each.b or 0))


def test_a_better_model_is_told_whichever_way_is_better() -> None:
    found = by_name(predictions(1, 2.0), predictions(2, 0.2))
    for name in ("accuracy", "log likelihood", "Brier score", "macro F1"):
        assert found[name].verdict == "a", name
    assert (found["Brier score"].difference.value or 0) < 0
    assert by_name(predictions(2, 0.2), predictions(1, 2.0))["Brier score"].verdict == "b"


@pytest.mark.parametrize(
    ("low", "high", "higher_is_better", "verdict"),
    [
        (0.1, 0.2, True, "a"),
        (-0.2, -0.1, True, "b"),
        (0.1, 0.2, False, "b"),
        (-0.2, -0.1, False, "a"),
        (-0.1, 0.1, True, ""),
        (None, None, True, ""),
    ],
)
def test_a_verdict_needs_an_interval_beyond_zero(
    low: float | None, high: float | None, higher_is_better: bool, verdict: str
) -> None:
    assert Difference("x", 0, 0, Estimate(0.0, low, high), higher_is_better).verdict == verdict


def test_mcnemar_is_the_binomial_test_of_the_rows_only_one_gets_right() -> None:
    a, b = predictions(1), predictions(2)
    found = compare(a, b)
    right_a, right_b = a.answer == a.truth, b.answer == b.truth
    only_a, only_b = int((right_a & ~right_b).sum()), int((~right_a & right_b).sum())
    assert (found.mcnemar.only_a, found.mcnemar.only_b) == (only_a, only_b)
    assert found.mcnemar.p == pytest.approx(binomtest(only_a, only_a + only_b).pvalue)
    assert sorted(found.only_a) == np.flatnonzero(right_a & ~right_b).tolist()
    assert sorted(found.only_b) == np.flatnonzero(~right_a & right_b).tolist()
    assert (np.diff(a.probabilities[found.only_a].max(axis=1)) <= 0).all()
    assert (np.diff(b.probabilities[found.places_b[found.only_b]].max(axis=1)) <= 0).all()


def test_rows_meet_by_their_number_in_any_order() -> None:
    a, b = predictions(1), predictions(2)
    shuffled = b.of(np.random.default_rng(5).permutation(N)[: N // 2])
    found = compare(a, shuffled)
    common = a.of(np.isin(a.row, shuffled.row))
    assert found.n == N // 2
    assert found.differences[0].a == pytest.approx(measure(common.truth, common.answer).accuracy)
    there = found.places_b >= 0
    assert (shuffled.row[found.places_b[there]] == a.row[there]).all()


def test_missed_faces_are_wrong_and_say_nothing_of_certainty() -> None:
    a, b = predictions(1), predictions(2)
    seen = np.arange(N) >= 40
    found = by_name(replace(a, seen=seen), replace(b, seen=seen))
    kept = a.of(seen)
    assert found["accuracy"].a == pytest.approx((kept.answer == kept.truth).sum() / N)
    expected = reliability(kept.truth, kept.probabilities)
    assert found["log likelihood"].a == pytest.approx(expected.log_likelihood.value, abs=1e-6)
    assert found["calibration error"].a == pytest.approx(expected.error.value, abs=1e-6)


def test_without_votes_the_crowd_is_left_out() -> None:
    a, b = replace(predictions(1), votes=None), replace(predictions(2), votes=None)
    assert not any("crowd" in each.name for each in compare(a, b).differences)


def test_different_data_are_an_error() -> None:
    a, b = predictions(1), predictions(2)
    with pytest.raises(EvaluationError, match="no row in common"):
        compare(a, replace(b, row=b.row + N))
    with pytest.raises(EvaluationError, match="label differs"):
        compare(a, replace(b, truth=(b.truth + 1) % 5))


def answering(right: list[bool], sure: list[float] | None = None) -> Predictions:
    """Rows labelled angry, answered angry or happy with the certainty given."""
    n = len(right)
    shares = np.zeros((n, 5), dtype=np.float32)
    certainty = np.full(n, 0.8) if sure is None else np.array(sure)
    answers = np.where(right, 0, 1)
    shares[np.arange(n), answers] = certainty
    shares[np.arange(n), 1 - answers] = 1 - certainty
    none = np.zeros(n, dtype=bool)
    return Predictions(np.arange(n), np.full(n, "PublicTest"), np.zeros(n, dtype=np.int64), shares, none)


@pytest.mark.parametrize(
    ("both", "only_a", "only_b", "neither"),
    [
        pytest.param(5, 0, 0, 5, id="they never part"),
        pytest.param(0, 5, 0, 0, id="five to none: 1 in 16"),
        pytest.param(3, 1, 9, 2, id="one to nine"),
        pytest.param(0, 7, 7, 0, id="even"),
        pytest.param(100, 1, 0, 0, id="one row is no evidence"),
    ],
)
def test_mcnemar_by_hand(both: int, only_a: int, only_b: int, neither: int) -> None:
    right_a = [True] * both + [True] * only_a + [False] * only_b + [False] * neither
    right_b = [True] * both + [False] * only_a + [True] * only_b + [False] * neither
    found = compare(answering(right_a), answering(right_b)).mcnemar
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert (found.only_a, found.only_b) == (only_a, only_b)
    assert found.p == pytest.approx(expected, abs=1e-12)


def test_the_other_way_round_is_the_opposite() -> None:
    a, b = predictions(1, 1.5), predictions(2, 0.3)
    there, back = compare(a, b), compare(b, a)
    assert (there.mcnemar.only_a, there.mcnemar.only_b) == (back.mcnemar.only_b, back.mcnemar.only_a)
    assert there.mcnemar.p == back.mcnemar.p
    assert there.only_a.tolist() == back.only_b.tolist()
    opposite = {"a": "b", "b": "a", "": ""}
    for one, other in zip(there.differences, back.differences, strict=True):
        assert one.verdict == opposite[other.verdict], one.name
        assert one.difference.value == pytest.approx(-(other.difference.value or 0)), one.name
        assert one.difference.low == pytest.approx(-(other.difference.high or 0), abs=1e-6), one.name


def test_the_rows_where_they_part_are_places_in_the_first_and_the_surest_come_first() -> None:
    a = answering([True, False, True, False, True], [0.7, 0.6, 0.9, 0.95, 0.6])
    b = answering([False, True, False, True, True], [0.99, 0.8, 0.98, 0.9, 0.7])
    order = np.array([3, 0, 4, 2, 1])
    found = compare(a, b.of(order))
    # How sure the wrong one is does not matter.
    assert found.only_a.tolist() == [2, 0]
    assert found.only_b.tolist() == [3, 1]
    assert order[found.places_b].tolist() == [0, 1, 2, 3, 4]


def test_a_row_that_only_one_was_judged_on_is_in_no_list() -> None:
    a, b = answering([True] * 4), answering([False] * 4)
    found = compare(a, b.of(np.array([3, 1])))
    assert (found.n, found.only_a.tolist(), found.places_b.tolist()) == (2, [1, 3], [-1, 1, -1, 0])


def test_a_face_that_only_one_finds_counts_against_the_other() -> None:
    a, b = answering([True, True, False]), answering([True, True, True])
    found = compare(a, replace(b, seen=np.array([False, True, True])))
    figures = {each.name: each for each in found.differences}
    assert (found.only_a.tolist(), found.only_b.tolist()) == ([0], [2])
    assert figures["accuracy"].b == pytest.approx(2 / 3)
    assert figures["recall of angry"].b == pytest.approx(2 / 3)
    # An answer that was never given is no false alarm, and certainty is compared where both saw a face.
    assert figures["precision of angry"].b == 1
    assert figures["Brier score"].difference.n == 2


def test_no_face_found_at_all_leaves_certainty_undefined() -> None:
    blind = replace(answering([True, False]), seen=np.zeros(2, dtype=bool))
    figures = {each.name: each for each in compare(blind, blind).differences}
    for name in ("log likelihood", "Brier score", "calibration error", "precision of angry"):
        assert figures[name].a is None, name
        assert figures[name].verdict == "", name
    assert figures["accuracy"].a == 0


def test_only_leaked_rows_leave_the_accuracy_without_them_undefined() -> None:
    leaked = replace(answering([True, False]), leaked=np.ones(2, dtype=bool))
    figures = {each.name: each for each in compare(leaked, leaked).differences}
    assert figures["accuracy without leaked rows"].difference == Estimate(None)


@pytest.mark.parametrize("lacking", ["a", "b"])
def test_votes_that_one_side_has_are_enough(lacking: str) -> None:
    a, b = predictions(1), predictions(2)
    whole = by_name(a, b)
    found = by_name(
        replace(a, votes=None) if lacking == "a" else a, replace(b, votes=None) if lacking == "b" else b
    )
    assert found == whole


@pytest.mark.parametrize("name", ["log likelihood", "macro F1", "recall of sad", "calibration error"])
def test_comparing_again_gives_the_same_interval(name: str) -> None:
    a, b = predictions(1), predictions(2)
    assert by_name(a, b)[name].difference == by_name(a, b)[name].difference


def test_a_row_that_leaked_to_either_model_is_leaked() -> None:
    a, b = predictions(1), predictions(2)
    half = replace(b, leaked=np.arange(N) < N // 2)
    clean = replace(a, leaked=np.zeros(N, dtype=bool))
    for first, second in ((clean, half), (half, clean)):
        assert by_name(first, second)["accuracy without leaked rows"].difference.n == N // 2
