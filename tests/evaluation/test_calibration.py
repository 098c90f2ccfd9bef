from __future__ import annotations

import numpy as np
import pytest

from fer_core.errors import EvaluationError
from fer_core.evaluation.calibration import Blend, choose_blend, fit_temperature, pool
from fer_core.labels import FERPLUS_COLUMNS, FERPLUS_POSITIONS


def votes_for(positions: list[int]) -> np.ndarray:
    """All ten votes for one of LABELS."""
    votes = np.zeros((len(positions), len(FERPLUS_COLUMNS)), np.uint8)
    votes[np.arange(len(positions)), np.array(FERPLUS_POSITIONS)[positions]] = 10
    return votes


def sure_of(positions: list[int], share: float) -> np.ndarray:
    return np.eye(5)[positions] * (share - (1 - share) / 4) + (1 - share) / 4


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_targets_is_found_again(true_temperature: float) -> None:
    logits = np.random.default_rng(0).normal(0, 2, (500, 2, 5))
    rows = np.arange(500)
    asked = [(share, rows, pool(logits, share, true_temperature)) for share in (0.3, 1.0)]
    assert fit_temperature(logits, asked) == pytest.approx(true_temperature, rel=1e-2)


def test_of_two_heads_the_one_that_is_right_everywhere_gets_all() -> None:
    truth = [0, 1, 2, 3, 4] * 20
    wrong = [(each + 1) % 5 for each in truth]
    heads = np.stack([sure_of(wrong, 0.6), sure_of(truth, 0.9)], axis=1)
    blend = choose_blend(heads, np.array(truth), votes_for(truth))
    assert blend.label_share < 0.5
    assert (blend.label_accuracy, blend.crowd_accuracy) == (1, 1)
    assert (blend.rows, blend.crowd_rows) == (100, 100)


def test_heads_that_each_know_their_own_kind_of_label_are_weighed_against_each_other() -> None:
    # The label's head is sure where it counts, the crowd's hesitates on the same half: a blend serves both best.
    labels, crowd = [2] * 100, [4] * 60 + [2] * 40
    heads = np.stack([sure_of(labels, 0.6), sure_of(crowd, 0.9)], axis=1)
    blend = choose_blend(heads, np.array(labels), votes_for(crowd))
    assert blend.label_accuracy + (blend.crowd_accuracy or 0) == pytest.approx(1.4)


def test_without_votes_the_label_s_head_answers_alone() -> None:
    heads = np.stack([sure_of([1, 1, 3], 0.8), sure_of([0, 0, 0], 0.9)], axis=1)
    for votes in (None, np.zeros((3, 10), np.uint8)):
        blend = choose_blend(heads, np.array([1, 1, 0]), votes)
        assert (blend.label_share, blend.crowd_accuracy, blend.crowd_rows) == (1, None, 0)
        assert blend.label_accuracy == pytest.approx(2 / 3)


def test_no_rows_choose_nothing() -> None:
    with pytest.raises(EvaluationError, match="held back"):
        choose_blend(np.empty((0, 2, 5)), np.empty(0, np.int64), None)


@pytest.mark.parametrize(("share", "temperature"), [(-0.1, 1), (1.1, 1), (0.5, 0)])
def test_a_blend_checks_itself(share: float, temperature: float) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Blend(share, temperature, 1, 1, 1, 1)
