from __future__ import annotations

from dataclasses import fields

import pytest

from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, ExpressionState
from fer_core.shop.reactions import (
    COEFFICIENTS,
    Avoidance,
    Reaction,
    ReactionReader,
    likelihood_to_buy,
    reward_of,
)


def state(label: str, time: float) -> ExpressionState:
    if label == NO_FACE:
        return ExpressionState(None, NO_FACE, 0, time)
    return ExpressionState({name: 1.0 if name == label else 0.0 for name in LABELS}, label, 0, time)


def reader() -> ReactionReader:
    found = ReactionReader()
    found.show([("tea", "Drinks"), ("kite", "Games")])
    return found


def test_seconds_count_for_every_card_on_show_by_the_blend() -> None:
    found = reader()
    mixed = dict.fromkeys(LABELS, 0.0) | {"happy": 0.6, "sad": 0.3, "surprise": 0.1}
    for time in (0.0, 0.5, 1.5):
        found.see(ExpressionState(mixed, "happy", 0, time))
    for reaction in found.reactions:
        assert reaction.seconds == pytest.approx(1.5)
        assert reaction.positive == pytest.approx(0.9)
        assert reaction.negative == pytest.approx(0.45)
        assert reaction.surprise == pytest.approx(0.15)


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([1.0, 1.0, 1.0], id="the same state looked at again"),
        pytest.param([1.0, 60.0], id="a stream that stood still"),
        pytest.param([5.0, 4.0], id="a late frame"),
    ],
)
def test_time_that_was_not_seen_counts_nothing(times: list[float]) -> None:
    found = reader()
    for time in times:
        found.see(state("happy", time))
    assert {reaction.seconds for reaction in found.reactions} == {0.0}


def test_nobody_in_front_says_nothing() -> None:
    found = reader()
    for time in (0.0, 1.0, 2.0):
        found.see(state(NO_FACE, time))
    assert {reaction.seconds for reaction in found.reactions} == {0.0}


def test_hands_count_for_their_card_alone_and_can_be_taken_back() -> None:
    found = reader()
    found.click("tea")
    found.click("tea")
    found.basket("tea")
    found.reject("kite")
    tea, kite = found.reactions
    assert (tea.clicks, tea.basket, tea.rejected) == (2, True, False)
    assert (kite.clicks, kite.rejected) == (0, True)
    found.basket("tea", False)
    found.reject("kite", False)
    assert [(each.basket, each.rejected) for each in found.reactions] == [(False, False)] * 2


def test_a_press_on_a_card_that_has_gone_is_harmless() -> None:
    found = reader()
    for press in (found.click, found.basket, found.reject):
        press("gone")
    assert len(found.reactions) == 2


@pytest.mark.parametrize(
    ("more", "rises"),
    [
        ({"positive": 3.0}, True),
        ({"negative": 3.0}, False),
        ({"clicks": 1}, True),
        ({"basket": True}, True),
        ({"rejected": True}, False),
        ({"seconds": 5.0}, True),
    ],
)
def test_the_likelihood_moves_as_it_should(more: dict[str, float], rises: bool) -> None:
    plain = likelihood_to_buy(Reaction("tea", "Drinks"))
    assert (likelihood_to_buy(Reaction("tea", "Drinks", **more)) > plain) is rises  # type: ignore[arg-type]
    assert 0 < plain < 0.2


def test_surprise_counts_little_either_way() -> None:
    assert abs(COEFFICIENTS.surprise) < 0.2 * min(abs(COEFFICIENTS.positive), abs(COEFFICIENTS.negative))


def test_a_face_that_rests_for_minutes_is_no_hundredfold_wish() -> None:
    assert likelihood_to_buy(Reaction("tea", "D", positive=600)) == likelihood_to_buy(
        Reaction("tea", "D", positive=10)
    )


@pytest.mark.parametrize(
    ("reaction", "reward"),
    [
        pytest.param(Reaction("a", "c", basket=True, negative=9), 1.0, id="the basket decides"),
        pytest.param(Reaction("a", "c", rejected=True, positive=9), -1.0, id="not for me decides"),
        pytest.param(Reaction("a", "c", positive=2), 0.2, id="two seconds of a clear happy face"),
        pytest.param(Reaction("a", "c", negative=50), -0.5, id="held for long is half at most"),
        pytest.param(Reaction("a", "c", clicks=3, positive=9), 1.0, id="details and a happy face"),
        pytest.param(Reaction("a", "c", surprise=9), 0.0, id="surprise alone"),
        pytest.param(Reaction("a", "c", seconds=9), 0.0, id="on show and nothing else"),
    ],
)
def test_what_a_reaction_is_worth(reaction: Reaction, reward: float) -> None:
    assert reward_of(reaction) == pytest.approx(reward)


@pytest.mark.parametrize("name", [each.name for each in fields(Reaction) if each.type in ("float", "int")])
def test_a_reaction_checks_itself(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Reaction("a", "c", **{name: -1})  # type: ignore[arg-type]


def test_a_category_is_avoided_after_sustained_negatives_and_returns() -> None:
    avoidance = Avoidance(after=4.0, seconds=90.0)
    avoidance.take([Reaction("tea", "Drinks", negative=3.0)], 10.0)
    assert avoidance.avoided(10.0) == frozenset()
    avoidance.take([Reaction("mug", "Drinks", negative=1.5)], 20.0)
    assert avoidance.avoided(20.0) == {"Drinks"}
    assert avoidance.avoided(109.0) == {"Drinks"}
    assert avoidance.avoided(111.0) == frozenset()


def test_a_happy_face_makes_up_for_a_sad_one() -> None:
    avoidance = Avoidance(after=4.0)
    avoidance.take([Reaction("tea", "Drinks", negative=3.0)], 0.0)
    avoidance.take([Reaction("tea", "Drinks", positive=3.0)], 1.0)
    avoidance.take([Reaction("tea", "Drinks", negative=3.0)], 2.0)
    assert avoidance.avoided(2.0) == frozenset()


def test_two_that_are_not_for_me_are_enough_one_is_not() -> None:
    avoidance = Avoidance()
    avoidance.take([Reaction("tea", "Drinks", rejected=True)], 0.0)
    assert avoidance.avoided(0.0) == frozenset()
    avoidance.take([Reaction("mug", "Drinks", rejected=True)], 1.0)
    assert avoidance.avoided(1.0) == {"Drinks"}


def test_many_categories_share_an_expression() -> None:
    avoidance = Avoidance(after=4.0)
    avoidance.take([Reaction(f"p{at}", f"c{at}", negative=5.0) for at in range(5)], 0.0)
    assert avoidance.avoided(0.0) == frozenset()
