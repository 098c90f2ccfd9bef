"""Shoppers with reactions that one can sum up by hand."""

from __future__ import annotations

from fer_core.shop.lessons import Lesson, ShownPanel
from fer_core.shop.reactions import Reaction
from fer_core.store.reaction_store import ReactionStore
from tests.store.panels import blend_of

START = 1_700_000_000.0
DAY = 86_400.0


def name(at: int) -> str:
    return f"{at:032x}"


def visit(
    *cards: Reaction, number: int = 0, label: str = "happy", start: float = START, seconds: float = 10.0
) -> ShownPanel:
    lessons = tuple(Lesson(card, None) for card in cards)
    blend = None if label == "no face" else blend_of(label)
    return ShownPanel(number, start, start + seconds, label, blend, lessons)


def liked(product: str, category: str = "c", **more: object) -> Reaction:
    return Reaction(product, category, 2.0, basket=True, **more)  # type: ignore[arg-type]


def refused(product: str, category: str = "c") -> Reaction:
    return Reaction(product, category, 2.0, rejected=True)


def passed(product: str, category: str = "c") -> Reaction:
    """Seen, and nothing came of it: worth 0."""
    return Reaction(product, category, 2.0)


def keep(
    store: ReactionStore, visits: list[list[ShownPanel]], *, simulated: bool = False, first: int = 0
) -> None:
    store.keep_many({name(first + at): panels for at, panels in enumerate(visits)}, simulated=simulated)
