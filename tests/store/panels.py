"""Panels to keep, as a shopper would leave them."""

from __future__ import annotations

from fer_core.labels import LABELS
from fer_core.shop.bandit import Decision, Item
from fer_core.shop.lessons import Lesson, ShownPanel
from fer_core.shop.reactions import Reaction

ITEMS = tuple(Item(f"p{at}", f"c{at % 3}", 1.5 * at + 1) for at in range(8))


def blend_of(label: str) -> dict[str, float]:
    clear = label if label in LABELS else "neutral"
    return {name: 0.8 if name == clear else 0.05 for name in LABELS}


def panel(
    number: int = 0, label: str = "happy", *, start: float = 1_700_000_000.0, basket: int = 0
) -> ShownPanel:
    """Six cards: five drawn, of which number ``basket`` went into the basket, and one companion."""
    lessons = [
        Lesson(
            Reaction(item.id, item.category, 3.0, 2.0, 0.1, 0.25, clicks=at % 2, basket=at == basket),
            Decision(blend_of(label), ITEMS[at:], 0, 0.5),
        )
        for at, item in enumerate(ITEMS[:5])
    ]
    lessons.append(Lesson(Reaction("p7", "c1", 3.0, rejected=True), None))
    left = start + 10 * number
    return ShownPanel(number, left, left + 8, label, blend_of(label), tuple(lessons))


def unseen(number: int = 0) -> ShownPanel:
    """A panel without a face that nobody reacted to."""
    lessons = tuple(Lesson(Reaction(item.id, item.category), None) for item in ITEMS[:6])
    return ShownPanel(number, 1_700_000_000.0, 1_700_000_001.0, "no face", None, lessons)
