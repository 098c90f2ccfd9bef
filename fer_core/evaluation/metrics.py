"""Figures from predictions. Scikit-learn and SciPy do the arithmetic wherever they have the function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, multilabel_confusion_matrix, precision_recall_fscore_support

from fer_core.errors import EvaluationError
from fer_core.labels import LABELS


@dataclass(frozen=True)
class ClassMetrics:
    """One class against the rest. What is undefined (nothing predicted, nothing there) is None."""

    tp: int
    fp: int
    fn: int
    tn: int
    precision: float | None
    recall: float | None
    f1: float | None
    f2: float | None
    support: int


@dataclass(frozen=True)
class Metrics:
    """The figures of a set of predictions.

    Attributes:
        n: rows judged.
        labels: the K classes.
        confusion_matrix: (K, K) int64, rows actual, columns predicted.
        accuracy: share right, None without rows.
        accuracy_interval: its 95 % Wilson interval, None without rows.
        per_class: the figures of each class.
        unanswered: (K,) rows of each class that got no answer; they count as wrong.
        macro_f1, macro_f2: unweighted means over the classes that occur (as actual or predicted); None if none does.
    """

    n: int
    labels: tuple[str, ...]
    confusion_matrix: npt.NDArray[np.int64]
    accuracy: float | None
    accuracy_interval: tuple[float, float] | None
    per_class: dict[str, ClassMetrics]
    macro_f1: float | None
    macro_f2: float | None
    unanswered: npt.NDArray[np.int64]

    def to_json(self) -> dict[str, Any]:
        """The keys that ``python -m fer_core evaluate --json`` prints of these figures."""
        return {
            "n": self.n,
            "labels": list(self.labels),
            "confusion_matrix": self.confusion_matrix.tolist(),
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval) if self.accuracy_interval else None,
            "per_class": {label: asdict(figures) for label, figures in self.per_class.items()},
            "macro_f1": self.macro_f1,
            "macro_f2": self.macro_f2,
        }


def measure(truth: npt.ArrayLike, predicted: npt.ArrayLike, labels: Sequence[str] = LABELS) -> Metrics:
    """Judge predictions against the truth.

    Args:
        truth: (N,) positions in ``labels``; N may be 0.
        predicted: (N,) positions, -1 for no answer, or (N, K) probabilities, of which the largest counts.
        labels: the K classes.

    Raises:
        EvaluationError: lengths differ, a position is outside 0..K-1, or probabilities do not fit (see
            expected_calibration_error).
    """
    actual = _positions(truth, len(labels), "truth")
    given = np.asarray(predicted)
    if given.ndim == 2:
        given = _probabilities(given, len(actual), len(labels)).argmax(axis=1)
    answered = _positions(given, len(labels), "predictions", lowest=-1)
    if len(actual) != len(answered):
        raise EvaluationError(f"Expected one prediction a row, got {len(answered)} for {len(actual)} rows.")
    n, positions = len(actual), list(range(len(labels)))
    if n == 0:
        nothing = ClassMetrics(0, 0, 0, 0, None, None, None, None, 0)
        empty = np.zeros((len(labels), len(labels)), dtype=np.int64)
        return Metrics(
            0, tuple(labels), empty, None, None, dict.fromkeys(labels, nothing), None, None, empty[0]
        )
    matrix = confusion_matrix(actual, answered, labels=positions)
    right = int(matrix.trace())
    per_class = _per_class(actual, answered, labels)
    return Metrics(
        n=n,
        labels=tuple(labels),
        confusion_matrix=matrix.astype(np.int64),
        accuracy=right / n,
        accuracy_interval=wilson_interval(right, n),
        per_class=per_class,
        macro_f1=_mean([figures.f1 for figures in per_class.values()]),
        macro_f2=_mean([figures.f2 for figures in per_class.values()]),
        unanswered=np.bincount(actual[answered < 0], minlength=len(labels)).astype(np.int64),
    )


def f_beta(precision: float, recall: float, beta: float) -> float:
    """The weighted harmonic mean of precision and recall (van Rijsbergen 1979); recall counts beta times as much.

    0 where both are 0.

    Raises:
        EvaluationError: a share outside [0, 1] or a beta that is not positive.
    """
    if not (0 <= precision <= 1 and 0 <= recall <= 1 and beta > 0):
        raise EvaluationError(
            f"Expected precision and recall in [0, 1] and a positive beta, got {precision}, {recall}, {beta}."
        )
    if precision == recall == 0:
        return 0.0
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927, https://doi.org/10.2307/2276774).

    Raises:
        EvaluationError: no rows, or successes outside 0..n.
    """
    if not 0 <= successes <= n or n == 0:
        raise EvaluationError(f"Expected 0 to n successes of at least one row, got {successes} of {n}.")
    interval = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def expected_calibration_error(truth: npt.ArrayLike, probabilities: npt.ArrayLike, bins: int = 15) -> float:
    """How far confidence is from accuracy (Guo et al. 2017, https://arxiv.org/abs/1706.04599).

    Args:
        truth: (N,) positions, N at least 1.
        probabilities: (N, K), each row summing to 1.
        bins: equally wide bins of the largest probability.

    Returns:
        The mean over the rows of |accuracy - mean confidence| of their bin, in [0, 1].

    Raises:
        EvaluationError: no rows, lengths that differ, NaN, values outside [0, 1], or rows that do not sum to 1.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    columns = given.shape[1] if given.ndim == 2 else 0
    actual = _positions(truth, columns, "truth")
    given = _probabilities(given, len(actual), columns)
    if not len(actual):
        raise EvaluationError("A calibration error needs at least one row.")
    confidence = given.max(axis=1)
    right = given.argmax(axis=1) == actual
    # Bins are open below and closed above, as in the paper.
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(actual))


def _per_class(
    actual: npt.NDArray[np.int64], answered: npt.NDArray[np.int64], labels: Sequence[str]
) -> dict[str, ClassMetrics]:
    positions = list(range(len(labels)))
    tables = multilabel_confusion_matrix(actual, answered, labels=positions)
    one, two = (
        precision_recall_fscore_support(actual, answered, labels=positions, beta=beta, zero_division=np.nan)
        for beta in (1, 2)
    )
    figures = {}
    for at, label in enumerate(labels):
        (tn, fp), (fn, tp) = tables[at].tolist()
        figures[label] = ClassMetrics(
            tp=tp,
            fp=fp,
            fn=fn,
            tn=tn,
            precision=_defined(one[0][at], tp + fp),
            recall=_defined(one[1][at], tp + fn),
            f1=_defined(one[2][at], tp + fp + fn),
            f2=_defined(two[2][at], tp + fp + fn),
            support=int(one[3][at]),
        )
    return figures


def _defined(value: float, denominator: int) -> float | None:
    return float(value) if denominator else None


def _mean(values: list[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def _positions(values: npt.ArrayLike, classes: int, what: str, lowest: int = 0) -> npt.NDArray[np.int64]:
    array = np.asarray(values)
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise EvaluationError(
            f"Expected {what} as whole numbers of shape (N,), got {array.dtype} {array.shape}."
        )
    if array.min() < lowest or array.max() >= classes:
        raise EvaluationError(
            f"Expected {what} in {lowest}..{classes - 1}, got {array.min()} to {array.max()}."
        )
    return array.astype(np.int64)


def _probabilities(given: npt.NDArray[Any], rows: int, classes: int) -> npt.NDArray[np.float64]:
    array = np.asarray(given, dtype=np.float64)
    if array.shape != (rows, classes):
        raise EvaluationError(f"Expected probabilities of shape ({rows}, {classes}), got {array.shape}.")
    if not np.isfinite(array).all() or (array < 0).any() or (np.abs(array.sum(axis=1) - 1) > 1e-3).any():
        raise EvaluationError("Expected probabilities in [0, 1] that sum to 1 in every row.")
    return array
