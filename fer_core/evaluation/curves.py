"""Each class against the rest at every threshold: ROC and precision-recall curves. Scikit-learn draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from fer_core.evaluation.estimates import Estimate
from fer_core.labels import LABELS

#: Points of a curve that is drawn; a screen shows no more.
_POINTS: Final = 200


@dataclass(frozen=True)
class Curve:
    """A class's curve.

    Attributes:
        label: the class.
        x, y: (P,) false against true positive rate, or recall against precision; empty where the class, or everything
            else, is absent.
        area: under the ROC curve with Hanley's and McNeil's interval (1982, https://doi.org/10.1148/radiology.143.1.7063747),
            or the average precision, without one; ``n`` counts the class's rows.
    """

    label: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    area: Estimate


def roc_curves(
    truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating], labels: Sequence[str] = LABELS
) -> tuple[Curve, ...]:
    """Each class's curve of true over false positive rate.

    Args:
        truth: (N,) positions in ``labels``.
        probabilities: (N, K).
        labels: the K classes.
    """
    curves = []
    for at, label in enumerate(labels):
        there = np.asarray(truth) == at
        positives, negatives = int(there.sum()), int((~there).sum())
        if not positives or not negatives:
            curves.append(_absent(label))
            continue
        x, y, _ = roc_curve(there, probabilities[:, at])
        area = float(roc_auc_score(there, probabilities[:, at]))
        spread = _hanley_mcneil(area, positives, negatives)
        estimate = Estimate(area, max(area - 1.96 * spread, 0.0), min(area + 1.96 * spread, 1.0), positives)
        curves.append(Curve(label, *_thinned(x, y), estimate))
    return tuple(curves)


def precision_recall_curves(
    truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating], labels: Sequence[str] = LABELS
) -> tuple[Curve, ...]:
    """Each class's curve of precision over recall; takes what ``roc_curves`` takes."""
    curves = []
    for at, label in enumerate(labels):
        there = np.asarray(truth) == at
        if not there.any():
            curves.append(_absent(label))
            continue
        precision, recall, _ = precision_recall_curve(there, probabilities[:, at])
        average = float(average_precision_score(there, probabilities[:, at]))
        curves.append(Curve(label, *_thinned(recall, precision), Estimate(average, n=int(there.sum()))))
    return tuple(curves)


def _absent(label: str) -> Curve:
    return Curve(label, np.empty(0), np.empty(0), Estimate(None))


def _hanley_mcneil(area: float, positives: int, negatives: int) -> float:
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (positives - 1) * (q1 - area**2) + (negatives - 1) * (q2 - area**2)) / (
        positives * negatives
    )
    return float(np.sqrt(max(variance, 0.0)))


def _thinned(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if len(x) <= _POINTS:
        return x, y
    kept = np.unique(np.linspace(0, len(x) - 1, _POINTS).round().astype(int))
    return x[kept], y[kept]
