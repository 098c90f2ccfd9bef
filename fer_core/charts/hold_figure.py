"""Holding an expression as figures: what the frames were read as, and the share right beside the source report's."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from fer_core.charts.insights_figures import intervals
from fer_core.evaluation.source_report import REPORTED_LIVE
from fer_core.live.holding import OUTCOMES, HoldResult
from fer_core.palette import EXPRESSION_COLOURS


def hold_bars(result: HoldResult) -> go.Figure:
    """A bar for each outcome; what was asked for stands out."""
    counts = [result.counts[name] for name in OUTCOMES]
    figure = go.Figure(
        go.Bar(
            x=list(OUTCOMES),
            y=counts,
            marker={
                "color": [EXPRESSION_COLOURS[name] for name in OUTCOMES],
                "opacity": [1.0 if name == result.asked else 0.45 for name in OUTCOMES],
            },
            text=[str(count) if count else "" for count in counts],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y} frames read as %{x}<extra></extra>",
        )
    )
    figure.update_layout(height=230, margin={"l": 10, "r": 10, "t": 24, "b": 10}, showlegend=False)
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True, title="frames", rangemode="tozero")
    return figure


def held_shares(results: Sequence[HoldResult]) -> go.Figure:
    """Share right with its 95 % interval, each test and below them the source report's."""
    rows = [(f"{at}. {each.asked}", each.share) for at, each in enumerate(results, 1)]
    figure = intervals(
        [*rows, ("the report: happy", REPORTED_LIVE)],
        "share of frames read right",
        {name: EXPRESSION_COLOURS[each.asked] for (name, _), each in zip(rows, results, strict=True)},
    )
    return figure.update_xaxes(range=[-0.03, 1.03], tickformat=".0%")
