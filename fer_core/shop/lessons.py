"""What came of the panels a shopper saw, and the shared policy that is made from it.

A panel is recorded with products, decisions, seconds and clicks. No frame, no face, and nothing that says who somebody
is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN, checked_blend
from fer_core.shop.bandit import Bandit, Decision
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.reactions import Reaction, reward_of

#: A card that stood there for so many seconds and got no reaction was worth nothing; one that flew by says nothing.
SEEN: Final = 1.0


@dataclass(frozen=True)
class Lesson:
    """A card's decision, None where the bandit had no part in it, and what came of the card."""

    reaction: Reaction
    decision: Decision | None

    @property
    def says_something(self) -> bool:
        """Whether the shopper reacted to the card, or at least saw it."""
        reaction = self.reaction
        return bool(reaction.clicks or reaction.basket or reaction.rejected or reaction.seconds >= SEEN)


@dataclass(frozen=True)
class ShownPanel:
    """A panel that has gone, and what came of its cards.

    Attributes:
        number: of this session's panels, from 0; with the session's name it names the panel.
        shown, left: when it came and went, Unix seconds.
        label: what it was chosen for.
        blend: shares of LABELS at that time; None without a face.
        lessons: its cards, in their order.
    """

    number: int
    shown: float
    left: float
    label: str
    blend: Mapping[str, float] | None = field(hash=False)
    lessons: tuple[Lesson, ...]

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(f"Expected a panel's number of at least 0, got {self.number}.")
        if not 0 <= self.shown <= self.left:
            raise ValueError(f"Expected a panel to come before it goes, got {self.shown} and {self.left}.")
        if self.label not in (*LABELS, UNCERTAIN, NO_FACE):
            raise ValueError(f"Expected one of {(*LABELS, UNCERTAIN, NO_FACE)}, got {self.label!r}.")
        if self.blend is not None:
            object.__setattr__(self, "blend", MappingProxyType(checked_blend(self.blend)))

    @property
    def teaching(self) -> tuple[Lesson, ...]:
        """The lessons to learn from: once anything of a panel was reacted to, what was left alone counts as well."""
        if any(lesson.says_something for lesson in self.lessons):
            return self.lessons
        return ()


@dataclass(frozen=True)
class Lessons:
    """What teaches at one moment: session -> its panels, the oldest session first; another text for other lessons."""

    by_session: Mapping[str, tuple[ShownPanel, ...]]
    fingerprint: str


def taught_weights(lessons: Lessons, start: bytes, catalogue: Catalogue, *, sees: bool = True) -> bytes:
    """The shared policy, made anew from ``start`` and every lesson.

    Lessons of products that the catalogue no longer holds are left out. Without ``sees`` the policy is blind to the
    expression.
    """
    bandit = Bandit(0, start, sees=sees)
    known = {product.id for product in catalogue.products}
    for panels in lessons.by_session.values():
        for lesson in (lesson for panel in panels for lesson in panel.teaching):
            if lesson.decision is not None and {item.id for item in lesson.decision.offered} <= known:
                bandit.learn(lesson.decision, reward_of(lesson.reaction))
    return bandit.weights()


def worth_by_session(lessons: Lessons) -> tuple[Mapping[str, float], ...]:
    """What each session's reactions were worth, product id -> [-1, 1], the newest of each product."""
    return tuple(
        {lesson.reaction.product: reward_of(lesson.reaction) for panel in panels for lesson in panel.teaching}
        for panels in lessons.by_session.values()
    )
