"""A visit to take away: what was shown and how the expression went, as one HTML file and as CSV.

Made in memory when the visitor asks for it, and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape

import pandas as pd

from fer_core.charts.live_timeline import visit_timeline
from fer_core.evaluation.source_report import REPORTED_LIVE
from fer_core.html_page import html_page, html_table
from fer_core.labels import LABELS
from fer_core.live.holding import OUTCOMES, HoldResult
from fer_core.live.session import SessionSummary
from fer_core.live.smoothing import ExpressionState
from fer_core.shop.catalogue import Product
from fer_core.shop.lessons import ShownPanel
from fer_core.shop.reactions import Reaction
from fer_core.spreadsheet import csv_bytes


@dataclass(frozen=True)
class Visit:
    """What a visit has come to.

    Attributes:
        states: of the stream, their times in Unix seconds, the oldest first.
        summary: of the stream.
        panels: every panel shown, the one on show last.
        holds: the tests of holding an expression.
        reader: the model and the detector that read the faces.
        products: id -> product.
        drawn: whether the drawn clip was among the sources; its expressions are nobody's.
    """

    states: tuple[ExpressionState, ...]
    summary: SessionSummary
    panels: tuple[ShownPanel, ...]
    holds: tuple[HoldResult, ...]
    reader: str
    products: Mapping[str, Product] = field(repr=False, hash=False)
    drawn: bool = False

    @property
    def began(self) -> float | None:
        """Unix seconds of the first thing that is known; None while there is none."""
        times = [each.time for each in self.states[:1]] + [each.shown for each in self.panels[:1]]
        return min(times, default=None)


def expression_csv(visit: Visit) -> bytes:
    """A row a look at the stream (two a second): time in UTC, seconds since the visit began, label, shares of LABELS;
    the shares are empty without a face."""
    began = visit.began or 0.0
    rows = [
        {
            "time": _utc(state.time),
            "seconds": round(state.time - began, 2),
            "label": state.label,
            **{name: None if state.blend is None else round(state.blend[name], 4) for name in LABELS},
        }
        for state in visit.states
    ]
    return csv_bytes(pd.DataFrame(rows, columns=["time", "seconds", "label", *LABELS]))


def cards_csv(visit: Visit) -> bytes:
    """A row a card a panel: when it came and went, for which expression, the product, and the reaction to it."""
    columns = [
        *("panel", "shown", "left", "expression", "product", "name", "category", "seconds on show"),
        *("positive s", "negative s", "details opened", "in basket", "not for me"),
    ]
    rows = [
        [
            panel.number + 1,
            _utc(panel.shown),
            _utc(panel.left),
            panel.label,
            reaction.product,
            _name(visit, reaction),
            reaction.category,
            *(round(value, 1) for value in (reaction.seconds, reaction.positive, reaction.negative)),
            reaction.clicks,
            reaction.basket,
            reaction.rejected,
        ]
        for panel in visit.panels
        for reaction in (lesson.reaction for lesson in panel.lessons)
    ]
    return csv_bytes(pd.DataFrame(rows, columns=columns))


def hold_table(holds: Sequence[HoldResult]) -> pd.DataFrame:
    """A row a test: what was asked, frames, right, the share with both ends of its 95 % interval, and each outcome."""
    return pd.DataFrame(
        {
            "expression": [each.asked for each in holds],
            "frames": [each.frames for each in holds],
            "right": [each.right for each in holds],
            "share": [each.share.value for each in holds],
            "share low": [each.share.low for each in holds],
            "share high": [each.share.high for each in holds],
            **{f"read as {name}": [each.counts[name] for each in holds] for name in OUTCOMES},
            "seconds": [round(each.lasted, 1) for each in holds],
            "source": [each.source for each in holds],
            "read by": [each.reader for each in holds],
        }
    )


def report_html(visit: Visit) -> str:
    """The visit as one HTML page that needs nothing from elsewhere; every text in it is escaped."""
    began = visit.began
    parts = ["<h1>A visit to the shelf</h1>"]
    if began is None:
        parts.append("<p>Nothing has happened yet.</p>")
    else:
        parts.append(
            f'<p class="quiet">Began {escape(_utc(began))} (UTC). Read by {escape(visit.reader)}. An expression is what '
            "a face shows, not what a person feels. No picture is in this file, and the app keeps no copy of it.</p>"
        )
    if visit.drawn:
        parts.append(
            "<p>The drawn clip was among the sources; what was read from it is nobody's expression.</p>"
        )
    if visit.states:
        parts += ["<h2>The expression</h2>", visit_timeline(visit.states), _held(visit.summary)]
    if visit.holds:
        parts += ["<h2>Expressions held</h2>", _holds(visit.holds)]
    if visit.panels:
        parts += ["<h2>What was shown</h2>", _panels(visit, began or 0.0)]
    return html_page("A visit to the shelf", parts)


def _held(summary: SessionSummary) -> str:
    rows = [
        (label, f"{seconds:.0f}", f"{seconds / summary.duration:.0%}")
        for label, seconds in sorted(summary.seconds.items(), key=lambda pair: -pair[1])
    ]
    lost = f"<p>The face was lost {summary.faces_lost} times.</p>" if summary.faces_lost else ""
    return html_table(("label", "seconds", "share"), rows) + lost


def _holds(holds: Iterable[HoldResult]) -> str:
    rows = [
        (each.asked, f"{each.right} of {each.frames}", str(each.share), each.source, each.reader)
        for each in holds
    ]
    rows.append(("happy", "29 of 56", str(REPORTED_LIVE), "camera", "the source report's network"))
    return html_table(("expression", "frames right", "share, 95 % interval", "source", "read by"), rows)


def _panels(visit: Visit, began: float) -> str:
    rows = []
    for panel in visit.panels:
        cards = "; ".join(
            f"{_name(visit, lesson.reaction)}{_marks(lesson.reaction)}" for lesson in panel.lessons
        )
        at = int(panel.shown - began)
        rows.append((f"{at // 60}:{at % 60:02d}", f"{panel.left - panel.shown:.0f} s", panel.label, cards))
    return html_table(("at", "for", "expression", "cards"), rows)


def _marks(reaction: Reaction) -> str:
    said = {
        "details opened": reaction.clicks > 0,
        "put into the basket": reaction.basket,
        "not for me": reaction.rejected,
    }
    marks = [words for words, so in said.items() if so]
    return f" ({', '.join(marks)})" if marks else ""


def _name(visit: Visit, reaction: Reaction) -> str:
    product = visit.products.get(reaction.product)
    return reaction.product if product is None else product.name


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
