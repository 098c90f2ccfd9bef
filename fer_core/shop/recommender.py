"""From an expression to a panel of products that a bandit chooses; and a panel that keeps calm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from fer_core.errors import CatalogueError
from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN, ExpressionState
from fer_core.shop.bandit import Bandit, Decision, Item
from fer_core.shop.baskets import BasketRules
from fer_core.shop.baskets import in_words as rule_in_words
from fer_core.shop.catalogue import Catalogue, Product
from fer_core.shop.neighbours import in_words as liked_in_words
from fer_core.shop.neighbours import liked_by_similar

#: The line above the cards. What goes with which expression (the affinities in the catalogue) is mock: made up to show
#: the machinery, not taken from psychology.
_HEADLINES: Final = {
    "angry": "Something to let off steam",
    "happy": "Keep the good mood rolling",
    "sad": "A little comfort",
    "surprise": "For the curious",
    "neutral": "Everyday favourites",
    UNCERTAIN: "A bit of everything",
    NO_FACE: "Popular right now",
}

#: What the bandit may choose from at most; a first stage by affinity picks them out of a large catalogue.
MOST_CANDIDATES: Final = 64

#: Made-up impressions that teach a new bandit the catalogue's affinities, so that the first shopper sees no lottery.
_LESSONS: Final = 12_000


@dataclass(frozen=True)
class Card:
    """A product on show, why it is there (plain text), and the bandit's decision, None where it had no part in it."""

    product: Product
    reason: str
    decision: Decision | None = None


@dataclass(frozen=True)
class Panel:
    """The cards, best first, the line above them, and the label and blend they were chosen for."""

    cards: tuple[Card, ...]
    headline: str
    label: str
    blend: Mapping[str, float] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Wishes:
    """What a shopper has shown and said so far.

    Attributes:
        blocked: categories that are never shown.
        avoided: categories that are left out while there are others.
        rejected: products that are "not for me": left out while there are others.
        basket: products in the basket.
        worth: product id -> what the reaction to it was worth, in [-1, 1].
    """

    blocked: frozenset[str] = frozenset()
    avoided: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()
    basket: frozenset[str] = frozenset()
    worth: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "worth", MappingProxyType(dict(self.worth)))


class Recommender:
    """Fills a panel: never a blocked category; then full, if the catalogue allows; then of many categories.

    One card may come from the basket's rules and one from shoppers who reacted alike; the bandit draws all others.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        bandit: Bandit,
        rules: BasketRules | None = None,
        others: Sequence[Mapping[str, float]] = (),
        size: int = 6,
        per_category: int = 2,
    ) -> None:
        """
        Args:
            catalogue: what there is.
            bandit: chooses.
            rules: what goes with a basket; None for no such card.
            others: other shoppers' reactions, product id -> worth.
            size: cards of a panel.
            per_category: cards of one category while others remain.
        """
        if size < 1 or per_category < 1:
            raise ValueError(f"Expected at least one card and one a category, got {size} and {per_category}.")
        self._products = {product.id: product for product in catalogue.products}
        self._places = {product.id: at for at, product in enumerate(catalogue.products)}
        self._items = {product.id: item_of(product) for product in catalogue.products}
        self._affinity = np.array(
            [[product.affinity[label] for label in LABELS] for product in catalogue.products]
        )
        self._bandit = bandit
        self._rules = rules
        self._others = others
        self._size = size
        self._per_category = per_category

    def recommend(self, state: ExpressionState, wishes: Wishes | None = None) -> Panel:
        """The panel for a state.

        Raises:
            CatalogueError: every category is blocked.
        """
        wishes = wishes or Wishes()
        offered = [each for each in self._products.values() if each.category not in wishes.blocked]
        if not offered:
            raise CatalogueError("Every category is blocked; allow at least one.")
        blend = state.blend if state.label in LABELS else None
        chosen = self._companions(offered, wishes)
        taken = {card.product.id for card in chosen}
        unwanted = taken | wishes.rejected | wishes.basket
        wanted = [each for each in offered if each.id not in unwanted and each.category not in wishes.avoided]
        drawn = self._drawn(self._first_stage(wanted, blend), blend, state.label, chosen)
        taken |= {card.product.id for card in drawn}
        missing = self._size - len(chosen) - len(drawn)
        fillers = []
        if missing > 0:
            # A full panel comes before what is only avoided.
            rest = self._first_stage([each for each in offered if each.id not in taken], blend)
            fillers = [Card(each, f"{_appeal(each)}: there is little else left.") for each in rest[:missing]]
        cards = (*drawn, *fillers, *chosen)
        return Panel(cards[: self._size], _HEADLINES[state.label], state.label, state.blend)

    def _companions(self, offered: Sequence[Product], wishes: Wishes) -> list[Card]:
        """At most one card that goes with the basket, and one that similar shoppers liked."""
        allowed = {
            each.id
            for each in offered
            if each.id not in wishes.rejected and each.category not in wishes.avoided
        }
        cards: list[Card] = []
        if self._rules is not None and wishes.basket and self._size > 2:
            for rule in self._rules.goes_with(wishes.basket):
                if rule.product in allowed:
                    cards.append(Card(self._products[rule.product], rule_in_words(rule, self._products)))
                    break
        if self._size > 2:
            for liked in liked_by_similar(wishes.worth, self._others):
                if liked.product in allowed - wishes.basket - {card.product.id for card in cards}:
                    cards.append(Card(self._products[liked.product], liked_in_words(liked)))
                    break
        return cards

    def _first_stage(self, products: Sequence[Product], blend: Mapping[str, float] | None) -> list[Product]:
        """The products whose affinities meet the blend best, at most MOST_CANDIDATES, the best first."""
        shares = np.array([blend[label] if blend else 1 / len(LABELS) for label in LABELS])
        scores = (
            self._affinity[[self._places[each.id] for each in products]] @ shares if products else np.empty(0)
        )
        # Rounded so that the order of equal products is the same on every machine.
        order = np.lexsort((np.arange(len(products)), -scores.round(9)))
        return [products[at] for at in order[:MOST_CANDIDATES]]

    def _drawn(
        self,
        candidates: Sequence[Product],
        blend: Mapping[str, float] | None,
        label: str,
        companions: Sequence[Card],
    ) -> list[Card]:
        if not candidates:
            return []
        count = Counter(card.product.category for card in companions)
        left = list(candidates)
        cards: list[Card] = []
        while left and len(cards) + len(companions) < self._size:
            varied = [each for each in left if count[each.category] < self._per_category] or left
            decision = self._bandit.draw(blend, [self._items[each.id] for each in varied])
            product = varied[decision.chosen]
            cards.append(Card(product, _reason(product, blend, label, decision), decision))
            count[product.category] += 1
            left.remove(product)
        return cards


def item_of(product: Product) -> Item:
    """What the bandit knows of a product."""
    return Item(product.id, product.category, float(product.price))


def starting_weights(catalogue: Catalogue, seed: int = 0) -> bytes:
    """Weights of a bandit that has learnt the catalogue's affinities and nothing else."""
    random = np.random.default_rng(seed)
    bandit = Bandit(seed)
    for _ in range(_LESSONS):
        blend = dict(zip(LABELS, map(float, random.dirichlet(np.full(len(LABELS), 0.4))), strict=True))
        product = catalogue.products[int(random.integers(len(catalogue.products)))]
        reward = sum(blend[label] * product.affinity[label] for label in LABELS)
        bandit.learn(Decision(blend, (item_of(product),), 0, 1.0), max(-1.0, min(1.0, reward)))
    return bandit.weights()


class PanelKeeper:
    """The panel in front of one shopper: replaced calmly, never while it is being read.

    A new panel comes only when the label has changed and the current one has been up for ``dwell`` seconds. A lost
    or unclear expression replaces it only after ``patience`` seconds: a glance away is no wish.
    """

    def __init__(self, recommender: Recommender, dwell: float = 3.0, patience: float = 6.0) -> None:
        self._recommender = recommender
        self._dwell = dwell
        self._patience = patience
        self.reset()

    def reset(self) -> None:
        """Forget the panel: a new shopper."""
        self._panel: Panel | None = None
        self._since = 0.0
        self._blocked: frozenset[str] = frozenset()
        self._shown: tuple[object, ...] = ()

    def update(
        self, state: ExpressionState, now: float, wishes: Wishes | None = None, *, at_once: bool = False
    ) -> Panel:
        """The panel to show at ``now`` (seconds, any steady clock).

        ``at_once`` skips the waiting where the state is another one: for a still picture or an expression picked by
        hand. A change of the blocked categories acts at once as well.

        Raises:
            CatalogueError: every category is blocked.
        """
        wishes = wishes or Wishes()
        # Drawn anew, the same state would bring other cards, under the eyes of whoever only pressed a button.
        shown = (state.label, *(round(share, 3) for share in (state.blend or {}).values()))
        new = at_once and shown != self._shown
        if (
            self._panel is None
            or new
            or wishes.blocked != self._blocked
            or (not at_once and self._due(state, now, self._panel))
        ):
            self._panel = self._recommender.recommend(state, wishes)
            self._since, self._blocked, self._shown = now, wishes.blocked, shown
        return self._panel

    def renew(self, state: ExpressionState, now: float, wishes: Wishes) -> Panel:
        """Another panel now, because the shopper asked for it.

        Raises:
            CatalogueError: every category is blocked.
        """
        self._panel = None
        return self.update(state, now, wishes, at_once=True)

    def _due(self, state: ExpressionState, now: float, panel: Panel) -> bool:
        if state.label == panel.label or now - self._since < self._dwell:
            return False
        return state.label in LABELS or panel.label not in LABELS or state.held_for >= self._patience


def _appeal(product: Product) -> str:
    return product.appeal[0].upper() + product.appeal[1:]


def _reason(product: Product, blend: Mapping[str, float] | None, label: str, decision: Decision) -> str:
    how = "the shop's best guess" if decision.probability > 0.5 else "tried, to learn whether it fits,"
    if blend is None:
        why = "no face is in the picture" if label == NO_FACE else "no expression is clear"
        return f"{_appeal(product)}: {how} while {why}."
    return f"{_appeal(product)}: {how} while the expression reads {blend[label]:.0%} {label}."
