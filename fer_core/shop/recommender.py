"""From an expression to a panel of products, by rules over the whole blend; and a panel that keeps calm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from fer_core.errors import CatalogueError
from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN, ExpressionState
from fer_core.shop.catalogue import Catalogue, Product

#: The line above the cards. The rules behind it (the affinities in the catalogue) are mock: made up to show the
#: machinery, not taken from psychology.
_HEADLINES: Final = {
    "angry": "Something to let off steam",
    "happy": "Keep the good mood rolling",
    "sad": "A little comfort",
    "surprise": "For the curious",
    "neutral": "Everyday favourites",
    UNCERTAIN: "A bit of everything",
    NO_FACE: "Popular right now",
}


@dataclass(frozen=True)
class Card:
    """A product on show, why it is there (plain text), and its score (higher is better)."""

    product: Product
    reason: str
    score: float


@dataclass(frozen=True)
class Panel:
    """The cards, best first, the line above them, and the label they were chosen for."""

    cards: tuple[Card, ...]
    headline: str
    label: str


class RuleRecommender:
    """Scores a product by how well its affinities meet the blend: the sum over LABELS of share times affinity."""

    def __init__(self, catalogue: Catalogue, size: int = 6, per_category: int = 2) -> None:
        """Show at most ``size`` cards, and at most ``per_category`` of one category while others remain."""
        if size < 1 or per_category < 1:
            raise ValueError(f"Expected at least one card and one a category, got {size} and {per_category}.")
        self._catalogue = catalogue
        self._size = size
        self._per_category = per_category

    def recommend(self, state: ExpressionState, blocked: Set[str] = frozenset()) -> Panel:
        """The panel for a state.

        Args:
            state: what the face shows. Without a clear expression, products that go with most expressions are
                shown and the reasons say so.
            blocked: categories never shown.

        Raises:
            CatalogueError: every category is blocked.
        """
        offered = [product for product in self._catalogue.products if product.category not in blocked]
        if not offered:
            raise CatalogueError("Every category is blocked; allow at least one.")
        clear = state.blend is not None and state.label in LABELS
        blend: Mapping[str, float] = (
            state.blend if clear and state.blend is not None else dict.fromkeys(LABELS, 1 / len(LABELS))
        )
        scored = sorted(
            ((_score(product, blend), product) for product in offered),
            key=lambda pair: (-pair[0], pair[1].id),
        )
        chosen = self._varied(scored, self._per_category if clear else 1)
        cards = tuple(
            Card(product, _reason(product, blend) if clear else _plain_reason(product, state.label), score)
            for score, product in chosen
        )
        return Panel(cards, _HEADLINES[state.label], state.label)

    def _varied(
        self, scored: Sequence[tuple[float, Product]], per_category: int
    ) -> list[tuple[float, Product]]:
        """The best, held to so many a category; once categories run out, the best of the rest fills up."""
        seen: Counter[str] = Counter()

        def within(pairs: Sequence[tuple[float, Product]]) -> Iterator[tuple[float, Product]]:
            for pair in pairs:
                seen[pair[1].category] += 1
                if seen[pair[1].category] <= per_category:
                    yield pair

        first = list(within(scored))
        taken = {product.id for _, product in first}
        rest = [pair for pair in scored if pair[1].id not in taken]
        return (first + rest)[: self._size]


class PanelKeeper:
    """The panel in front of one shopper: replaced calmly, never while it is being read.

    A new panel comes only when the label has changed and the current one has been up for ``dwell`` seconds. A lost
    or unclear expression replaces it only after ``patience`` seconds: a glance away is no wish.
    """

    def __init__(self, recommender: RuleRecommender, dwell: float = 3.0, patience: float = 6.0) -> None:
        self._recommender = recommender
        self._dwell = dwell
        self._patience = patience
        self.reset()

    def reset(self) -> None:
        """Forget the panel: a new shopper."""
        self._panel: Panel | None = None
        self._since = 0.0
        self._blocked: Set[str] = frozenset()

    def update(
        self, state: ExpressionState, now: float, blocked: Set[str] = frozenset(), *, at_once: bool = False
    ) -> Panel:
        """The panel to show at ``now`` (seconds, any steady clock).

        ``at_once`` skips the waiting: for a still picture or an expression picked by hand. A change of the blocked
        categories acts at once as well.

        Raises:
            CatalogueError: every category is blocked.
        """
        if self._panel is None or at_once or blocked != self._blocked or self._due(state, now, self._panel):
            self._panel = self._recommender.recommend(state, blocked)
            self._since = now
            self._blocked = frozenset(blocked)
        return self._panel

    def _due(self, state: ExpressionState, now: float, panel: Panel) -> bool:
        if state.label == panel.label or now - self._since < self._dwell:
            return False
        return state.label in LABELS or panel.label not in LABELS or state.held_for >= self._patience


def _score(product: Product, blend: Mapping[str, float]) -> float:
    # Rounded so that the order of equal products is the same on every machine.
    return round(sum(blend[label] * product.affinity[label] for label in LABELS), 9)


def _reason(product: Product, blend: Mapping[str, float]) -> str:
    driver = max(LABELS, key=lambda label: blend[label] * product.affinity[label])
    appeal = product.appeal[0].upper() + product.appeal[1:]
    return f"{appeal}: the expression reads {blend[driver]:.0%} {driver}."


def _plain_reason(product: Product, label: str) -> str:
    appeal = product.appeal[0].upper() + product.appeal[1:]
    why = "no face is in the picture" if label == NO_FACE else "no expression is clear"
    return f"{appeal}: goes with most expressions while {why}."
