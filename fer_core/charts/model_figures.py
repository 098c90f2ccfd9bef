"""Figures of released models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import plotly.graph_objects as go

from fer_core.evaluation.metrics import wilson_interval
from fer_core.labels import LABELS

_MODEL_COLOURS: Final = ("#2f6f5e", "#c98d20", "#4f6bd6", "#b84a26", "#7a5ea8")


def recall_by_class(models: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> go.Figure:
    """Grouped bars of the recall of each class, a colour a model, whiskers the 95 % Wilson interval.

    Args:
        models: name -> ``per_class`` of its card (a class's ``tp``, ``support`` and ``recall``).
    """
    figure = go.Figure()
    for at, (name, per_class) in enumerate(models.items()):
        rows = [per_class[label] for label in LABELS]
        values = [row["recall"] for row in rows]
        limits = [
            wilson_interval(row["tp"], row["support"]) if row["support"] else (0.0, 0.0) for row in rows
        ]
        figure.add_bar(
            name=name,
            x=list(LABELS),
            y=values,
            marker_color=_MODEL_COLOURS[at % len(_MODEL_COLOURS)],
            customdata=[[row["support"], *limit] for row, limit in zip(rows, limits, strict=True)],
            hovertemplate="%{x}: recall %{y:.1%}<br>n = %{customdata[0]:,}, %{customdata[1]:.1%} to "
            "%{customdata[2]:.1%}<extra>%{fullData.name}</extra>",
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [high - (value or 0) for (_, high), value in zip(limits, values, strict=True)],
                "arrayminus": [(value or 0) - low for (low, _), value in zip(limits, values, strict=True)],
                "thickness": 1.2,
                "width": 3,
            },
        )
    figure.update_layout(
        barmode="group",
        height=330,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.12, "x": 0},
        yaxis={"range": [0, 1], "tickformat": ".0%", "title": None},
        xaxis={"title": None, "fixedrange": True},
    )
    figure.update_yaxes(fixedrange=True)
    return figure
