"""What a policy would have been worth, told from the log of another: the one that filled the shelf.

Each card that the bandit drew was logged with its probability. A policy that would have drawn it more often counts it
more: the self-normalised inverse propensity estimate (Swaminathan and Joachims 2015,
https://papers.nips.cc/paper/5748). It speaks of one place of a panel at a time, given what was left to choose from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from fer_core.errors import EvaluationError
from fer_core.evaluation.estimates import Estimate
from fer_core.shop.bandit import Bandit, Decision
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.lessons import Lessons, ShownPanel, taught_weights
from fer_core.shop.reactions import reward_of

#: The older sessions teach, the newer judge: a policy judged by what it learnt from would look better than it is.
_TEACH: Final = 0.7
_FEWEST_SESSIONS: Final = 10
#: Of effective cards; below, an estimate says nothing.
_FEWEST_CARDS: Final = 30.0
_MOST_CARDS: Final = 2_500


@dataclass(frozen=True)
class PolicyValue:
    """A policy's worth a card.

    Attributes:
        name: which.
        worth: in [-1, 1], with its 95 % interval, shoppers taken as wholes; value None where there is not enough
            evidence. ``n`` cards judge.
        effective: how many cards as many equal weights would be (Kish 1965).
    """

    name: str
    worth: Estimate
    effective: float


@dataclass(frozen=True)
class Judged:
    """Policies beside each other, and how many sessions taught and judged them."""

    policies: tuple[PolicyValue, ...]
    taught_by: int
    judged_by: int


def judge_policies(lessons: Lessons, start: bytes, catalogue: Catalogue) -> Judged:
    """What was shown, chance, the catalogue alone, and what was learnt with and without the expression.

    Args:
        lessons: the log.
        start: weights of a policy that knows the catalogue alone.
        catalogue: decisions about products that it no longer holds are left out.

    Raises:
        EvaluationError: too few sessions.
    """
    names = list(lessons.by_session)
    if len(names) < _FEWEST_SESSIONS:
        raise EvaluationError(
            f"A policy is judged from {_FEWEST_SESSIONS} sessions on; there are {len(names)} so far."
        )
    first = round(_TEACH * len(names))
    old = Lessons({name: lessons.by_session[name] for name in names[:first]}, "")
    drawn, rewards, shoppers = _drawn({name: lessons.by_session[name] for name in names[first:]}, catalogue)
    if not drawn:
        raise EvaluationError("The newest sessions hold no card that was drawn and reacted to.")
    logged = np.array([decision.probability for decision in drawn])
    policies: dict[str, npt.NDArray[np.float64]] = {
        "as shown": logged,
        "by chance": np.array([1 / len(decision.offered) for decision in drawn]),
    }
    learners = (
        ("the catalogue alone", start, True),
        ("learnt", taught_weights(old, start, catalogue), True),
        ("learnt, blind to the expression", taught_weights(old, start, catalogue, sees=False), False),
    )
    for name, weights, sees in learners:
        policies[name] = _probabilities(Bandit(0, weights, sees=sees), drawn)
    return Judged(
        tuple(_value(name, given / logged, rewards, shoppers) for name, given in policies.items()),
        first,
        len(np.unique(shoppers)),
    )


def self_normalised(
    weights: npt.NDArray[np.float64], rewards: npt.NDArray[np.float64], shoppers: npt.NDArray[np.int64]
) -> tuple[Estimate, float]:
    """The weighted mean of rewards with its 95 % interval, and the effective number of cards.

    The interval is that of a ratio of sums over shoppers (linearised, Student's t): cards of one shopper go together.

    Args:
        weights: (n,) probability under the policy over the logged one, at least 0.
        rewards: (n,) in [-1, 1].
        shoppers: (n,) whose card it was.
    """
    total = float(weights.sum())
    effective = total**2 / float((weights**2).sum()) if total > 0 else 0.0
    groups, at = np.unique(shoppers, return_inverse=True)
    if effective < _FEWEST_CARDS or len(groups) < 3:
        return Estimate(None, n=len(rewards)), effective
    value = float(weights @ rewards) / total
    # How far each shopper's cards pull the mean away from where it is.
    pulls = np.bincount(at, weights * (rewards - value))
    error = math.sqrt(float((pulls**2).sum()) * len(groups) / (len(groups) - 1)) / total
    half = float(stdtrit(len(groups) - 1, 0.975)) * error
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), len(rewards)), effective


def _drawn(
    sessions: Mapping[str, tuple[ShownPanel, ...]], catalogue: Catalogue
) -> tuple[list[Decision], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    known = {product.id for product in catalogue.products}
    found = [
        (lesson.decision, reward_of(lesson.reaction), at)
        for at, panels in enumerate(sessions.values())
        for panel in panels
        for lesson in panel.teaching
        if lesson.decision is not None and {item.id for item in lesson.decision.offered} <= known
    ][-_MOST_CARDS:]
    return (
        [decision for decision, _, _ in found],
        np.array([reward for _, reward, _ in found], dtype=np.float64),
        np.array([at for _, _, at in found], dtype=np.int64),
    )


def _probabilities(bandit: Bandit, drawn: list[Decision]) -> npt.NDArray[np.float64]:
    return np.array(
        [bandit.probabilities(each.blend, each.offered)[each.chosen] for each in drawn], dtype=np.float64
    )


def _value(
    name: str,
    weights: npt.NDArray[np.float64],
    rewards: npt.NDArray[np.float64],
    shoppers: npt.NDArray[np.int64],
) -> PolicyValue:
    return PolicyValue(name, *self_normalised(weights, rewards, shoppers))
