"""The mean of a few reactions, and how far it can be trusted."""

from __future__ import annotations

import math
from typing import Final

from scipy.special import stdtrit

from fer_core.evaluation.estimates import Estimate

#: With fewer shoppers there is "not enough evidence".
FEWEST_SHOPPERS: Final = 5


def mean_worth(n: int, total: float, squares: float, reach: float = 1.0) -> Estimate:
    """The mean over shoppers of what their reactions were worth, with its 95 % interval.

    The interval is Student's, over the shoppers and two more of whom one liked it wholly and one not at all, after the
    "plus four" interval of a share (Agresti and Coull 1998): five shoppers who agree are no proof that all do.

    Args:
        n: shoppers.
        total, squares: sum and sum of squares of one value in [-reach, reach] a shopper.
        reach: 1 for worth, 2 for a difference of two.

    Returns:
        value None where there are fewer than FEWEST_SHOPPERS.
    """
    if n < FEWEST_SHOPPERS:
        return Estimate(None, n=n)
    mean, more = total / n, n + 2
    centre = total / more
    variance = max((squares + 2) / more - centre**2, 0.0) * more / (more - 1)
    half = float(stdtrit(more - 1, 0.975)) * math.sqrt(variance / more)
    low, high = max(-reach, centre - half), min(reach, centre + half)
    return Estimate(mean, min(low, mean), max(high, mean), n)
