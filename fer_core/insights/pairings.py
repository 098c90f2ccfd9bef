"""Which categories go with an expression and which against it, and how far shoppers come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_core.evaluation.estimates import Estimate, share_of
from fer_core.insights.evidence import mean_worth
from fer_core.labels import LABELS

#: The steps from shown to basket, and the way out.
STEPS = ("shown", "seen", "opened", "basket", "rejected")


@dataclass(frozen=True)
class Pairing:
    """An expression and a category.

    Attributes:
        label, category: which.
        difference: how much more reactions to the category were worth, under that expression, than those to all other
            categories; value None where there is not enough evidence.
    """

    label: str
    category: str
    difference: Estimate

    @property
    def verdict(self) -> str:
        """``with``, ``against``, ``neither`` or ``not enough evidence``."""
        low, high = self.difference.low, self.difference.high
        if self.difference.value is None or low is None or high is None:
            return "not enough evidence"
        return "with" if low > 0 else "against" if high < 0 else "neither"


def pairings(cards: pd.DataFrame) -> tuple[Pairing, ...]:
    """Every expression of LABELS with every category, in that order; ``cards`` as ``newest_cards`` gives them.

    A happy shopper's reactions are worth more whatever is on show, and one shopper is easier to please than another: so
    a category is held against the others under the same expression of the same shopper, and who saw only one of both
    says nothing here.
    """
    known = cards[cards.worth.notna()]
    sums = known.groupby(["label", "category", "session"]).worth.agg(["sum", "count"])
    whole = sums.groupby(["label", "session"]).sum()
    found = []
    for label in LABELS:
        for category in sorted(cards.category.unique()):
            differences = np.empty(0)
            if (label, category) in sums.index:
                inside = sums.loc[(label, category)]
                rest = whole.loc[label].loc[inside.index] - inside
                both = rest["count"] > 0
                means = (inside["sum"] / inside["count"])[both] - (rest["sum"] / rest["count"])[both]
                differences = means.to_numpy()
            estimate = mean_worth(
                len(differences), float(differences.sum()), float((differences**2).sum()), reach=2.0
            )
            found.append(Pairing(label, category, estimate))
    return tuple(found)


def shoppers_by_step(cards: pd.DataFrame) -> Mapping[str, Estimate]:
    """The share of shoppers, of all who were shown anything, for whom at least one card came so far."""
    reached = cards.assign(shown=True).groupby("session")[list(STEPS)].any()
    return {step: share_of(int(reached[step].sum()), len(reached)) for step in STEPS}
