"""One shopper in front of the shop: the stream, the panel, and what the shopper's face and hands say to it."""

from __future__ import annotations

import math
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final, Protocol

from fer_core.errors import CatalogueError
from fer_core.live.pipeline import LivePipeline
from fer_core.live.session import SessionLog
from fer_core.live.smoothing import NO_FACE, ExpressionState
from fer_core.live.sources import state_from_label, state_from_readings
from fer_core.shop.bandit import Bandit
from fer_core.shop.baskets import BasketRules
from fer_core.shop.catalogue import Catalogue, Product
from fer_core.shop.lessons import Lesson, ShownPanel
from fer_core.shop.reactions import Avoidance, Reaction, ReactionReader, likelihood_to_buy, reward_of
from fer_core.shop.recommender import Panel, PanelKeeper, Recommender, Wishes
from fer_core.shop.visit import Visit
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.faces import FaceReading

#: Panels that wait while they cannot be kept; of more the oldest are given up.
_MOST_WAITING: Final = 200

#: Panels of a visit that its report can tell of; of more the oldest go.
_MOST_SHOWN: Final = 2_000


class Keeper(Protocol):
    """What keeps panels; ``fer_core.store.reaction_store.ReactionStore`` does."""

    def keep(self, session: str, panels: Iterable[ShownPanel]) -> int:
        """Keep them, and say how many cards they hold; ShopError where that is not known to have worked."""

    def forget(self, session: str) -> None:
        """Delete a session; ShopError where that is not known to have worked."""


@dataclass(frozen=True)
class Shop:
    """What every shopper begins with.

    Attributes:
        catalogue: what there is.
        weights: of the shared policy.
        rules: what goes with a basket.
        others: what earlier shoppers' reactions were worth, product id -> [-1, 1].
    """

    catalogue: Catalogue
    weights: bytes
    rules: BasketRules | None = None
    others: tuple[Mapping[str, float], ...] = ()


class Shopper:
    """Everything a browser session holds of a shopper. Only what ``hand_over`` passes on outlives it."""

    def __init__(
        self,
        analyzer: ExpressionAnalyzer,
        shop: Shop,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            analyzer: reads the faces.
            shop: what to begin with.
            seed: of the draws; None draws one.
            clock: Unix seconds, by which panels are kept.
        """
        self.pipeline = LivePipeline(analyzer)
        self.session = SessionLog()
        #: Names the lessons of this shopper and nobody; a new one has another.
        self.name = secrets.token_hex(16)
        self._products = {product.id: product for product in shop.catalogue.products}
        self._bandit = Bandit(secrets.randbelow(2**31) if seed is None else seed, shop.weights)
        self._keeper = PanelKeeper(Recommender(shop.catalogue, self._bandit, shop.rules, shop.others))
        self._reader = ReactionReader()
        self._avoidance = Avoidance()
        self._panel: Panel | None = None
        #: What the face shows, as of the last look.
        self.state = ExpressionState(None, NO_FACE)
        self._basket: dict[str, None] = {}
        self._rejected: set[str] = set()
        self._past: dict[str, Reaction] = {}
        self._clock = clock
        self._shown_at = clock()
        self._waiting: list[ShownPanel] = []
        self._panels = 0
        #: Another number for another panel.
        self.panels_shown = 0
        #: Cards that are kept, and that were given up because nothing could keep them.
        self.cards_kept = self.cards_lost = 0
        #: Panels of this visit that have gone, for the visitor's own report.
        self._gone: deque[ShownPanel] = deque(maxlen=_MOST_SHOWN)
        self._drawn = False
        self._agreed = False
        # Only a panel that came after the shopper agreed is handed on: no reaction of before.
        self._panel_agreed = False

    def follow_stream(
        self, now: float, blocked: Set[str] = frozenset(), *, drawn: bool = False
    ) -> tuple[ExpressionState, Panel]:
        """The newest state of the stream and the panel to show at ``now`` (monotonic seconds).

        A ``drawn`` face is nobody's: the shelf follows it, and it teaches nothing.

        Raises:
            CatalogueError: every category is blocked.
        """
        state = self.state = self.pipeline.latest.state
        self.session.add(state)
        if drawn:
            self._drawn = True
        else:
            self._reader.see(state)
        return state, self._update(state, now, blocked)

    def see_picture(
        self, readings: Sequence[FaceReading], now: float, blocked: Set[str] = frozenset()
    ) -> tuple[ExpressionState, Panel]:
        """The state and panel of a still picture's largest face, at once."""
        return self._still(state_from_readings(readings, self.pipeline.smoothing), now, blocked)

    def pick(
        self, label: str, strength: float, now: float, blocked: Set[str] = frozenset()
    ) -> tuple[ExpressionState, Panel]:
        """The state and panel of an expression picked by hand, at once."""
        return self._still(state_from_label(label, strength), now, blocked)

    def other_cards(self, now: float, blocked: Set[str] = frozenset()) -> None:
        """The shopper wants to see others; what the present ones taught counts for these already."""
        self._finish(now)
        self._take(self._keeper.renew(self.state, now, self._wishes(now, blocked)), now)

    def open_details(self, product: str) -> None:
        """The shopper wants to know more of a card."""
        self._reader.click(product)

    def put_in_basket(self, product: str, there: bool = True) -> None:
        """Into the basket, or out of it again."""
        if there and product in self._products:
            self._basket[product] = None
        else:
            self._basket.pop(product, None)
        self._reader.basket(product, there)

    def reject(self, product: str, rejected: bool = True) -> None:
        """Not for me, or that was a mistake."""
        (self._rejected.add if rejected else self._rejected.discard)(product)
        self._reader.reject(product, rejected)

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category of the shop."""
        return tuple(dict.fromkeys(product.category for product in self._products.values()))

    @property
    def basket(self) -> tuple[Product, ...]:
        """What is in the basket, the oldest first."""
        return tuple(self._products[each] for each in self._basket)

    @property
    def rejected(self) -> frozenset[str]:
        """Products that are not for this shopper."""
        return frozenset(self._rejected)

    def avoided(self, now: float) -> frozenset[str]:
        """Categories that are left out for a while."""
        return self._avoidance.avoided(now)

    def reactions(self) -> tuple[tuple[Product, Reaction, float], ...]:
        """Every product that got a reaction, with its likelihood to buy (a mock), the likeliest first."""
        known = {
            **self._past,
            **{each.product: each for each in self._reader.reactions if Lesson(each, None).says_something},
        }
        known = {name: self._as_it_stands(each) for name, each in known.items()}
        rows = [(self._products[name], each, likelihood_to_buy(each)) for name, each in known.items()]
        return tuple(sorted(rows, key=lambda row: -row[2]))

    def visit(self, now: float) -> Visit:
        """All that this visit has come to at ``now`` (monotonic seconds), for the visitor to take away."""
        panels = tuple(self._gone)
        if self._panel is not None and self._reader.reactions:
            panels += (self._as_shown(self._panel, self._reader.reactions),)
        # The stream's clock is steady, a panel's is the wall's.
        ahead = self._clock() - now
        states = tuple(replace(each, time=each.time + ahead) for each in self.session.newest(math.inf))
        return Visit(
            states,
            self.session.summary(),
            panels,
            self.pipeline.holding.results,
            self.pipeline.analyzer.name,
            self._products,
            self._drawn,
        )

    def agree(self, agreed: bool) -> None:
        """Let the reactions to panels that come from now on be kept and teach the shop, or none; what waits is dropped
        with a no."""
        self._agreed = agreed
        if not agreed:
            self._panel_agreed = False
            self._waiting.clear()

    @property
    def cards_waiting(self) -> int:
        """Cards of panels that have gone and are not kept yet."""
        return sum(len(panel.lessons) for panel in self._waiting)

    def forget(self, keeper: Keeper) -> None:
        """Delete this shopper's session, and take the agreement back.

        Raises:
            ShopError: it cannot be deleted.
        """
        keeper.forget(self.name)
        self.agree(False)
        self.name = secrets.token_hex(16)
        self._panels = self.cards_kept = self.cards_lost = 0

    def hand_over(self, keeper: Keeper) -> int:
        """Have kept what came of the panels since the last time, and say how many cards that were.

        None of a shopper who has not agreed.

        Raises:
            ShopError: it is not known to be kept; the next call tries again, and no card counts twice.
        """
        if not self._waiting:
            return 0
        panels = tuple(self._waiting)
        kept = keeper.keep(self.name, panels)
        del self._waiting[: len(panels)]
        self.cards_kept += kept
        return kept

    def _wishes(self, now: float, blocked: Set[str]) -> Wishes:
        worth = {name: reward_of(self._as_it_stands(reaction)) for name, reaction in self._past.items()}
        return Wishes(frozenset(blocked), self.avoided(now), self.rejected, frozenset(self._basket), worth)

    def _as_it_stands(self, reaction: Reaction) -> Reaction:
        """With the basket and the refusals of the whole visit, whenever they were."""
        return replace(
            reaction, basket=reaction.product in self._basket, rejected=reaction.product in self._rejected
        )

    def _still(self, state: ExpressionState, now: float, blocked: Set[str]) -> tuple[ExpressionState, Panel]:
        self.state = state
        return state, self._update(state, now, blocked, at_once=True)

    def _update(
        self, state: ExpressionState, now: float, blocked: Set[str], *, at_once: bool = False
    ) -> Panel:
        try:
            panel = self._keeper.update(state, now, self._wishes(now, blocked), at_once=at_once)
        except CatalogueError:
            # No card is on show, so none is looked at.
            self._finish(now)
            self._panel = None
            raise
        return self._take(panel, now)

    def _take(self, panel: Panel, now: float) -> Panel:
        """Learn from the panel that goes, and read reactions to the one that comes."""
        if panel is not self._panel:
            self._finish(now)
            self._panel = panel
            self.panels_shown += 1
            self._shown_at = self._clock()
            self._panel_agreed = self._agreed
            self._reader.show([(card.product.id, card.product.category) for card in panel.cards])
        return panel

    def _as_shown(self, panel: Panel, reactions: Sequence[Reaction]) -> ShownPanel:
        lessons = tuple(
            Lesson(reaction, card.decision) for card, reaction in zip(panel.cards, reactions, strict=True)
        )
        left = max(self._clock(), self._shown_at)
        return ShownPanel(self._panels, self._shown_at, left, panel.label, panel.blend, lessons)

    def _finish(self, now: float) -> None:
        """Take in what came of the cards on show; a second time there is nothing left to take in."""
        reactions = self._reader.reactions
        if self._panel is None or not reactions:
            return
        self._avoidance.take(reactions, now)
        gone = self._as_shown(self._panel, reactions)
        self._gone.append(gone)
        self._panels += 1
        self._past |= {each.reaction.product: each.reaction for each in gone.lessons if each.says_something}
        for lesson in gone.teaching:
            if lesson.decision is not None:
                self._bandit.learn(lesson.decision, reward_of(lesson.reaction))
        if self._panel_agreed:
            self._waiting.append(gone)
            for given_up in self._waiting[:-_MOST_WAITING]:
                self.cards_lost += len(given_up.lessons)
            del self._waiting[:-_MOST_WAITING]
        self._reader.show([])
