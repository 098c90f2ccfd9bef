"""A model against the crowd: does it name what most taggers name, and how far is its blend from their votes?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_core.errors import EvaluationError
from fer_core.evaluation.metrics import wilson_interval
from fer_core.labels import five_votes


@dataclass(frozen=True)
class CrowdAgreement:
    """A model's answers beside FER+ votes; what no row allows is None.

    Attributes:
        n: rows of which more than half of the votes name one of LABELS.
        accuracy, interval: share of those whose majority the model names, and its 95 % Wilson interval.
        rows: rows with any vote for one of LABELS.
        cross_entropy: mean over those of the cross-entropy of the model's probabilities against the five
            renormalised votes, nats.
        floor: the mean entropy of those votes, which no model can go below, nats.
    """

    n: int
    accuracy: float | None
    interval: tuple[float, float] | None
    rows: int
    cross_entropy: float | None
    floor: float | None


def crowd_majority(votes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """(N,) the position in LABELS that more than half of a row's ten kinds of votes name; -1 where there is none."""
    five = five_votes(votes)
    clear = five.max(axis=1, initial=0) * 2 > np.asarray(votes).sum(axis=1, dtype=np.int64)
    return np.where(clear, five.argmax(axis=1), -1).astype(np.int64)


def vote_shares(votes: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """(N, 5) votes for LABELS, renormalised; all zero for a row without any."""
    five = five_votes(votes).astype(np.float64)
    total = five.sum(axis=1, keepdims=True)
    return np.divide(five, total, out=np.zeros_like(five), where=total > 0)


def agree_with_crowd(probabilities: npt.NDArray[np.floating], votes: npt.NDArray[np.uint8]) -> CrowdAgreement:
    """Compare probabilities (N, 5), order of LABELS, with FER+ votes (N, 10).

    Raises:
        EvaluationError: lengths differ.
    """
    if len(probabilities) != len(votes):
        raise EvaluationError(f"Expected votes for {len(probabilities)} rows, got {len(votes)}.")
    majority = crowd_majority(votes)
    clear = majority >= 0
    n = int(clear.sum())
    right = int((np.asarray(probabilities).argmax(axis=1)[clear] == majority[clear]).sum()) if n else 0
    shares = vote_shares(votes)
    voted = shares.sum(axis=1) > 0
    rows = int(voted.sum())
    return CrowdAgreement(
        n=n,
        accuracy=right / n if n else None,
        interval=wilson_interval(right, n) if n else None,
        rows=rows,
        cross_entropy=_cross_entropy(shares[voted], np.asarray(probabilities)[voted]) if rows else None,
        floor=_cross_entropy(shares[voted], shares[voted]) if rows else None,
    )


def tagger_agreement(votes: npt.NDArray[np.uint8]) -> tuple[float | None, int]:
    """How often one tagger names what most of the others name: the human reference beside a model's agreement.

    Each tagger of a row in turn is set against the majority of the others' votes for LABELS; rows whose others are
    split count by the share of the tied labels. Only votes for LABELS, and rows with two or more of them, count.

    Returns:
        The mean share over rows, in [0, 1] (None without such rows), and how many rows there are.
    """
    five = five_votes(votes).astype(np.int64)
    total = five.sum(axis=1)
    five, total = five[total >= 2], total[total >= 2]
    if not len(five):
        return None, 0
    agreed = np.zeros(len(five))
    for at in range(five.shape[1]):
        others = five.copy()
        others[:, at] -= 1
        tied = others == others.max(axis=1, keepdims=True)
        agreed += np.where(five[:, at] > 0, five[:, at] * tied[:, at] / tied.sum(axis=1), 0.0)
    return float((agreed / total).mean()), len(five)


def _cross_entropy(shares: npt.NDArray[np.float64], given: npt.NDArray[np.floating]) -> float:
    return float(-(shares * np.log(np.clip(given, 1e-9, 1))).sum(axis=1).mean())
