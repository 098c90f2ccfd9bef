"""Precision, recall and F-beta of every class and of all together, from a table of counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fer_core.errors import EvaluationError
from fer_core.evaluation.estimates import Estimate, resampled_counts, share_of, with_interval
from fer_core.labels import LABELS

#: Beyond it only recall counts.
_LARGEST_BETA: Final = 1e6


@dataclass(frozen=True)
class ClassFigures:
    """One class against the rest. ``fn`` counts what was named otherwise and what got no answer.

    The intervals of precision and recall are Wilson's; those of the F figures come from resampled rows.
    """

    label: str
    tp: int
    fp: int
    fn: int
    tn: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    f2: Estimate
    f_beta: Estimate

    @property
    def support(self) -> int:
        """Rows that carry the label."""
        return self.tp + self.fn


@dataclass(frozen=True)
class MeanFigures:
    """A mean over the classes: "macro" counts each class the same, "weighted" by its rows.

    A class without the rows a figure needs is left out of that figure's mean, as scikit-learn does with
    ``zero_division=nan``.
    """

    name: str
    precision: Estimate
    recall: Estimate
    f1: Estimate
    f2: Estimate
    f_beta: Estimate


@dataclass(frozen=True)
class ClassTable:
    """All figures of a confusion matrix.

    Attributes:
        classes: one entry a label.
        means: macro and weighted.
        accuracy: the share right.
        beta: of ``f_beta``: recall counts beta times as much as precision.
    """

    classes: tuple[ClassFigures, ...]
    means: tuple[MeanFigures, ...]
    accuracy: Estimate
    beta: float


def class_table(
    matrix: npt.NDArray[np.integer],
    beta: float = 1.0,
    unanswered: npt.NDArray[np.integer] | None = None,
    labels: Sequence[str] = LABELS,
) -> ClassTable:
    """The figures of a confusion matrix, each with its 95 % interval.

    Args:
        matrix: (K, K) counts, rows actual, columns predicted.
        beta: of F-beta, above 0 and at most a million (van Rijsbergen 1979).
        unanswered: (K,) rows of each label that got no answer, which count as wrong; None for none.
        labels: the K classes.

    Raises:
        EvaluationError: a shape that does not fit, a count below 0, or a beta out of range.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    k = len(labels)
    none = np.zeros(k, dtype=np.int64) if unanswered is None else np.asarray(unanswered, dtype=np.int64)
    if counts.shape != (k, k) or none.shape != (k,) or (counts < 0).any() or (none < 0).any():
        raise EvaluationError(
            f"Expected counts of at least 0 of shape ({k}, {k}) and ({k},), got {counts.shape} and {none.shape}."
        )
    if not 0 < beta <= _LARGEST_BETA:
        raise EvaluationError(f"Expected a beta above 0, at most {_LARGEST_BETA:,.0f}, got {beta}.")
    whole = np.column_stack([counts, none])
    n, right = int(whole.sum()), int(counts.trace())
    betas = {"f1": 1.0, "f2": 2.0, "f_beta": float(beta)}
    known = _shares(whole[np.newaxis], betas)
    drawn = _shares(resampled_counts(whole), betas)
    classes = []
    for at, label in enumerate(labels):
        tp, support, predicted = int(counts[at, at]), int(whole[at].sum()), int(counts[:, at].sum())
        f = {name: with_interval(known[name][0, at], drawn[name][:, at], n) for name in betas}
        classes.append(
            ClassFigures(
                label,
                tp,
                predicted - tp,
                support - tp,
                n - predicted - support + tp,
                share_of(tp, predicted),
                share_of(tp, support),
                **f,
            )
        )
    means = []
    for mean in ("macro", "weighted"):
        value, values = _mean(known, mean), _mean(drawn, mean)
        means.append(
            MeanFigures(mean, **{name: with_interval(value[name][0], values[name], n) for name in value})
        )
    return ClassTable(tuple(classes), tuple(means), share_of(right, n), float(beta))


Shares = dict[str, npt.NDArray[np.float64]]


def _shares(counts: npt.NDArray[np.int64], betas: dict[str, float]) -> Shares:
    """(R, K) of every figure of (R, K, K + 1) counts, NaN where undefined, and the support."""
    answered = counts[..., :-1]
    tp = np.diagonal(answered, axis1=-2, axis2=-1).astype(np.float64)
    predicted, support = answered.sum(axis=-2), counts.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Shares = {"precision": tp / predicted, "recall": tp / support}
        for name, beta in betas.items():
            # Precision and recall put into van Rijsbergen's formula, and defined where one of them is not.
            found[name] = (1 + beta**2) * tp / (beta**2 * support + predicted)
    return found | {"support": support.astype(np.float64)}


def _mean(shares: Shares, kind: str) -> Shares:
    weight = shares["support"] if kind == "weighted" else np.ones_like(shares["support"])
    means: Shares = {}
    for name, values in shares.items():
        if name == "support":
            continue
        defined = np.isfinite(values)
        weights = np.where(defined, weight, 0.0)
        # Where only classes without rows are defined, each of them counts the same, as in scikit-learn.
        weights = np.where(weights.sum(axis=-1, keepdims=True) > 0, weights, defined)
        with np.errstate(invalid="ignore", divide="ignore"):
            means[name] = (np.where(defined, values, 0.0) * weights).sum(axis=-1) / weights.sum(axis=-1)
    return means
