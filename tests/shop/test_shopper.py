from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from fer_core.errors import CatalogueError, ShopError
from fer_core.labels import LABELS
from fer_core.settings import PROJECT_ROOT
from fer_core.shop import shopper as shopper_module
from fer_core.shop.baskets import BasketRules
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.lessons import ShownPanel
from fer_core.shop.recommender import Panel, starting_weights
from fer_core.shop.shopper import Shop, Shopper
from fer_core.vision.faces import Box, Face, FaceReading, Frame


class Mirror:
    """An analyzer that reads whatever it is told to."""

    name = "a mirror"

    def __init__(self) -> None:
        self.label = "happy"

    def detect(self, bgr: np.ndarray) -> tuple[Face, ...]:
        return (Face(Box(10, 10, 40, 40), 0.9),)

    def read(self, bgr: np.ndarray, faces: tuple[Face, ...]) -> tuple[FaceReading, ...]:
        shares = {name: 0.96 if name == self.label else 0.01 for name in LABELS}
        return tuple(FaceReading(face.box, face.score, shares) for face in faces)


@pytest.fixture(scope="module")
def shop() -> Shop:
    catalogue = Catalogue.load(PROJECT_ROOT / "data" / "products.csv")
    return Shop(catalogue, starting_weights(catalogue), BasketRules.of(catalogue))


@pytest.fixture
def shopper(shop: Shop) -> Shopper:
    analyzer: Any = Mirror()
    return Shopper(analyzer, shop, seed=1)


def ids(panel: Panel) -> list[str]:
    return [card.product.id for card in panel.cards]


def pick(shopper: Shopper, label: str = "happy", now: float = 0.0) -> Panel:
    return shopper.pick(label, 0.8, now)[1]


def look(shopper: Shopper, seconds: float, start: float = 0.0) -> Panel:
    """A stream of ten frames a second, and the panel at its end."""
    for time in np.arange(start, start + seconds, 0.1):
        shopper.pipeline.process(Frame(np.zeros((60, 60, 3), np.uint8), float(time)))
        panel = shopper.follow_stream(float(time))[1]
    return panel


def test_the_same_expression_keeps_its_cards_whatever_is_pressed(shopper: Shopper) -> None:
    panel = pick(shopper)
    shopper.put_in_basket(ids(panel)[0])
    shopper.reject(ids(panel)[1])
    assert pick(shopper, now=99.0) is panel


def test_a_rejected_product_is_not_shown_again_and_can_be_taken_back(shopper: Shopper) -> None:
    first = ids(pick(shopper))[0]
    shopper.reject(first)
    assert shopper.rejected == {first}
    for now in range(1, 8):
        shopper.other_cards(float(now))
        assert first not in ids(pick(shopper, now=float(now)))
    shopper.reject(first, False)
    assert shopper.rejected == frozenset()


def test_two_of_a_category_that_are_not_for_one_take_the_category_away_for_a_while(shopper: Shopper) -> None:
    for now, label in enumerate(LABELS * 8):
        panel = pick(shopper, label, float(now))
        for card in panel.cards:
            if card.product.category == "Music":
                shopper.reject(card.product.id)
        if "Music" in shopper.avoided(float(now)):
            break
    assert "Music" in shopper.avoided(float(now))
    shopper.other_cards(float(now))
    assert "Music" not in {card.product.category for card in pick(shopper, label, float(now)).cards}
    assert "Music" not in shopper.avoided(now + 1_000.0)


def test_a_full_basket_brings_a_companion(shopper: Shopper) -> None:
    shopper.put_in_basket(ids(pick(shopper))[0])
    shopper.other_cards(1.0)
    panel = pick(shopper, now=1.0)
    assert any("Goes with your basket" in card.reason for card in panel.cards)
    assert not {product.id for product in shopper.basket} & set(ids(panel))
    shopper.put_in_basket(shopper.basket[0].id, False)
    assert shopper.basket == ()


def test_a_held_expression_is_read_while_the_cards_are_on_show(shopper: Shopper) -> None:
    look(shopper, 4.0)
    rows = shopper.reactions()
    assert len(rows) == 6
    for _, reaction, likelihood in rows:
        assert reaction.positive == pytest.approx(3.7, abs=0.3)
        assert likelihood > 0.2


class Kept:
    """Keeps panels in memory, unless it is told to fail."""

    def __init__(self) -> None:
        self.sessions: dict[str, list[ShownPanel]] = {}
        self.fails = False

    def keep(self, session: str, panels: Iterable[ShownPanel]) -> int:
        if self.fails:
            raise ShopError("It is away.")
        self.sessions.setdefault(session, []).extend(panels)
        return sum(len(panel.lessons) for panel in panels)

    def forget(self, session: str) -> None:
        if self.fails:
            raise ShopError("It is away.")
        self.sessions.pop(session, None)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def react(shopper: Shopper, now: float = 0.0) -> None:
    """Put a card into the basket and see the panel go."""
    shopper.put_in_basket(ids(pick(shopper, now=now))[0])
    shopper.other_cards(now + 0.5)


def test_what_was_shown_is_kept_when_the_panel_goes(shopper: Shopper, kept: Kept) -> None:
    shopper.agree(True)
    look(shopper, 4.0)
    assert shopper.hand_over(kept) == 0
    analyzer: Any = shopper.pipeline.analyzer
    analyzer.label = "sad"
    look(shopper, 6.0, start=4.0)
    assert shopper.hand_over(kept) == 6
    assert shopper.hand_over(kept) == 0
    (panel,) = kept.sessions[shopper.name]
    assert len(panel.teaching) == 6
    assert all(lesson.reaction.positive > 2 for lesson in panel.teaching)
    assert panel.label == "happy"
    assert panel.blend is not None
    assert panel.blend["happy"] > 0.8
    assert shopper.cards_kept == 6


def test_cards_that_flew_by_were_shown_but_teach_nothing(shopper: Shopper, kept: Kept) -> None:
    shopper.agree(True)
    for now, label in enumerate(LABELS):
        pick(shopper, label, float(now))
    assert shopper.hand_over(kept) == 6 * (len(LABELS) - 1)
    panels = kept.sessions[shopper.name]
    assert [panel.number for panel in panels] == [0, 1, 2, 3]
    assert not any(panel.teaching for panel in panels)


def test_panels_are_kept_by_the_clock_of_the_wall(shop: Shop, kept: Kept) -> None:
    times = iter(range(1_700_000_000, 1_700_000_100, 10))
    analyzer: Any = Mirror()
    shopper = Shopper(analyzer, shop, seed=1, clock=lambda: float(next(times)))
    shopper.agree(True)
    react(shopper)
    shopper.hand_over(kept)
    ((panel,),) = kept.sessions.values()
    assert panel.left - panel.shown == 10


def test_who_does_not_agree_leaves_nothing_behind(shopper: Shopper, kept: Kept) -> None:
    react(shopper)
    # Also not when the shopper agrees later: that holds for what comes then.
    shopper.agree(True)
    assert shopper.hand_over(kept) == 0
    assert kept.sessions == {}


def test_what_cannot_be_kept_waits_and_is_sent_again(shopper: Shopper, kept: Kept) -> None:
    shopper.agree(True)
    react(shopper)
    kept.fails = True
    with pytest.raises(ShopError):
        shopper.hand_over(kept)
    assert (shopper.cards_waiting, shopper.cards_kept) == (6, 0)
    kept.fails = False
    assert shopper.hand_over(kept) == 6
    assert (shopper.cards_waiting, shopper.cards_kept) == (0, 6)


def test_what_waits_is_bounded_and_what_is_given_up_is_counted(
    shopper: Shopper, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shopper_module, "_MOST_WAITING", 2)
    shopper.agree(True)
    for now in range(4):
        react(shopper, float(now))
    assert shopper.cards_waiting + shopper.cards_lost == 4 * 6
    assert shopper.hand_over(kept) == 12
    assert [panel.number for panel in kept.sessions[shopper.name]] == [2, 3]


def test_reactions_of_before_the_agreement_stay_here(shopper: Shopper, kept: Kept) -> None:
    shopper.put_in_basket(ids(pick(shopper))[0])
    # The panel has been looked at already: it counts as before.
    shopper.agree(True)
    shopper.other_cards(1.0)
    assert shopper.hand_over(kept) == 0
    react(shopper, 1.0)
    assert shopper.hand_over(kept) == 6


def test_a_basket_of_before_the_agreement_is_no_reaction_of_after_it(shop: Shop, kept: Kept) -> None:
    few = Shop(Catalogue(shop.catalogue.products[:3]), shop.weights)
    analyzer: Any = Mirror()
    shopper = Shopper(analyzer, few, seed=1)
    first, second = ids(pick(shopper))[:2]
    shopper.put_in_basket(first)
    shopper.reject(second)
    shopper.agree(True)
    for now in (1.0, 2.0):
        shopper.other_cards(now)
    assert {first, second} <= set(ids(pick(shopper, now=2.0)))
    shopper.hand_over(kept)
    (panels,) = kept.sessions.values()
    assert not any(
        lesson.reaction.basket or lesson.reaction.rejected for panel in panels for lesson in panel.lessons
    )
    assert not any(panel.teaching for panel in panels)


def test_who_takes_the_agreement_back_hands_on_nothing_that_waits(shopper: Shopper, kept: Kept) -> None:
    shopper.agree(True)
    react(shopper)
    shopper.agree(False)
    shopper.agree(True)
    assert shopper.hand_over(kept) == 0


def test_what_was_deleted_does_not_come_back(shopper: Shopper, kept: Kept) -> None:
    shopper.agree(True)
    react(shopper)
    assert shopper.hand_over(kept) == 6
    shopper.put_in_basket(ids(pick(shopper, now=1.0))[0])
    name = shopper.name
    shopper.forget(kept)
    shopper.other_cards(2.0)
    assert shopper.hand_over(kept) == 0
    assert kept.sessions == {}
    assert shopper.name != name


def test_a_session_that_cannot_be_deleted_keeps_its_name(shopper: Shopper, kept: Kept) -> None:
    shopper.agree(True)
    react(shopper)
    shopper.hand_over(kept)
    kept.fails = True
    name = shopper.name
    with pytest.raises(ShopError):
        shopper.forget(kept)
    assert shopper.name == name


def test_while_no_card_is_on_show_nothing_is_looked_at(shopper: Shopper, shop: Shop) -> None:
    look(shopper, 2.0)
    before = {product.id: reaction.seconds for product, reaction, _ in shopper.reactions()}
    for time in np.arange(2.0, 6.0, 0.1):
        shopper.pipeline.process(Frame(np.zeros((60, 60, 3), np.uint8), float(time)))
        with pytest.raises(CatalogueError):
            shopper.follow_stream(float(time), frozenset(shop.catalogue.categories))
    after = {product.id: reaction.seconds for product, reaction, _ in shopper.reactions()}
    assert before.keys() == after.keys()
    assert all(after[name] < before[name] + 0.3 for name in before)


def test_what_is_in_the_basket_stays_so_when_its_card_returns(shop: Shop) -> None:
    few = Shop(Catalogue(shop.catalogue.products[:3]), shop.weights)
    analyzer: Any = Mirror()
    shopper = Shopper(analyzer, few, seed=1)
    bought = ids(pick(shopper))[0]
    shopper.put_in_basket(bought)
    shopper.other_cards(1.0)
    assert bought in ids(pick(shopper, now=1.0))
    reaction = {product.id: reaction for product, reaction, _ in shopper.reactions()}[bought]
    assert reaction.basket


def test_what_is_taken_out_later_was_not_bought(shopper: Shopper) -> None:
    bought = ids(pick(shopper))[0]
    shopper.put_in_basket(bought)
    shopper.other_cards(1.0)
    shopper.put_in_basket(bought, False)
    assert shopper.basket == ()
    reaction = {product.id: reaction for product, reaction, _ in shopper.reactions()}[bought]
    assert not reaction.basket


def test_details_count_once_a_look(shopper: Shopper) -> None:
    first = ids(pick(shopper))[0]
    shopper.open_details(first)
    ((product, reaction, _),) = shopper.reactions()
    assert (product.id, reaction.clicks) == (first, 1)
