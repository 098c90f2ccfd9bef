"""The mean of a few reactions, and how far it can be trusted."""

from __future__ import annotations

import math
from typing import Final

from scipy import stats

from fer_core.evaluation.estimates import Estimate

#: With fewer shoppers there is "not enough evidence".
FEWEST_SHOPPERS: Final = 5


def mean_worth(n: int, total: float, squares: float) -> Estimate:
    """The mean over shoppers of what their reactions were worth, in [-1, 1], with its 95 % interval.

    The interval is Student's, over the shoppers and two more of whom one liked it wholly and one not at all, after the
    "plus four" interval of a share (Agresti and Coull 1998): five shoppers who agree are no proof that all do.

    Args:
        n: shoppers.
        total, squares: sum and sum of squares of one value in [-1, 1] a shopper.

    Returns:
        value None where there are fewer than FEWEST_SHOPPERS.
    """
    if n < FEWEST_SHOPPERS:
        return Estimate(None, n=n)
    mean, more = total / n, n + 2
    centre = total / more
    variance = max((squares + 2) / more - centre**2, 0.0) * more / (more - 1)
    half = float(stats.t.ppf(0.975, more - 1)) * math.sqrt(variance / more)
    low, high = max(-1.0, centre - half), min(1.0, centre + half)
    return Estimate(mean, min(low, mean), max(high, mean), n)


def mean_difference(one: tuple[int, float, float], other: tuple[int, float, float]) -> Estimate:
    """How much more worth one group's reactions are than another's, each as (n, sum, sum of squares), with Welch's 95 %
    interval (Welch 1947).

    Returns:
        value None where either has fewer than FEWEST_SHOPPERS; ``n`` is the smaller.
    """
    smaller = min(one[0], other[0])
    if smaller < FEWEST_SHOPPERS:
        return Estimate(None, n=smaller)
    parts = []
    for n, total, squares in (one, other):
        # With the same two more shoppers as above.
        centre = total / (n + 2)
        variance = max((squares + 2) / (n + 2) - centre**2, 0.0) * (n + 2) / (n + 1)
        parts.append(variance / (n + 2))
    spread = sum(parts)
    freedom = spread**2 / sum(part**2 / (n + 1) for part, (n, _, _) in zip(parts, (one, other), strict=True))
    half = float(stats.t.ppf(0.975, freedom)) * math.sqrt(spread)
    value = one[1] / one[0] - other[1] / other[0]
    return Estimate(value, value - half, value + half, smaller)
