"""Two models on the same rows: every difference with its interval, and the rows where they part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from fer_core.errors import EvaluationError
from fer_core.evaluation.certainty import BINS
from fer_core.evaluation.crowd import crowd_majority, vote_shares
from fer_core.evaluation.estimates import Estimate, resampled_weights, with_interval
from fer_core.evaluation.judging import Predictions
from fer_core.labels import LABELS


@dataclass(frozen=True)
class Difference:
    """A figure of two models on the same rows.

    Attributes:
        name: the figure.
        a, b: its value for either model.
        difference: a less b; its interval draws the rows anew, the same ones for both.
        higher_is_better: which way is good.
    """

    name: str
    a: float | None
    b: float | None
    difference: Estimate
    higher_is_better: bool = True

    @property
    def verdict(self) -> str:
        """``"a"`` or ``"b"`` where that one is better beyond the interval, else ``""``."""
        low, high = self.difference.low, self.difference.high
        if low is None or high is None or low <= 0 <= high:
            return ""
        return "a" if (low > 0) == self.higher_is_better else "b"


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test (1947): are the rows that only one model gets right split evenly?

    Attributes:
        only_a, only_b: rows that one model alone gets right.
        p: probability of a split at least so uneven if both were equally good; 1 without such rows.
    """

    only_a: int
    only_b: int
    p: float


@dataclass(frozen=True)
class Comparison:
    """Two models on the ``n`` rows that both were judged on.

    Attributes:
        n: rows.
        differences: every figure.
        mcnemar: of all rows.
        only_a, only_b: positions, in the first model's predictions, of the rows that one of them alone gets right,
            the surest of the one that is right first.
        places_b: (N,) for each row of the first model's predictions its place in the second's; -1 where it is absent.
    """

    n: int
    differences: tuple[Difference, ...]
    mcnemar: McNemar
    only_a: npt.NDArray[np.int64]
    only_b: npt.NDArray[np.int64]
    places_b: npt.NDArray[np.int64]


def compare(a: Predictions, b: Predictions, labels: Sequence[str] = LABELS) -> Comparison:
    """Compare two models on the rows that both have answered for.

    Raises:
        EvaluationError: no row in common, or a row whose truth differs: they were judged on different data.
    """
    places = np.full(len(a.row), -1, dtype=np.int64)
    _, in_a, in_b = np.intersect1d(a.row, b.row, return_indices=True)
    places[in_a] = in_b
    common = np.flatnonzero(places >= 0)
    if not len(common):
        raise EvaluationError("The two models were judged on no row in common; judge both on the same data.")
    b_rows = places[common]
    truth = a.truth[common]
    if (truth != b.truth[b_rows]).any():
        raise EvaluationError("The two models were judged on different data: a row's label differs.")
    ours = _Answers(truth, a.answer[common], a.probabilities[common], labels)
    theirs = _Answers(truth, b.answer[b_rows], b.probabilities[b_rows], labels)
    seen = a.seen[common] & b.seen[b_rows]
    votes = a.votes[common] if a.votes is not None else (b.votes[b_rows] if b.votes is not None else None)
    weights = resampled_weights(len(common))
    leaked = a.leaked[common] | b.leaked[b_rows]
    differences = _differences(ours, theirs, weights, leaked, seen, votes, labels)
    a_alone = common[ours.right & ~theirs.right]
    b_alone = common[theirs.right & ~ours.right]
    decided = len(a_alone) + len(b_alone)
    p = float(binomtest(len(a_alone), decided).pvalue) if decided else 1.0
    return Comparison(
        len(common),
        tuple(differences),
        McNemar(len(a_alone), len(b_alone), p),
        a_alone[np.argsort(-a.probabilities[a_alone].max(axis=1), kind="stable")],
        b_alone[np.argsort(-b.probabilities[places[b_alone]].max(axis=1), kind="stable")],
        places,
    )


class _Answers:
    """One model's answers as columns a row, whose weighted means give every figure."""

    def __init__(
        self,
        truth: npt.NDArray[np.int64],
        answer: npt.NDArray[np.int64],
        probabilities: npt.NDArray[np.floating],
        labels: Sequence[str],
    ) -> None:
        n, k = len(truth), len(labels)
        given = np.asarray(probabilities, dtype=np.float64)
        hard = np.eye(k)[truth]
        self.right = answer == truth
        self.tp = ((hard > 0) & self.right[:, None]).astype(np.float32)
        self.predicted = (answer[:, None] == np.arange(k)).astype(np.float32)
        self.support = hard.astype(np.float32)
        self.likelihood = np.log(np.clip(given[np.arange(n), truth], 1e-12, 1)).astype(np.float32)
        self.squared = ((given - hard) ** 2).sum(axis=1).astype(np.float32)
        confidence = given.max(axis=1)
        place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
        self.gaps = np.zeros((n, BINS), dtype=np.float32)
        self.gaps[np.arange(n), place] = self.right - confidence
        self.given = given

    def by_class(self, weights: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float64]]:
        """(R, K) of each figure of a class, NaN where undefined."""
        tp, predicted, support = weights @ self.tp, weights @ self.predicted, weights @ self.support
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                "precision": tp / predicted,
                "recall": tp / support,
                "F1": 2 * tp / (support + predicted),
                "F2": 5 * tp / (4 * support + predicted),
            }


def _differences(
    a: _Answers,
    b: _Answers,
    weights: npt.NDArray[np.float32],
    leaked: npt.NDArray[np.bool_],
    seen: npt.NDArray[np.bool_],
    votes: npt.NDArray[np.uint8] | None,
    labels: Sequence[str],
) -> list[Difference]:
    n = len(a.right)
    even = np.full((1, n), 1 / n, dtype=np.float32)
    found = [
        _of_means("accuracy", a.right, b.right, weights),
        _of_means("accuracy without leaked rows", a.right, b.right, weights, ~leaked),
    ]
    known = [model.by_class(even) for model in (a, b)]
    drawn = [model.by_class(weights) for model in (a, b)]
    for name in ("F1", "F2"):
        macros = [_nanmean(figures[name]) for figures in (*known, *drawn)]
        found.append(_difference(f"macro {name}", macros[0][0], macros[1][0], macros[2] - macros[3], n))
    gaps = [_calibration(model.gaps[seen], rows[:, seen]) for rows in (even, weights) for model in (a, b)]
    found += [
        _of_means("log likelihood", a.likelihood, b.likelihood, weights, seen),
        _of_means("Brier score", a.squared, b.squared, weights, seen, better=False),
        _difference(
            "calibration error", gaps[0][0], gaps[1][0], gaps[2] - gaps[3], int(seen.sum()), better=False
        ),
    ]
    if votes is not None:
        majority, shares = crowd_majority(votes), vote_shares(votes)
        clear, voted = majority >= 0, shares.sum(axis=1) > 0
        names = [(model.predicted > 0)[np.arange(n), np.maximum(majority, 0)] for model in (a, b)]
        away = [-(shares * np.log(np.clip(model.given, 1e-9, 1))).sum(axis=1) for model in (a, b)]
        found += [
            _of_means("agreement with the crowd's majority", names[0], names[1], weights, clear),
            _of_means(
                "cross-entropy against the votes", away[0], away[1], weights, voted & seen, better=False
            ),
        ]
    for name in ("precision", "recall", "F1", "F2"):
        for at, label in enumerate(labels):
            found.append(
                _difference(
                    f"{name} of {label}",
                    known[0][name][0, at],
                    known[1][name][0, at],
                    drawn[0][name][:, at] - drawn[1][name][:, at],
                    n,
                )
            )
    return found


def _of_means(
    name: str,
    a: npt.NDArray[np.generic],
    b: npt.NDArray[np.generic],
    weights: npt.NDArray[np.float32],
    rows: npt.NDArray[np.bool_] | None = None,
    *,
    better: bool = True,
) -> Difference:
    """A figure that is a mean over rows, or over those of ``rows``."""
    within = np.ones(len(a), dtype=bool) if rows is None else rows
    n = int(within.sum())
    if not n:
        return Difference(name, None, None, Estimate(None), better)
    mine, other = np.asarray(a, dtype=np.float64)[within], np.asarray(b, dtype=np.float64)[within]
    share = weights[:, within]
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (share @ (mine - other).astype(np.float32)) / share.sum(axis=1)
    return _difference(name, mine.mean(), other.mean(), drawn, n, better=better)


def _difference(
    name: str,
    a: float | np.floating,
    b: float | np.floating,
    drawn: npt.NDArray[np.floating],
    n: int,
    *,
    better: bool = True,
) -> Difference:
    values = [float(value) if np.isfinite(value) else None for value in (a, b)]
    gap = None if values[0] is None or values[1] is None else values[0] - values[1]
    return Difference(name, values[0], values[1], with_interval(gap, drawn, n), better)


def _calibration(gaps: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> npt.NDArray[np.floating]:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1))


def _nanmean(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    defined = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(defined, values, 0).sum(axis=1) / defined.sum(axis=1))
