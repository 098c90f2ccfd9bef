"""May one believe how sure a model sounds: reliability, one temperature, and what it may leave unanswered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from fer_core.errors import EvaluationError
from fer_core.evaluation.calibration import fit_temperature
from fer_core.evaluation.estimates import Estimate, resampled_weights, share_of, with_interval
from fer_core.evaluation.metrics import expected_calibration_error

#: Bins of confidence, as most papers' calibration errors take.
BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Confidence beside accuracy.

    Attributes:
        confidence, accuracy: (BINS,) means of the rows in each bin of the largest probability; NaN in an empty one.
        count: (BINS,) rows in it.
        error: expected calibration error (Guo et al. 2017, https://arxiv.org/abs/1706.04599). It is biased upwards,
            more so when rows are drawn anew, so its interval may lie above it.
        log_likelihood: mean of the logarithm of the true class's probability, nats; 0 is perfect.
        brier: mean squared distance of the probabilities from the truth, summed over classes, 0 to 2 (Brier 1950).
    """

    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]
    error: Estimate
    log_likelihood: Estimate
    brier: Estimate


def reliability(truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating]) -> Reliability:
    """Judge how sure a model sounds.

    Args:
        truth: (N,) positions, N at least 1.
        probabilities: (N, K), each row summing to 1.

    Raises:
        EvaluationError: no rows.
    """
    given, actual = _checked(truth, probabilities)
    n = len(actual)
    confidence, right = given.max(axis=1), given.argmax(axis=1) == actual
    # Bins are open below and closed above, as in the paper.
    place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    count = np.bincount(place, minlength=BINS)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(place, weights=confidence, minlength=BINS) / count
        mean_accuracy = np.bincount(place, weights=right, minlength=BINS) / count
    gaps = np.zeros((n, BINS), dtype=np.float32)
    gaps[np.arange(n), place] = right - confidence
    likelihood = np.log(np.clip(given[np.arange(n), actual], 1e-12, 1))
    squared = ((given - np.eye(given.shape[1])[actual]) ** 2).sum(axis=1)
    weights = resampled_weights(n)
    return Reliability(
        mean_confidence,
        mean_accuracy,
        count,
        with_interval(expected_calibration_error(actual, given, BINS), np.abs(weights @ gaps).sum(axis=1), n),
        with_interval(likelihood.mean(), weights @ likelihood.astype(np.float32), n),
        with_interval(squared.mean(), weights @ squared.astype(np.float32), n),
    )


@dataclass(frozen=True)
class Tempered:
    """Probabilities after one temperature, which was never fitted on the row it is applied to.

    Attributes:
        probabilities: (N, K).
        temperatures: of the two halves; above 1 where the model sounds too sure.
    """

    probabilities: npt.NDArray[np.float64]
    temperatures: tuple[float, float]


def cross_fitted(
    truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating], seed: int = 0
) -> Tempered:
    """Temper each half of the rows, drawn by seed, by the temperature that suits the other half best.

    A temperature fitted on the rows it is judged on would flatter the model.

    Args:
        truth: (N,) positions, N at least 2.
        probabilities: (N, K), each row summing to 1.
        seed: draws the halves.

    Raises:
        EvaluationError: fewer than two rows.
    """
    given, actual = _checked(truth, probabilities, fewest=2)
    logits = np.log(np.clip(given, 1e-9, 1))
    order = np.random.default_rng(seed).permutation(len(actual))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    tempered = np.empty_like(given)
    temperatures = []
    for fitted, applied in (halves, halves[::-1]):
        both = np.stack([logits[fitted], logits[fitted]], axis=1)
        hard = np.eye(given.shape[1])[actual[fitted]]
        temperature = fit_temperature(both, [(1.0, np.arange(len(fitted)), hard)])
        tempered[applied] = softmax(logits[applied] / temperature, axis=1)
        temperatures.append(temperature)
    return Tempered(tempered, (temperatures[0], temperatures[1]))


@dataclass(frozen=True)
class RiskCoverage:
    """What a model gets right when it may keep silent (Geifman and El-Yaniv 2017, https://arxiv.org/abs/1705.08500).

    Rows that are equally sure are answered together.

    Attributes:
        threshold: (G,) the different confidences, falling.
        answered: (G,) how many rows are at least that sure.
        right: (G,) how many of those are right.
    """

    threshold: npt.NDArray[np.float64]
    answered: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]

    @property
    def coverage(self) -> npt.NDArray[np.float64]:
        """(G,) share of the rows at least that sure."""
        return np.asarray(self.answered / self.answered[-1])

    @property
    def accuracy(self) -> npt.NDArray[np.float64]:
        """(G,) share of those that are right."""
        return np.asarray(self.right / self.answered)

    @property
    def area(self) -> float:
        """Mean of 1 - accuracy over all coverages; 0 is perfect."""
        shares = np.diff(self.coverage, prepend=0.0)
        return float((shares * (1 - self.accuracy)).sum())

    def at(self, threshold: float) -> tuple[Estimate, Estimate]:
        """The share answered when less sure rows stay "uncertain", and the share right of those answered."""
        groups = int((self.threshold >= threshold).sum())
        answered = int(self.answered[groups - 1]) if groups else 0
        right = int(self.right[groups - 1]) if groups else 0
        return share_of(answered, int(self.answered[-1])), share_of(right, answered)


def risk_coverage(truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating]) -> RiskCoverage:
    """Accuracy of the surest rows, for every number of them; takes what ``reliability`` takes.

    Raises:
        EvaluationError: no rows.
    """
    given, actual = _checked(truth, probabilities)
    sure, group = np.unique(-given.max(axis=1), return_inverse=True)
    right = np.bincount(group, weights=given.argmax(axis=1) == actual)
    return RiskCoverage(
        -sure, np.cumsum(np.bincount(group)).astype(np.int64), np.cumsum(right).round().astype(np.int64)
    )


def _checked(
    truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating], fewest: int = 1
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    given, actual = np.asarray(probabilities, dtype=np.float64), np.asarray(truth, dtype=np.int64)
    if len(actual) < fewest or given.ndim != 2 or len(given) != len(actual):
        raise EvaluationError(
            f"Expected probabilities (N, K) of at least {fewest} rows with a truth each, got {given.shape} for {len(actual)}."
        )
    return given, actual
