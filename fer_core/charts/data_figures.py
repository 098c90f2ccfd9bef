"""Figures of data sets: rows, light, a map of faces, and what balancing does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from fer_core.data.exploring import FaceMap, light
from fer_core.data.reading import FerDataset
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.palette import EXPRESSION_COLOURS

#: Nobody's predictions carry these two names, so only data shows them; their shapes differ as well.
_COLOURS: Final = {**EXPRESSION_COLOURS, "disgust": "#7B8A2A", "fear": "#8A5CC2"}
_SYMBOLS: Final = dict(
    zip(
        FER2013_LABELS,
        ("circle", "x", "cross", "square", "triangle-down", "star", "diamond"),
        strict=True,
    )
)
_SERIES: Final = ("#2f6f5e", "#c98d20", "#4f6bd6")


def rows_by_label(counts: pd.DataFrame) -> go.Figure:
    """Grouped bars of rows a label, a colour a split (``exploring.count_rows``)."""
    return _bars({name: counts[name].tolist() for name in counts.columns}, list(counts.index))


def before_and_after(before: Mapping[str, int], after: Mapping[str, int]) -> go.Figure:
    """Grouped bars of training rows a label, as they are and after balancing, with the numbers on them."""
    figure = _bars(
        {
            "as is": [before[label] for label in LABELS],
            "balanced": [after[label] for label in LABELS],
        },
        list(LABELS),
    )
    # Upright numbers inside the bars fit on a phone as well.
    return figure.update_traces(
        texttemplate="%{y:,}", textposition="auto", textangle=-90, insidetextanchor="end", cliponaxis=False
    )


def _bars(series: Mapping[str, Sequence[int]], labels: list[str]) -> go.Figure:
    figure = go.Figure()
    for at, (name, values) in enumerate(series.items()):
        figure.add_bar(
            name=name,
            x=labels,
            y=list(values),
            marker_color=_SERIES[at % len(_SERIES)],
            hovertemplate="%{x}: %{y:,} rows<extra>%{fullData.name}</extra>",
        )
    return _framed(figure, barmode="group", yaxis={"tickformat": ",d", "rangemode": "tozero"})


def light_by_label(dataset: FerDataset, measure: str) -> go.Figure:
    """A box a label of brightness or contrast (``measure``): median, quartiles, 2nd and 98th percentile.

    Raises:
        ValueError: another measure.
    """
    if measure not in ("brightness", "contrast"):
        raise ValueError(f"Expected brightness or contrast, got {measure!r}.")
    values = light(dataset.pixels)[0 if measure == "brightness" else 1]
    figure = go.Figure()
    for tag, label in enumerate(FER2013_LABELS):
        own = values[dataset.emotion == tag]
        if len(own):
            low, first, middle, third, high = np.percentile(own, (2, 25, 50, 75, 98)).round(1).tolist()
            # Five numbers, not the thousands of values behind them, go to the browser.
            figure.add_box(
                name=label,
                x=[label],
                lowerfence=[low],
                q1=[first],
                median=[middle],
                q3=[third],
                upperfence=[high],
                marker_color=_COLOURS[label],
                showlegend=False,
            )
    return _framed(figure, yaxis={"rangemode": "tozero", "title": "grey values"}, height=260)


def face_map(dataset: FerDataset, placed: FaceMap) -> go.Figure:
    """Faces as points, a colour and a shape a label; ``customdata`` of a point is its position in the data set."""
    figure = go.Figure()
    tags = dataset.emotion[placed.positions]
    for tag, label in enumerate(FER2013_LABELS):
        own = tags == tag
        if own.any():
            x, y = placed.places[own].round(3).T.tolist()
            figure.add_scatter(
                name=label,
                x=x,
                y=y,
                mode="markers",
                customdata=_rows(dataset, placed.positions[own]),
                marker={"color": _COLOURS[label], "symbol": _SYMBOLS[label], "size": 7, "opacity": 0.75},
                hovertemplate=f"{label}, row %{{customdata[1]}}<extra></extra>",
            )
    axis = {"showticklabels": False, "showgrid": False, "zeroline": False, "fixedrange": False}
    return _framed(figure, xaxis=axis, yaxis=axis, height=460, dragmode="select")


def _rows(dataset: FerDataset, positions: npt.NDArray[np.int64]) -> list[list[int]]:
    return [[int(at), int(dataset.row[at])] for at in positions]


def _framed(figure: go.Figure, height: int = 330, **layout: Any) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.12, "x": 0},
        **layout,
    )
    if "dragmode" not in layout:
        figure.update_xaxes(fixedrange=True)
        figure.update_yaxes(fixedrange=True)
    return figure
