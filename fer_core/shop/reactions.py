"""What a shopper's face and hands say to a product on show, and what that is worth.

An expression is what a face shows while a card is visible, not what a person feels about it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from fer_core.live.smoothing import ExpressionState

#: Expressions that count for and against what is on show. Surprise counts little either way, neutral not at all.
POSITIVE: Final = ("happy",)
NEGATIVE: Final = ("angry", "sad")

#: Seconds between two looks beyond which the stream stood still.
_STALL: Final = 2.0


@dataclass(frozen=True)
class Reaction:
    """What came of one card.

    Attributes:
        product: its id.
        category: its category.
        seconds: how long it was on show in front of a face.
        positive, negative, surprise: seconds of those, each weighed by the blend's share.
        clicks: how often its details were opened.
        basket: it was put into the basket.
        rejected: "not for me".
    """

    product: str
    category: str
    seconds: float = 0.0
    positive: float = 0.0
    negative: float = 0.0
    surprise: float = 0.0
    clicks: int = 0
    basket: bool = False
    rejected: bool = False

    def __post_init__(self) -> None:
        for name in ("seconds", "positive", "negative", "surprise", "clicks"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"Expected {name} of at least 0, got {getattr(self, name)}.")


@dataclass(frozen=True)
class Coefficients:
    """Of the likelihood to buy: a logistic in held seconds, dwell and clicks. Mock until somebody calibrates it."""

    start: float = -2.2
    positive: float = 0.35
    negative: float = -0.45
    surprise: float = 0.05
    seconds: float = 0.02
    click: float = 0.9
    basket: float = 3.0
    rejected: float = -3.0


#: The one place where the coefficients stand.
COEFFICIENTS: Final = Coefficients()

#: Held seconds beyond these add nothing: a face that rests for minutes does not want a thing a hundred times as much.
_MOST_SECONDS: Final = 10.0


def likelihood_to_buy(reaction: Reaction, by: Coefficients = COEFFICIENTS) -> float:
    """How likely the shopper is to buy the product, in (0, 1). A mock: nobody has calibrated the coefficients."""
    score = (
        by.start
        + by.positive * min(reaction.positive, _MOST_SECONDS)
        + by.negative * min(reaction.negative, _MOST_SECONDS)
        + by.surprise * min(reaction.surprise, _MOST_SECONDS)
        + by.seconds * min(reaction.seconds, _MOST_SECONDS)
        + by.click * min(reaction.clicks, 3)
        + by.basket * reaction.basket
        + by.rejected * reaction.rejected
    )
    return 1 / (1 + math.exp(-score))


def reward_of(reaction: Reaction) -> float:
    """What the bandit learns from, in [-1, 1]: 1 for the basket, -1 for "not for me", less for a click or a held face.

    A whole second of a clear expression moves it by a tenth, five seconds or more by half.
    """
    if reaction.basket:
        return 1.0
    if reaction.rejected:
        return -1.0
    held = 0.1 * (min(reaction.positive, 5.0) - min(reaction.negative, 5.0))
    return max(-1.0, min(1.0, held + 0.5 * min(reaction.clicks, 1)))


class ReactionReader:
    """Sums up what happens while cards are on show."""

    def __init__(self) -> None:
        self._shown: dict[str, Reaction] = {}
        self._time: float | None = None

    def show(self, cards: Sequence[tuple[str, str]]) -> None:
        """Other cards, as (product id, category), are on show from now on; what was summed up so far is forgotten.

        Only what happens from now on counts: what is in the basket already was no reaction to this panel.
        """
        self._shown = {product: Reaction(product, category) for product, category in cards}
        self._time = None

    @property
    def reactions(self) -> tuple[Reaction, ...]:
        """To every card on show, in their order."""
        return tuple(self._shown.values())

    def see(self, state: ExpressionState) -> None:
        """Take the next state of the stream; states of the same time count once, and a standing stream not at all."""
        before, self._time = self._time, state.time
        passed = 0.0 if before is None else state.time - before
        if state.blend is None or not 0 < passed <= _STALL:
            return
        positive = passed * sum(state.blend[label] for label in POSITIVE)
        negative = passed * sum(state.blend[label] for label in NEGATIVE)
        for product, old in self._shown.items():
            self._shown[product] = replace(
                old,
                seconds=old.seconds + passed,
                positive=old.positive + positive,
                negative=old.negative + negative,
                surprise=old.surprise + passed * state.blend["surprise"],
            )

    def click(self, product: str) -> None:
        """Its details were opened."""
        self._change(product, clicks=self._shown[product].clicks + 1 if product in self._shown else 0)

    def basket(self, product: str, there: bool = True) -> None:
        """It was put into the basket, or taken out again."""
        self._change(product, basket=there)

    def reject(self, product: str, rejected: bool = True) -> None:
        """Not for me, or that was a mistake."""
        self._change(product, rejected=rejected)

    def _change(self, product: str, **changes: object) -> None:
        # A card may have gone between the click and its arrival.
        if product in self._shown:
            self._shown[product] = replace(self._shown[product], **changes)  # type: ignore[arg-type]


class Avoidance:
    """Categories that a shopper's face turned away from: left out for a while, then tried again.

    A category is avoided once its cards have met ``after`` more seconds of negative than of positive expression; it
    returns after ``seconds``. Two cards that are "not for me" do the same. The seconds are shared among the cards on show, since nobody knows which one is looked
    at.
    """

    def __init__(self, after: float = 4.0, seconds: float = 90.0) -> None:
        self._after = after
        self._seconds = seconds
        self._balance: dict[str, float] = {}
        self._until: dict[str, float] = {}

    def take(self, reactions: Sequence[Reaction], now: float) -> None:
        """Take in what came of a panel that is replaced at ``now`` (monotonic seconds)."""
        for reaction in reactions:
            share = 1.0 / max(len({each.category for each in reactions}), 1)
            own = sum(each.category == reaction.category for each in reactions)
            change = (
                share * (reaction.negative - reaction.positive) / own + 0.5 * self._after * reaction.rejected
            )
            balance = max(0.0, self._balance.get(reaction.category, 0.0) + change)
            self._balance[reaction.category] = balance
            if balance >= self._after:
                self._until[reaction.category] = now + self._seconds
                self._balance[reaction.category] = 0.0

    def avoided(self, now: float) -> frozenset[str]:
        """The categories to leave out at ``now``."""
        return frozenset(category for category, until in self._until.items() if until > now)
