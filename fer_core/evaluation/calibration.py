"""Which blend of two heads to release, and how sure it may sound: chosen on rows held back from training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from fer_core.errors import EvaluationError
from fer_core.evaluation.crowd import crowd_majority, vote_shares

_SHARES: Final = np.linspace(0, 1, 21)
#: Beyond these a temperature says that something else is wrong.
_COLDEST, _HOTTEST = 0.2, 5.0


@dataclass(frozen=True)
class Blend:
    """How two heads become one.

    Attributes:
        label_share: weight in [0, 1] of the head that learnt the original labels; the rest is the crowd's head.
        temperature: above 0, divides the logits of both heads before they are pooled.
        label_accuracy: share of the ``rows`` whose original label the blend names.
        crowd_accuracy: share of the ``crowd_rows`` (a majority of votes for one of LABELS) whose majority it names;
            None without such rows.
        rows, crowd_rows: how many rows chose it.
    """

    label_share: float
    temperature: float
    label_accuracy: float
    crowd_accuracy: float | None
    rows: int
    crowd_rows: int

    def __post_init__(self) -> None:
        if not 0 <= self.label_share <= 1 or self.temperature <= 0:
            raise ValueError(
                "Expected a share in [0, 1] and a temperature above 0, got "
                f"{self.label_share}, {self.temperature}."
            )


def choose_blend(
    head_probabilities: npt.NDArray[np.floating],
    truth: npt.NDArray[np.int64],
    votes: npt.NDArray[np.uint8] | None,
) -> Blend:
    """The pool of two heads that names original label and crowd's majority best, each counting the same.

    For each share the temperature minimises the mean of the two cross-entropies (against the label and against the
    votes); the share maximises the mean of the two accuracies. Without votes the label's head answers alone.

    Args:
        head_probabilities: (N, 2, K), by label and by votes, N at least 1.
        truth: (N,) positions of the original labels in LABELS.
        votes: (N, 10) FER+ votes, or None.

    Raises:
        EvaluationError: no rows.
    """
    if not len(truth):
        raise EvaluationError("Choosing a blend needs rows that were held back from training.")
    logits = np.log(np.clip(np.asarray(head_probabilities, dtype=np.float64), 1e-9, 1))
    hard = np.eye(logits.shape[2])[truth]
    majority = crowd_majority(votes) if votes is not None else np.full(len(truth), -1)
    known = majority >= 0
    if votes is None or not known.any():
        accuracy = float((logits[:, 0].argmax(axis=1) == truth).mean())
        temperature = fit_temperature(logits, [(1.0, np.arange(len(truth)), hard)])
        return Blend(1.0, temperature, accuracy, None, len(truth), 0)
    shares = vote_shares(votes)
    voted = np.flatnonzero(shares.sum(axis=1) > 0)

    def tried(share: float) -> Blend:
        temperature = fit_temperature(
            logits, [(share, np.arange(len(truth)), hard), (share, voted, shares[voted])]
        )
        named = pool(logits, share, temperature).argmax(axis=1)
        return Blend(
            share,
            temperature,
            float((named == truth).mean()),
            float((named[known] == majority[known]).mean()),
            len(truth),
            int(known.sum()),
        )

    return max(
        (tried(float(share)) for share in _SHARES),
        key=lambda blend: blend.label_accuracy + (blend.crowd_accuracy or 0),
    )


def pool(logits: npt.NDArray[np.float64], share: float, temperature: float) -> npt.NDArray[np.float64]:
    """(N, K) probabilities of (N, 2, K) logits: the heads tempered, then weighed, as ``heads.pooled_heads`` does."""
    heads = softmax(logits / temperature, axis=2)
    return np.asarray(share * heads[:, 0] + (1 - share) * heads[:, 1])


def fit_temperature(
    logits: npt.NDArray[np.float64],
    asked: Sequence[tuple[float, npt.NDArray[np.int64], npt.NDArray[np.float64]]],
) -> float:
    """The temperature of both heads that minimises a cross-entropy (Guo et al. 2017, https://arxiv.org/abs/1706.04599).

    Args:
        logits: (N, 2, K).
        asked: several targets, each a share of the label's head, the rows it is for, and the (rows, K) shares there,
            each summing to 1; the sum over all of them is minimised.
    """

    def loss(logarithm: float) -> float:
        temperature = float(np.exp(logarithm))
        return sum(
            float(-(targets * np.log(np.clip(pool(logits[rows], share, temperature), 1e-12, 1))).sum())
            for share, rows, targets in asked
        )

    found = minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded")
    return float(np.exp(found.x))
