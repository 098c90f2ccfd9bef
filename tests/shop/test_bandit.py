from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_core.labels import LABELS
from fer_core.shop.bandit import Bandit, Decision, Item

ITEMS = tuple(Item(name, f"c{at % 2}", 3.0 * at) for at, name in enumerate("abcd"))


def clear(label: str) -> dict[str, float]:
    return {name: 0.8 if name == label else 0.05 for name in LABELS}


def taught(seed: int = 0, *, sees: bool = True, rounds: int = 400) -> Bandit:
    """A bandit whose shoppers like "a" while they look happy and "b" while they look sad."""
    bandit, random = Bandit(seed, sees=sees), np.random.default_rng(seed)
    for _ in range(rounds):
        label = ("happy", "sad")[int(random.integers(2))]
        decision = bandit.draw(clear(label), ITEMS)
        bandit.learn(decision, 1.0 if decision.item.id == {"happy": "a", "sad": "b"}[label] else -0.2)
    return bandit


def test_it_learns_what_goes_with_which_expression() -> None:
    bandit = taught()
    for label, best in (("happy", 0), ("sad", 1)):
        assert bandit.probabilities(clear(label), ITEMS).argmax() == best
        assert bandit.probabilities(clear(label), ITEMS)[best] > 0.5


def test_a_blind_one_cannot_tell_expressions_apart() -> None:
    bandit = taught(sees=False)
    assert bandit.probabilities(clear("happy"), ITEMS) == pytest.approx(
        bandit.probabilities(clear("sad"), ITEMS)
    )


def test_without_a_face_it_still_chooses() -> None:
    assert taught().probabilities(None, ITEMS).sum() == pytest.approx(1)


def test_the_same_seed_and_history_choose_the_same() -> None:
    def drawn(seed: int) -> list[str]:
        bandit = Bandit(seed)
        found = []
        for _ in range(40):
            decision = bandit.draw(clear("happy"), ITEMS)
            bandit.learn(decision, 0.1)
            found.append(decision.item.id)
        return found

    assert drawn(1) == drawn(1) != drawn(2)


def test_weights_carry_what_was_learnt() -> None:
    bandit = taught()
    copy = Bandit(5, bandit.weights())
    assert copy.probabilities(clear("sad"), ITEMS) == pytest.approx(
        bandit.probabilities(clear("sad"), ITEMS), abs=1e-6
    )
    copy.learn(copy.draw(clear("sad"), ITEMS), -1.0)


@settings(max_examples=60, deadline=None)
@given(ids=st.lists(st.text(max_size=20), min_size=1, max_size=8, unique=True), category=st.text(max_size=20))
def test_no_text_confuses_it(ids: list[str], category: str) -> None:
    items = [Item(name, category, 1.0) for name in ids]
    bandit = Bandit(0)
    decision = bandit.draw(clear("happy"), items)
    bandit.learn(decision, 1.0)
    shares = bandit.probabilities(clear("happy"), items)
    assert len(shares) == len(items)
    assert shares.sum() == pytest.approx(1)


def test_two_texts_are_two_items() -> None:
    bandit = Bandit(0)
    items = [Item("a b", "c"), Item("a:b", "c"), Item("a|b", "c")]
    for _ in range(30):
        bandit.learn(Decision(None, tuple(items), 0, 1 / 3), 1.0)
        bandit.learn(Decision(None, tuple(items), 1, 1 / 3), -1.0)
        bandit.learn(Decision(None, tuple(items), 2, 1 / 3), -1.0)
    assert bandit.probabilities(None, items).argmax() == 0


@pytest.mark.parametrize(
    ("chosen", "probability"),
    [
        pytest.param(4, 0.5, id="no such item"),
        pytest.param(0, 0.0, id="what cannot happen"),
        pytest.param(0, 1.1, id="more than sure"),
        pytest.param(0, float("nan"), id="no number"),
    ],
)
def test_a_decision_checks_itself(chosen: int, probability: float) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Decision(None, ITEMS, chosen, probability)


@pytest.mark.parametrize("reward", [1.5, -2.0, float("nan")])
def test_a_reward_out_of_range_is_refused(reward: float) -> None:
    bandit = Bandit(0)
    with pytest.raises(ValueError, match="reward"):
        bandit.learn(bandit.draw(None, ITEMS), reward)
