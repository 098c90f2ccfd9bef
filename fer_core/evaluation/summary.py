"""The named figures of an evaluation, each with its interval and the rows behind it: page, report and files show these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_core.evaluation.certainty import Reliability
from fer_core.evaluation.class_table import ClassTable, class_table
from fer_core.evaluation.crowd import agree_with_crowd, crowd_majority, tagger_agreement, vote_shares
from fer_core.evaluation.estimates import Estimate, resampled_weights, share_of, with_interval
from fer_core.evaluation.judged import Judged


@dataclass(frozen=True)
class Figure:
    """A figure by name, and which rows it is of."""

    name: str
    estimate: Estimate
    rows: str


def figures_of_card(card: Mapping[str, Any]) -> tuple[Figure, ...]:
    """The figures that stand on a model's card."""
    return tuple(
        Figure(each["name"], Estimate(each["value"], each["low"], each["high"], each["n"]), each["rows"])
        for each in card.get("figures", [])
    )


def table_of(judged: Judged, beta: float = 1.0) -> ClassTable:
    """The class table of what was judged."""
    metrics = judged.metrics
    return class_table(metrics.confusion_matrix, beta, metrics.unanswered)


def headline(judged: Judged, table: ClassTable) -> tuple[Figure, ...]:
    """Accuracy and the means over the classes."""
    return (
        Figure("accuracy", table.accuracy, judged.rows),
        *(
            Figure(f"{mean.name} {name}", estimate, judged.rows)
            for mean in table.means
            for name, estimate in (
                ("precision", mean.precision),
                ("recall", mean.recall),
                ("F1", mean.f1),
                ("F2", mean.f2),
            )
        ),
    )


def leak_figures(judged: Judged) -> tuple[Figure, ...]:
    """Accuracy with the rows whose exact pixels are also in Training, without them, and of them alone."""
    known = judged.predictions
    right = known.answer == known.truth
    return tuple(
        Figure(name, share_of(int(right[rows].sum()), int(rows.sum())), judged.rows + which)
        for name, rows, which in (
            ("accuracy, all rows", np.ones(len(right), dtype=bool), ""),
            ("accuracy without leaked rows", ~known.leaked, ", without the leaked ones"),
            ("accuracy of the leaked rows alone", known.leaked, ", the leaked ones"),
        )
    )


def crowd_figures(judged: Judged) -> tuple[Figure, ...]:
    """The model and one tagger against the crowd; empty without votes.

    The tagger's figures count a person's own vote out of the majority that it is set against.
    """
    known = judged.predictions
    if known.votes is None:
        return ()
    agreement = agree_with_crowd(known.probabilities, known.votes)
    clear = crowd_majority(known.votes) >= 0
    tagger, taggers = tagger_agreement(known.votes[clear])
    everybody, voted = tagger_agreement(known.votes)
    shares = vote_shares(known.votes)
    rows = np.flatnonzero(shares.sum(axis=1) > 0)
    given, wanted = np.clip(known.probabilities[rows], 1e-9, 1), shares[rows]
    distance = -(wanted * np.log(given)).sum(axis=1)
    apart = np.abs(given - wanted).sum(axis=1) / 2
    majority = judged.rows + ", more than half of the votes name one of the five"
    with_votes = judged.rows + ", with votes for one of the five"
    low, high = agreement.interval or (None, None)
    weights = resampled_weights(len(rows)) if len(rows) else np.empty((0, 0), dtype=np.float32)

    def mean(values: np.ndarray) -> Estimate:
        if not len(values):
            return Estimate(None)
        return with_interval(values.mean(), weights @ values.astype(np.float32), len(values))

    return (
        Figure(
            "model: names the crowd's majority",
            Estimate(agreement.accuracy, low, high, agreement.n),
            majority,
        ),
        Figure("one tagger: names the majority of the others", Estimate(tagger, n=taggers), majority),
        Figure(
            "one tagger: the same on every row",
            Estimate(everybody, n=voted),
            judged.rows + ", two votes or more",
        ),
        Figure("cross-entropy against the votes, nats", mean(distance), with_votes),
        Figure(
            "the least it could be (the votes' own entropy)",
            Estimate(agreement.floor, n=len(rows)),
            with_votes,
        ),
        Figure("share of the votes that the blend misplaces", mean(apart), with_votes),
    )


def certainty_figures(judged: Judged, found: Reliability, when: str) -> tuple[Figure, ...]:
    """Calibration error, log likelihood and Brier score; ``when`` says before or after what."""
    rows = judged.rows + (", faces found" if not judged.predictions.seen.all() else "")
    return (
        Figure(f"calibration error, {when}", found.error, rows),
        Figure(f"log likelihood, nats, {when}", found.log_likelihood, rows),
        Figure(f"Brier score, {when}", found.brier, rows),
    )
