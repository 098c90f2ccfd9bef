"""Figures of an evaluation: confusion, curves a class, certainty, and two models side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from fer_core.evaluation.certainty import BINS, Reliability, RiskCoverage
from fer_core.evaluation.comparison import Difference
from fer_core.evaluation.curves import Curve
from fer_core.evaluation.judged import NO_ANSWER
from fer_core.labels import LABELS
from fer_core.palette import EXPRESSION_COLOURS

Shown = Literal["counts", "share of each label", "share of each answer"]

#: What a confusion matrix may show, in the order a page offers it.
SHOWN: Final[tuple[Shown, ...]] = ("counts", "share of each label", "share of each answer")

# One hue from light to dark stays readable for people who see no red, no green or no blue.
_SHADES: Final = [[0.0, "#eef3ef"], [0.35, "#a9cdbd"], [0.7, "#4f9079"], [1.0, "#17453a"]]
_DARK_FROM: Final = 0.55
_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash")
_OURS: Final = "#2f6f5e"
_OTHER: Final = "#c98d20"
_QUIET: Final = "#93919a"


def confusion(
    matrix: npt.NDArray[np.int64],
    unanswered: npt.NDArray[np.int64],
    shown: Shown = "counts",
    chosen: tuple[str, str] | None = None,
) -> go.Figure:
    """A confusion matrix, rows actual and columns predicted, whose cells can be picked.

    A picked cell is a point of the only scatter trace; its ``customdata`` holds actual and predicted label.

    Args:
        matrix: (5, 5) counts, order of LABELS.
        unanswered: (5,) rows without an answer; a column of its own where there are any.
        shown: counts, or shares of a row or of a column.
        chosen: the cell to frame.
    """
    answers = [*LABELS, NO_ANSWER] if unanswered.any() else list(LABELS)
    counts = np.column_stack([matrix, unanswered])[:, : len(answers)].astype(np.float64)
    axis = {"counts": None, "share of each label": 1, "share of each answer": 0}[shown]
    totals = counts.sum(axis=1 if axis == 1 else 0, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    if axis is None:
        texts = [[f"{value:,.0f}" for value in row] for row in counts]
        shade = np.divide(counts, counts.max(initial=1))
    else:
        texts = [[f"{value:.0%}" for value in row] for row in shares]
        shade = shares
    figure = go.Figure(
        go.Heatmap(
            z=shade.tolist(),
            x=answers,
            y=list(LABELS),
            zmin=0,
            zmax=1,
            colorscale=_SHADES,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    cells = [(row, column) for row in range(len(LABELS)) for column in range(len(answers))]
    figure.add_scatter(
        x=[answers[column] for _, column in cells],
        y=[LABELS[row] for row, _ in cells],
        mode="markers+text",
        text=[texts[row][column] for row, column in cells],
        textfont={
            "size": 15,
            "color": ["#ffffff" if shade[cell] > _DARK_FROM else "#1d2a26" for cell in cells],
        },
        # Wide and without colour: what is clicked is the cell, and what is seen its number.
        marker={"size": 46, "symbol": "square", "color": "rgba(0,0,0,0)", "line": {"width": 0}},
        customdata=[[LABELS[row], answers[column], int(counts[row, column])] for row, column in cells],
        hovertemplate="labelled %{customdata[0]}, answered %{customdata[1]}: %{customdata[2]:,}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        showlegend=False,
    )
    if chosen is not None and chosen[1] in answers:
        x, y = answers.index(chosen[1]), LABELS.index(chosen[0])
        figure.add_shape(
            type="rect",
            x0=x - 0.49,
            x1=x + 0.49,
            y0=y - 0.49,
            y1=y + 0.49,
            line={"color": _OTHER, "width": 3},
        )
    return _framed(
        figure,
        height=420,
        xaxis={"title": "answer", "side": "top", "showgrid": False},
        yaxis={"title": "label", "autorange": "reversed", "showgrid": False},
        dragmode=False,
        clickmode="event+select",
        hovermode="closest",
        # A click anywhere in a cell means its number, however wide the cell is.
        hoverdistance=-1,
    )


def class_curves(curves: Sequence[Curve], x: str, y: str, *, diagonal: bool) -> go.Figure:
    """A line a class, told apart by colour and dashes; the area stands in the legend."""
    figure = go.Figure()
    if diagonal:
        figure.add_scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": _QUIET, "width": 1, "dash": "dot"},
            hoverinfo="skip",
            showlegend=False,
        )
    for at, curve in enumerate(curves):
        area = curve.area.value
        figure.add_scatter(
            name=f"{curve.label} {area:.3f}" if area is not None else f"{curve.label}: none",
            x=curve.x.round(4).tolist(),
            y=curve.y.round(4).tolist(),
            mode="lines",
            line={
                "color": EXPRESSION_COLOURS[curve.label],
                "width": 2,
                "dash": _DASHES[at % len(_DASHES)],
            },
            hovertemplate=f"{curve.label}: {x} %{{x:.2f}}, {y} %{{y:.2f}}<extra></extra>",
        )
    return _framed(
        figure,
        height=400,
        xaxis={"title": x, "range": [0, 1]},
        yaxis={"title": y, "range": [0, 1.02]},
        legend={"orientation": "h", "y": -0.22, "x": 0},
    )


def reliability_diagram(found: Mapping[str, Reliability]) -> go.Figure:
    """Accuracy over confidence for up to two sets of probabilities, and how many rows lie where."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="as sure as right",
        line={"color": _QUIET, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    first = next(iter(found.values()))
    middles = (np.arange(BINS) + 0.5) / BINS
    figure.add_bar(
        x=middles.tolist(),
        y=(first.count / max(first.count.sum(), 1)).tolist(),
        width=0.9 / BINS,
        name="share of the rows",
        marker_color="rgba(147,145,154,0.35)",
        customdata=first.count.tolist(),
        hovertemplate="%{customdata:,} rows<extra></extra>",
    )
    for at, (name, each) in enumerate(found.items()):
        filled = each.count > 0
        figure.add_scatter(
            x=each.confidence[filled].round(4).tolist(),
            y=each.accuracy[filled].round(4).tolist(),
            name=name,
            mode="lines+markers",
            line={"color": (_OURS, _OTHER)[at], "width": 2, "dash": _DASHES[at]},
            marker={"size": 7, "symbol": ("circle", "square")[at]},
            customdata=each.count[filled].tolist(),
            hovertemplate="sure %{x:.0%}, right %{y:.0%}, %{customdata:,} rows<extra>" + name + "</extra>",
        )
    return _framed(
        figure,
        height=400,
        xaxis={"title": "confidence", "range": [0, 1.01], "tickformat": ".0%"},
        yaxis={"title": "accuracy", "range": [0, 1.02], "tickformat": ".0%"},
        legend={"orientation": "h", "y": -0.22, "x": 0},
    )


def risk_coverage_curve(found: RiskCoverage, threshold: float) -> go.Figure:
    """Accuracy of the answered rows over the share that is answered; the threshold's place is marked."""
    n = len(found.coverage)
    kept = np.unique(np.linspace(0, n - 1, min(n, 400)).round().astype(int))
    figure = go.Figure()
    figure.add_scatter(
        x=found.coverage[kept].round(4).tolist(),
        y=found.accuracy[kept].round(4).tolist(),
        mode="lines",
        name="accuracy",
        line={"color": _OURS, "width": 2},
        customdata=found.threshold[kept].round(3).tolist(),
        hovertemplate="answers %{x:.0%}, right %{y:.1%}, from a confidence of %{customdata:.2f}<extra></extra>",
        showlegend=False,
    )
    answered, right = found.at(threshold)
    if answered.value and right.value is not None:
        figure.add_scatter(
            x=[answered.value],
            y=[right.value],
            mode="markers",
            marker={"size": 13, "color": _OTHER, "symbol": "diamond", "line": {"width": 1}},
            hovertemplate="answers %{x:.1%}, right %{y:.1%}<extra></extra>",
            showlegend=False,
        )
    return _framed(
        figure,
        height=340,
        xaxis={"title": "share answered", "range": [0, 1.01], "tickformat": ".0%"},
        yaxis={"title": "accuracy of those", "tickformat": ".0%"},
    )


def differences(found: Sequence[Difference], a: str, b: str) -> go.Figure:
    """A dot and its 95 % interval a figure, turned so that right of the line ``a`` is better."""
    figure = go.Figure()
    drawn = [each for each in found if each.difference.value is not None][::-1]
    for name, colour, symbol, verdict in (
        (f"{a} better", _OURS, "circle", "a"),
        (f"{b} better", _OTHER, "square", "b"),
        ("no difference shown", _QUIET, "diamond", ""),
    ):
        own = [each for each in drawn if each.verdict == verdict]
        middles, lows, highs = [], [], []
        for each in own:
            sign = 1 if each.higher_is_better else -1
            value = sign * (each.difference.value or 0)
            ends = sorted(
                (
                    sign * (each.difference.low if each.difference.low is not None else value),
                    sign * (each.difference.high if each.difference.high is not None else value),
                )
            )
            middles.append(value)
            lows.append(value - ends[0])
            highs.append(ends[1] - value)
        figure.add_scatter(
            name=name,
            x=middles,
            y=[each.name for each in own],
            mode="markers",
            marker={"size": 9, "color": colour, "symbol": symbol},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": highs,
                "arrayminus": lows,
                "color": colour,
                "thickness": 1.6,
                "width": 3,
            },
            customdata=[str(each.difference) for each in own],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": _QUIET, "width": 1})
    return _framed(
        figure,
        height=110 + 26 * max(len(drawn), 3),
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        xaxis={"title": f"to the right: {a} better", "zeroline": False},
        yaxis={"categoryorder": "array", "categoryarray": [each.name for each in drawn], "automargin": True},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )


def _framed(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    figure.update_layout(
        **{
            "height": height,
            "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
            "legend": {"orientation": "h", "y": 1.12, "x": 0},
            **layout,
        }
    )
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure
