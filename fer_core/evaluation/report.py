"""An evaluation to take away: one HTML file that needs no network, the rows as CSV, the figures as JSON."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

import plotly.graph_objects as go

from fer_core.charts.evaluation_figures import (
    class_curves,
    confusion,
    differences,
    reliability_diagram,
    risk_coverage_curve,
)
from fer_core.evaluation.certainty import cross_fitted, reliability, risk_coverage
from fer_core.evaluation.comparison import Comparison
from fer_core.evaluation.curves import precision_recall_curves, roc_curves
from fer_core.evaluation.estimates import Estimate
from fer_core.evaluation.judged import Judged
from fer_core.evaluation.summary import (
    Figure,
    certainty_figures,
    crowd_figures,
    headline,
    leak_figures,
    table_of,
)
from fer_core.html_page import html_page, html_table
from fer_core.labels import LABELS
from fer_core.spreadsheet import disarmed

#: Below this confidence the report's risk-coverage curve marks answers as uncertain, unless told otherwise.
_THRESHOLD: Final = 0.4


def html_report(
    judged: Judged,
    *,
    made_on: str,
    beta: float = 1.0,
    threshold: float = _THRESHOLD,
    comparison: tuple[str, Comparison] | None = None,
    limits: Sequence[str] = (),
) -> str:
    """The whole evaluation as one HTML page with living charts; every text in it is escaped.

    Args:
        judged: what is reported.
        made_on: the date to print.
        beta: of F-beta.
        threshold: confidence marked on the risk-coverage curve.
        comparison: the other model's name and the comparison with it.
        limits: what the model must not be used for, from its card.
    """
    table = table_of(judged, beta)
    seen = judged.predictions.of(judged.predictions.seen)
    parts = [
        f"<h1>{escape(judged.model)}</h1>",
        f'<p class="quiet">Judged on {len(judged.predictions.row):,} rows: {escape(judged.rows)}. {escape(made_on)}. '
        "Intervals cover 95 %. An expression is what a face shows, not what a person feels.</p>",
        "<h2>Figures</h2>",
        _figures([*headline(judged, table), *leak_figures(judged)]),
        "<h2>Confusion matrix</h2>",
        _chart(confusion(judged.metrics.confusion_matrix, judged.metrics.unanswered), first=True),
        _chart(confusion(judged.metrics.confusion_matrix, judged.metrics.unanswered, "share of each label")),
        "<h2>Classes</h2>",
        html_table(*class_rows(judged, beta)),
    ]
    if len(seen.row) > 1:
        before = reliability(seen.truth, seen.probabilities)
        tempered = cross_fitted(seen.truth, seen.probabilities)
        after = reliability(seen.truth, tempered.probabilities)
        parts += [
            "<h2>Every threshold</h2>",
            _chart(
                class_curves(
                    roc_curves(seen.truth, seen.probabilities),
                    "false positive rate",
                    "true positive rate",
                    diagonal=True,
                )
            ),
            _chart(
                class_curves(
                    precision_recall_curves(seen.truth, seen.probabilities),
                    "recall",
                    "precision",
                    diagonal=False,
                )
            ),
            "<h2>Certainty</h2>",
            f"<p>One temperature, fitted on one half of the rows and applied to the other: "
            f"{tempered.temperatures[0]:.2f} and {tempered.temperatures[1]:.2f}.</p>",
            _chart(reliability_diagram({"as it is": before, "after one temperature": after})),
            _figures(
                [
                    *certainty_figures(judged, before, "as it is"),
                    *certainty_figures(judged, after, "after one temperature"),
                ]
            ),
            _chart(risk_coverage_curve(risk_coverage(seen.truth, seen.probabilities), threshold)),
        ]
    if crowd := crowd_figures(judged):
        parts += ["<h2>The crowd</h2>", _figures(crowd)]
    if comparison is not None:
        other, found = comparison
        parts += [
            f"<h2>{escape(judged.model)} beside {escape(other)}</h2>",
            f"<p>{found.n:,} rows in common. Only {escape(judged.model)} is right on {found.mcnemar.only_a:,}, only "
            f"{escape(other)} on {found.mcnemar.only_b:,}; McNemar's exact test gives p = {found.mcnemar.p:.2g}.</p>",
            _chart(differences(found.differences, judged.model, other)),
        ]
    if limits:
        parts += [
            "<h2>Limits</h2><ul>",
            *(f"<li>{escape(limit)}</li>" for limit in limits),
            "</ul>",
        ]
    return html_page(f"{judged.model}: evaluation", parts)


def class_rows(judged: Judged, beta: float) -> tuple[list[str], list[list[str]]]:
    """The class table as text: its heads and its rows."""
    table = table_of(judged, beta)
    heads = ["", "precision", "recall", "F1", "F2", f"F{beta:g}", "TP", "FP", "FN", "TN"]
    rows = [
        [
            each.label,
            *map(str, (each.precision, each.recall, each.f1, each.f2, each.f_beta)),
            *(f"{n:,}" for n in (each.tp, each.fp, each.fn, each.tn)),
        ]
        for each in table.classes
    ]
    rows += [
        [
            f"{mean.name} mean",
            *map(str, (mean.precision, mean.recall, mean.f1, mean.f2, mean.f_beta)),
            *[""] * 4,
        ]
        for mean in table.means
    ]
    # F1 and F2 are columns of their own already.
    if beta in (1.0, 2.0):
        del heads[5]
        for row in rows:
            del row[5]
    return heads, rows


def predictions_csv(judged: Judged) -> str:
    """A line a row: what it is called, its label, the answer, the probabilities, and whether it is leaked."""
    known = judged.predictions
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["name", "usage", "label", "answer", *LABELS, "leaked"])
    for at, answer in enumerate(known.answer.tolist()):
        shares = [f"{value:.6f}" if answer >= 0 else "" for value in known.probabilities[at].tolist()]
        writer.writerow(
            [
                disarmed(judged.names[at]),
                known.usage[at],
                LABELS[known.truth[at]],
                LABELS[answer] if answer >= 0 else "",
                *shares,
                "yes" if known.leaked[at] else "no",
            ]
        )
    return text.getvalue()


def figures_json(judged: Judged, beta: float = 1.0) -> str:
    """Every figure with its interval and rows, the confusion matrix and the class table."""
    table = table_of(judged, beta)
    seen = judged.predictions.of(judged.predictions.seen)
    figures = [*headline(judged, table), *leak_figures(judged), *crowd_figures(judged)]
    if len(seen.row):
        figures += certainty_figures(judged, reliability(seen.truth, seen.probabilities), "as it is")
    whole: dict[str, Any] = {
        "model": judged.model,
        "rows": judged.rows,
        "n": len(judged.predictions.row),
        "labels": list(LABELS),
        "confusion_matrix": judged.metrics.confusion_matrix.tolist(),
        "unanswered": judged.metrics.unanswered.tolist(),
        "beta": beta,
        "classes": [dataclasses.asdict(each) for each in table.classes],
        "figures": [dataclasses.asdict(figure) for figure in figures],
    }
    return json.dumps(whole, indent=1) + "\n"


def _figures(figures: Iterable[Figure]) -> str:
    return html_table(
        ["figure", "value", "95 % interval", "n", "rows"],
        [[each.name, *_cells(each.estimate), each.rows] for each in figures],
    )


def _cells(estimate: Estimate) -> tuple[str, str, str]:
    value = "undefined" if estimate.value is None else f"{estimate.value:.3f}"
    known = estimate.low is not None and estimate.high is not None
    return value, f"{estimate.low:.3f} to {estimate.high:.3f}" if known else "not computed", f"{estimate.n:,}"


def _chart(figure: go.Figure, *, first: bool = False) -> str:
    # The library stands in the file once.
    return str(
        figure.to_html(
            full_html=False,
            include_plotlyjs=first,
            config={"displayModeBar": False, "responsive": True},
            default_width="100%",
        )
    )
