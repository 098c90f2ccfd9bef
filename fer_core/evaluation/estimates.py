"""A figure with its 95 % interval and the number of rows behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fer_core.evaluation.metrics import wilson_interval

#: How often rows are drawn anew; the ends of an interval then wander by a few hundredths of its width.
RESAMPLES: Final = 1_000


@dataclass(frozen=True)
class Estimate:
    """A figure; what is undefined is None.

    Attributes:
        value: the figure.
        low, high: its 95 % interval.
        n: rows behind it.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0

    def __str__(self) -> str:
        """``0.734 (0.717 to 0.750)``."""
        if self.value is None:
            return "undefined"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def share_of(successes: int, n: int) -> Estimate:
    """A share of n rows with its Wilson interval; undefined without rows."""
    if not n:
        return Estimate(None)
    low, high = wilson_interval(successes, n)
    return Estimate(successes / n, low, high, n)


def resampled_counts(
    counts: npt.NDArray[np.integer], resamples: int = RESAMPLES, seed: int = 0
) -> npt.NDArray[np.int64]:
    """What cells would count if as many rows were drawn anew from them (the bootstrap, Efron 1979): (resamples, *shape).

    Drawing rows with replacement and counting them by cell is drawing from a multinomial distribution.
    """
    flat = np.asarray(counts, dtype=np.int64).ravel()
    total = int(flat.sum())
    shares = flat / total if total else np.full(flat.size, 1 / max(flat.size, 1))
    drawn = np.random.default_rng(seed).multinomial(total, shares, size=resamples)
    return np.asarray(drawn.reshape(resamples, *np.shape(counts)), dtype=np.int64)


def resampled_weights(n: int, resamples: int = RESAMPLES, seed: int = 0) -> npt.NDArray[np.float32]:
    """How often each of n rows is drawn, over n: (resamples, n); times a column of rows it gives resampled means."""
    random = np.random.default_rng(seed)
    drawn = np.stack([np.bincount(random.integers(0, n, n), minlength=n) for _ in range(resamples)])
    return (drawn / n).astype(np.float32)


def with_interval(value: float | np.floating | None, resampled: npt.NDArray[np.floating], n: int) -> Estimate:
    """A figure with the percentile interval of its resampled values; those that are NaN are left out."""
    if value is None or not np.isfinite(value):
        return Estimate(None, n=n)
    known = resampled[np.isfinite(resampled)]
    if not len(known):
        return Estimate(float(value), n=n)
    low, high = np.percentile(known, (2.5, 97.5))
    return Estimate(float(value), float(low), float(high), n)
