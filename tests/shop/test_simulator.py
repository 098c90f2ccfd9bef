from __future__ import annotations

import numpy as np
import pytest

from fer_core.evaluation.judging import Predictions
from fer_core.settings import SHIPPED_MODELS
from fer_core.shop.simulator import World, make_world


@pytest.fixture(scope="module")
def predictions() -> Predictions:
    return Predictions.load(SHIPPED_MODELS / "facet" / "evaluation.npz")


def world(predictions: Predictions, **choice: float) -> World:
    return make_world(predictions, seed=3, **choice)  # type: ignore[arg-type]


def test_moods_are_as_frequent_as_said_and_seen_through_the_model_s_errors(predictions: Predictions) -> None:
    made = world(predictions, poker=0.0)
    moods, blends = made.visits(6_000, np.random.default_rng(0))
    assert np.bincount(moods, minlength=5) / 6_000 == pytest.approx(made.moods, abs=0.02)
    known = predictions.answer == predictions.truth
    for mood in range(5):
        recall = known[predictions.truth == mood].mean()
        seen = (blends[moods == mood].argmax(axis=1) == mood).mean()
        assert seen == pytest.approx(recall, abs=0.06)


def test_a_poker_face_says_nothing_of_the_mood(predictions: Predictions) -> None:
    moods, blends = world(predictions, poker=1.0).visits(8_000, np.random.default_rng(0))
    named = blends.argmax(axis=1)
    for mood in range(5):
        assert np.bincount(named[moods == mood], minlength=5) / (moods == mood).sum() == pytest.approx(
            np.bincount(named, minlength=5) / 8_000, abs=0.05
        )


def test_who_knows_the_tastes_expects_what_comes(predictions: Predictions) -> None:
    made = world(predictions, poker=0.3)
    moods, blends = made.visits(20_000, np.random.default_rng(1))
    expected = made.expected(blends)
    really = made.liking[:, moods].T
    assert expected.mean(axis=0) == pytest.approx(really.mean(axis=0), abs=0.05)
    # Where it expects the most, the most comes.
    best = expected.argmax(axis=1)
    assert really[np.arange(len(best)), best].mean() > really[:, expected.mean(axis=0).argmax()].mean() + 0.02


def test_tastes_without_moods_leave_nothing_to_see(predictions: Predictions) -> None:
    made = world(predictions, mood_matters=0.0)
    assert np.ptp(made.liking, axis=1) == pytest.approx(np.zeros(len(made.items)))


def test_the_same_seed_makes_the_same_world(predictions: Predictions) -> None:
    assert (world(predictions).liking == world(predictions).liking).all()
    assert (world(predictions).liking != make_world(predictions, seed=4).liking).any()
