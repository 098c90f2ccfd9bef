"""Panels: what may stand in them whatever happens, why each card is there, and that they keep calm."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_core.errors import CatalogueError
from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN, ExpressionState
from fer_core.live.sources import state_from_label
from fer_core.settings import PROJECT_ROOT
from fer_core.shop.bandit import Bandit
from fer_core.shop.baskets import BasketRules
from fer_core.shop.catalogue import Catalogue, Product
from fer_core.shop.recommender import (
    MOST_CANDIDATES,
    Panel,
    PanelKeeper,
    Recommender,
    Wishes,
    starting_weights,
)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(PROJECT_ROOT / "data" / "products.csv")


@pytest.fixture(scope="module")
def weights(catalogue: Catalogue) -> bytes:
    return starting_weights(catalogue)


@pytest.fixture
def recommender(catalogue: Catalogue, weights: bytes) -> Recommender:
    return Recommender(catalogue, Bandit(1, weights))


def product(name: str, category: str = "C", **affinity: float) -> Product:
    return Product(
        name,
        name,
        category,
        Decimal(1),
        "",
        f"a {name}",
        {label: affinity.get(label, 0.0) for label in LABELS},
    )


def names(panel: Panel) -> list[str]:
    return [card.product.id for card in panel.cards]


TEXTS = st.text(min_size=1, max_size=30).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_offered_and_wished_the_panel_keeps_its_promises(data: st.DataObject) -> None:
    ids = data.draw(st.lists(TEXTS, min_size=1, max_size=20, unique=True))
    categories = data.draw(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
    shelf = Catalogue(
        tuple(
            product(name, data.draw(st.sampled_from(categories)), happy=data.draw(st.floats(-1, 1)))
            for name in ids
        )
    )
    some = st.frozensets(st.sampled_from(ids), max_size=5)
    wishes = Wishes(
        blocked=data.draw(st.frozensets(st.sampled_from(categories))),
        avoided=data.draw(st.frozensets(st.sampled_from(categories))),
        rejected=data.draw(some),
        basket=data.draw(some),
    )
    state = data.draw(
        st.sampled_from([state_from_label(label) for label in LABELS])
        | st.just(ExpressionState(None, NO_FACE))
    )
    size = data.draw(st.integers(1, 7))
    rules = BasketRules([frozenset(ids[:2])] * 3)

    def recommended() -> Panel:
        return Recommender(shelf, Bandit(7), rules, size=size).recommend(state, wishes)

    offered = [each for each in shelf.products if each.category not in wishes.blocked]
    if not offered:
        with pytest.raises(CatalogueError):
            recommended()
        return
    panel = recommended()
    assert len(set(names(panel))) == len(panel.cards) == min(size, len(offered))
    assert not {card.product.category for card in panel.cards} & wishes.blocked
    assert names(panel) == names(recommended())
    assert all(card.reason.strip() for card in panel.cards)


def test_what_is_not_wished_stays_out_while_there_is_enough_else(
    catalogue: Catalogue, weights: bytes
) -> None:
    best = names(Recommender(catalogue, Bandit(1, weights)).recommend(state_from_label("happy")))
    wishes = Wishes(avoided=frozenset({"Treats"}), rejected=frozenset(best[:2]), basket=frozenset(best[2:3]))
    for seed in range(20):
        panel = Recommender(catalogue, Bandit(seed, weights)).recommend(state_from_label("happy"), wishes)
        assert not set(names(panel)) & set(best[:3])
        assert "Treats" not in {card.product.category for card in panel.cards}
        assert len(panel.cards) == 6


def test_a_new_shop_goes_by_the_catalogue_s_affinities(catalogue: Catalogue, weights: bytes) -> None:
    for label in LABELS:
        met = [
            card.product.affinity[label]
            for seed in range(10)
            for card in Recommender(catalogue, Bandit(seed, weights)).recommend(state_from_label(label)).cards
        ]
        everything = [each.affinity[label] for each in catalogue.products]
        assert sum(met) / len(met) > sum(everything) / len(everything) + 0.3


def test_at_most_two_of_a_category_while_others_remain(recommender: Recommender) -> None:
    for label in LABELS:
        panel = recommender.recommend(state_from_label(label))
        assert len(panel.cards) == 6
        assert max(Counter(card.product.category for card in panel.cards).values()) <= 2


def test_a_large_catalogue_is_narrowed_to_what_meets_the_expression() -> None:
    shelf = Catalogue(
        tuple(product(f"p{at}", f"c{at % 40}", happy=1.0 if at % 10 == 0 else -1.0) for at in range(1_000))
    )
    panel = Recommender(shelf, Bandit(0)).recommend(state_from_label("happy"))
    assert all(card.product.affinity["happy"] == 1.0 for card in panel.cards)
    assert all(len(card.decision.offered) <= MOST_CANDIDATES for card in panel.cards if card.decision)


def test_a_blocked_category_never_appears_and_blocking_all_is_refused(
    catalogue: Catalogue, recommender: Recommender
) -> None:
    panel = recommender.recommend(state_from_label("happy"), Wishes(blocked=frozenset({"Gifts", "Games"})))
    assert not {card.product.category for card in panel.cards} & {"Gifts", "Games"}
    with pytest.raises(CatalogueError, match="Every category is blocked"):
        recommender.recommend(state_from_label("happy"), Wishes(blocked=frozenset(catalogue.categories)))


@pytest.mark.parametrize("label", LABELS)
def test_every_card_has_a_reason_of_its_own_that_names_the_expression(
    label: str, recommender: Recommender
) -> None:
    reasons = [card.reason for card in recommender.recommend(state_from_label(label)).cards]
    assert len(set(reasons)) == len(reasons)
    assert all(f"80% {label}" in reason for reason in reasons)
    assert not any(word in reason for reason in reasons for word in ("feel", "emotion"))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param(ExpressionState(None, NO_FACE), "no face is in the picture", id="no face"),
        pytest.param(
            ExpressionState(dict.fromkeys(LABELS, 0.2), UNCERTAIN), "no expression is clear", id="uncertain"
        ),
    ],
)
def test_without_a_clear_expression_the_panel_says_so(
    state: ExpressionState, words: str, recommender: Recommender
) -> None:
    assert all(words in card.reason for card in recommender.recommend(state).cards)


def test_one_card_goes_with_the_basket_and_says_so(catalogue: Catalogue, weights: bytes) -> None:
    rules = BasketRules.of(catalogue)
    bought = next(each.id for each in catalogue.products if rules.goes_with({each.id}))
    panel = Recommender(catalogue, Bandit(1, weights), rules).recommend(
        state_from_label("sad"), Wishes(basket=frozenset({bought}))
    )
    (card,) = [card for card in panel.cards if "basket" in card.reason]
    assert card.decision is None
    assert bought not in names(panel)


def test_one_card_is_what_similar_shoppers_liked_and_says_so(catalogue: Catalogue, weights: bytes) -> None:
    a, b, c = (each.id for each in catalogue.products[:3])
    others = [{a: 1.0, b: -1.0, c: 1.0}] * 2
    panel = Recommender(catalogue, Bandit(1, weights), None, others).recommend(
        state_from_label("sad"), Wishes(worth={a: 1.0, b: -1.0})
    )
    (card,) = [card for card in panel.cards if "reacted like you" in card.reason]
    assert card.product.id == c


def held(label: str, seconds: float = 0.0) -> ExpressionState:
    state = ExpressionState(None, NO_FACE) if label == NO_FACE else state_from_label(label)
    return ExpressionState(state.blend, label, seconds)


def test_a_panel_is_not_swapped_while_it_is_being_read(recommender: Recommender) -> None:
    keeper = PanelKeeper(recommender, dwell=3.0)
    first = keeper.update(held("happy"), 0.0)
    assert keeper.update(held("sad"), 2.9) is first
    second = keeper.update(held("sad"), 3.0)
    assert second.label == "sad"
    assert keeper.update(held("sad", 9.0), 60.0) is second


def test_a_glance_away_changes_nothing_but_leaving_does(recommender: Recommender) -> None:
    keeper = PanelKeeper(recommender, dwell=1.0, patience=6.0)
    first = keeper.update(held("happy"), 0.0)
    assert keeper.update(held(NO_FACE, 5.0), 10.0) is first
    assert keeper.update(held(NO_FACE, 6.0), 11.0).label == NO_FACE


def test_the_first_face_moves_a_panel_that_waited_for_one(recommender: Recommender) -> None:
    keeper = PanelKeeper(recommender, dwell=1.0)
    keeper.update(held(NO_FACE), 0.0)
    assert keeper.update(held("happy"), 1.0).label == "happy"


def test_a_picture_or_a_blocked_category_acts_at_once_and_a_new_shopper_starts_clean(
    recommender: Recommender,
) -> None:
    keeper = PanelKeeper(recommender)
    keeper.update(held("happy"), 0.0)
    assert keeper.update(held("sad"), 0.1, at_once=True).label == "sad"
    blocked = keeper.update(held("sad"), 0.2, Wishes(blocked=frozenset({"Home"})))
    assert "Home" not in {card.product.category for card in blocked.cards}
    keeper.reset()
    assert keeper.update(held("angry"), 0.3).label == "angry"


def test_sizes_that_make_no_sense_are_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="at least one card"):
        Recommender(catalogue, Bandit(0), size=0)


def test_the_same_picture_keeps_its_cards_until_others_are_asked_for(recommender: Recommender) -> None:
    keeper = PanelKeeper(recommender)
    first = keeper.update(held("happy"), 0.0, at_once=True)
    assert keeper.update(held("happy"), 50.0, at_once=True) is first
    other = keeper.renew(held("happy"), 51.0, Wishes(rejected=frozenset(names(first))))
    assert not set(names(first)) & set(names(other))
    assert keeper.update(held("happy"), 52.0, at_once=True) is other
