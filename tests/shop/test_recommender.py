from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from fer_core.errors import CatalogueError
from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN, ExpressionState
from fer_core.live.sources import state_from_label
from fer_core.settings import PROJECT_ROOT
from fer_core.shop.catalogue import Catalogue, Product
from fer_core.shop.recommender import PanelKeeper, RuleRecommender


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(PROJECT_ROOT / "data" / "products.csv")


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


def names(panel: object) -> list[str]:
    return [card.product.id for card in panel.cards]  # type: ignore[attr-defined]


def test_the_whole_blend_counts_not_one_label() -> None:
    loud, calm = product("loud", happy=0.6), product("calm", happy=0.5, sad=0.9)
    recommender = RuleRecommender(Catalogue((loud, calm)), size=2)
    mixed = ExpressionState(dict(zip(LABELS, (0.0, 0.55, 0.45, 0.0, 0.0), strict=True)), "happy")
    assert names(recommender.recommend(mixed)) == ["calm", "loud"]
    assert names(recommender.recommend(state_from_label("happy", 1.0))) == ["loud", "calm"]


def test_different_expressions_bring_different_panels(catalogue: Catalogue) -> None:
    recommender = RuleRecommender(catalogue)
    panels = {label: frozenset(names(recommender.recommend(state_from_label(label)))) for label in LABELS}
    for one in LABELS:
        for other in LABELS:
            assert one == other or len(panels[one] & panels[other]) <= 2


def test_at_most_two_of_a_category_while_others_remain(catalogue: Catalogue) -> None:
    for label in LABELS:
        panel = RuleRecommender(catalogue).recommend(state_from_label(label))
        assert len(panel.cards) == 6
        assert max(Counter(card.product.category for card in panel.cards).values()) <= 2


def test_a_short_catalogue_fills_the_panel_with_what_there_is() -> None:
    shelf = Catalogue(tuple(product(name, happy=0.5) for name in "abcd"))
    assert names(RuleRecommender(shelf, size=6).recommend(state_from_label("happy"))) == list("abcd")


def test_equal_products_stand_in_a_fixed_order() -> None:
    shelf = Catalogue(tuple(product(name, category=name, happy=0.5) for name in "dbca"))
    assert names(RuleRecommender(shelf, size=3).recommend(state_from_label("happy"))) == list("abc")


def test_a_blocked_category_never_appears_and_blocking_all_is_refused(catalogue: Catalogue) -> None:
    recommender = RuleRecommender(catalogue)
    panel = recommender.recommend(state_from_label("happy"), frozenset({"Gifts", "Games"}))
    assert not {card.product.category for card in panel.cards} & {"Gifts", "Games"}
    with pytest.raises(CatalogueError, match="Every category is blocked"):
        recommender.recommend(state_from_label("happy"), frozenset(catalogue.categories))


@pytest.mark.parametrize("label", LABELS)
def test_every_card_has_a_reason_of_its_own_that_names_the_expression(
    label: str, catalogue: Catalogue
) -> None:
    reasons = [card.reason for card in RuleRecommender(catalogue).recommend(state_from_label(label)).cards]
    assert len(set(reasons)) == len(reasons)
    assert sum(f"80% {label}" in reason for reason in reasons) >= 5
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
def test_without_a_clear_expression_the_panel_says_so_and_shows_every_kind(
    state: ExpressionState, words: str, catalogue: Catalogue
) -> None:
    panel = RuleRecommender(catalogue).recommend(state)
    assert all(words in card.reason for card in panel.cards)
    assert len({card.product.category for card in panel.cards}) == 6


def held(label: str, seconds: float = 0.0) -> ExpressionState:
    state = ExpressionState(None, NO_FACE) if label == NO_FACE else state_from_label(label)
    return ExpressionState(state.blend, label, seconds)


def test_a_panel_is_not_swapped_while_it_is_being_read(catalogue: Catalogue) -> None:
    keeper = PanelKeeper(RuleRecommender(catalogue), dwell=3.0)
    first = keeper.update(held("happy"), 0.0)
    assert keeper.update(held("sad"), 2.9) is first
    second = keeper.update(held("sad"), 3.0)
    assert second.label == "sad"
    assert keeper.update(held("sad", 9.0), 60.0) is second


def test_a_glance_away_changes_nothing_but_leaving_does(catalogue: Catalogue) -> None:
    keeper = PanelKeeper(RuleRecommender(catalogue), dwell=1.0, patience=6.0)
    first = keeper.update(held("happy"), 0.0)
    assert keeper.update(held(NO_FACE, 5.0), 10.0) is first
    assert keeper.update(held(NO_FACE, 6.0), 11.0).label == NO_FACE


def test_the_first_face_moves_a_panel_that_waited_for_one(catalogue: Catalogue) -> None:
    keeper = PanelKeeper(RuleRecommender(catalogue), dwell=1.0)
    keeper.update(held(NO_FACE), 0.0)
    assert keeper.update(held("happy"), 1.0).label == "happy"


def test_a_picture_or_a_blocked_category_acts_at_once_and_a_new_shopper_starts_clean(
    catalogue: Catalogue,
) -> None:
    keeper = PanelKeeper(RuleRecommender(catalogue))
    keeper.update(held("happy"), 0.0)
    assert keeper.update(held("sad"), 0.1, at_once=True).label == "sad"
    blocked = keeper.update(held("sad"), 0.2, frozenset({"Home"}))
    assert "Home" not in {card.product.category for card in blocked.cards}
    keeper.reset()
    assert keeper.update(held("angry"), 0.3).label == "angry"


def test_sizes_that_make_no_sense_are_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="at least one card"):
        RuleRecommender(catalogue, size=0)
