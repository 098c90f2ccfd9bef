"""Figures of training: a run's curves, and those of several runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import plotly.graph_objects as go

Rows = Sequence[Mapping[str, float]]
Measure = Literal["loss", "accuracy"]

#: What a run has curves of, in the order a page shows them.
MEASURES: Final[tuple[Measure, ...]] = ("loss", "accuracy")

_MOST_STEPS: Final = 1_200
_TRAIN: Final = "#2f6f5e"
_VALIDATION: Final = "#c98d20"
_RUNS: Final = ("#2f6f5e", "#c98d20", "#4f6bd6", "#b84a26", "#7a5ea8", "#4c8ea8")


def run_curves(history: Rows, steps: Rows, measure: Measure, best: int | None) -> go.Figure:
    """One run's loss or accuracy: training and validation by epoch, and the fine line of the steps in between.

    Args:
        history: rows of history.csv.
        steps: rows of steps.csv; running means inside an epoch.
        measure: what to draw.
        best: the epoch to mark, or None.
    """
    # A chart is some 700 pixels wide, and it is sent anew every second.
    steps = steps[:: -(-len(steps) // _MOST_STEPS) or 1]
    figure = _empty(measure)
    figure.add_scatter(
        x=[row["epoch"] - 1 + row["step"] / row["steps"] for row in steps],
        y=[row[measure] for row in steps],
        name="inside an epoch",
        mode="lines",
        line={"color": _TRAIN, "width": 1},
        opacity=0.45,
        hoverinfo="skip",
    )
    epochs = [row["epoch"] for row in history]
    for key, name, colour, dash in (
        (measure, "training", _TRAIN, "solid"),
        (f"val_{measure}", "validation", _VALIDATION, "dash"),
    ):
        figure.add_scatter(
            x=epochs,
            y=[row[key] for row in history],
            name=name,
            mode="lines+markers" if len(epochs) < 30 else "lines",
            line={"color": colour, "width": 2, "dash": dash},
            marker={"size": 5},
            hovertemplate=f"epoch %{{x:.0f}}: {_format(measure)}<extra>{name}</extra>",
        )
    marked = [row for row in history if row["epoch"] == best]
    if marked:
        figure.add_scatter(
            x=[marked[0]["epoch"]],
            y=[marked[0][f"val_{measure}"]],
            name=f"best epoch ({best})",
            mode="markers",
            marker={"symbol": "star", "size": 13, "color": _VALIDATION, "line": {"width": 1}},
            hovertemplate=f"best epoch %{{x:.0f}}: {_format(measure)}<extra></extra>",
        )
    return figure


def overlaid_runs(histories: Mapping[str, Rows], measure: Measure) -> go.Figure:
    """Several runs' validation curves, and their training curves thin beside them; a colour a run."""
    figure = _empty(measure)
    for at, (name, history) in enumerate(histories.items()):
        colour = _RUNS[at % len(_RUNS)]
        epochs = [row["epoch"] for row in history]
        for key, label, width, dash in (
            (f"val_{measure}", name, 2, "dash"),
            (measure, f"{name}, training", 1, "solid"),
        ):
            figure.add_scatter(
                x=epochs,
                y=[row[key] for row in history],
                name=label,
                legendgroup=name,
                showlegend=width == 2,
                mode="lines",
                line={"color": colour, "width": width, "dash": dash},
                hovertemplate=f"epoch %{{x:.0f}}: {_format(measure)}<extra>{label}</extra>",
            )
    return figure


def _format(measure: Measure) -> str:
    return "%{y:.1%}" if measure == "accuracy" else "%{y:.3f}"


def _empty(measure: Measure) -> go.Figure:
    # Plotly takes a layout several times faster at birth than by update_layout.
    return go.Figure(
        layout={
            "height": 300,
            "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
            "legend": {"orientation": "h", "y": 1.15, "x": 0},
            "xaxis": {"title": {"text": "epoch"}, "fixedrange": True, "rangemode": "tozero"},
            "yaxis": {
                "title": {"text": measure},
                "fixedrange": True,
                "tickformat": ".0%" if measure == "accuracy" else None,
            },
            # The same look from one drawing to the next, so that a growing curve does not jump.
            "uirevision": "run",
        }
    )
