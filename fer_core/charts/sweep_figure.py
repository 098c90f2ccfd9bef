"""The trials of a sweep as parallel coordinates (Inselberg 1985, https://doi.org/10.1007/BF01898350)."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import plotly.graph_objects as go

#: From low to high accuracy; both ends stand out on white for the colour-blind.
_COLOURS = [[0.0, "#a3b8b0"], [0.5, "#6fa08f"], [1.0, "#123f33"]]

#: So many different numbers on an axis are marked themselves.
_FEW = 6


def parallel_settings(
    settings: Sequence[Mapping[str, str]], accuracy: Sequence[float], log: Collection[str] = ()
) -> go.Figure:
    """A line a trial through its settings to its accuracy; an axis each, on which a range can be picked.

    Args:
        settings: of each trial, the same names in each.
        accuracy: of each, in [0, 1].
        log: names whose axis is logarithmic.

    Raises:
        ValueError: no trial, or not one accuracy for each.
    """
    if not settings or len(settings) != len(accuracy):
        raise ValueError(f"Expected a trial and one accuracy each, got {len(settings)} and {len(accuracy)}.")
    axes = [_axis(name, [each[name] for each in settings], log=name in log) for name in settings[0]]
    axes.append({"label": "accuracy", "values": [round(each, 4) for each in accuracy], "tickformat": ".1%"})
    figure = go.Figure(
        go.Parcoords(
            dimensions=axes,
            line={"color": list(accuracy), "colorscale": _COLOURS},
            labelfont={"size": 13},
            tickfont={"size": 12},
            rangefont={"size": 10},
        )
    )
    return figure.update_layout(height=360, margin={"l": 60, "r": 50, "t": 50, "b": 24})


def _axis(name: str, texts: Sequence[str], *, log: bool) -> dict[str, object]:
    try:
        values = [float(text) for text in texts]
    except ValueError:
        places = sorted(set(texts))
        return {
            "label": name,
            "values": [places.index(text) for text in texts],
            "tickvals": list(range(len(places))),
            "ticktext": places,
        }
    if not log or min(values) <= 0:
        axis: dict[str, object] = {"label": name, "values": [float(f"{value:.4g}") for value in values]}
        few = sorted(set(values))
        return axis | ({"tickvals": few} if len(few) <= _FEW else {})
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    ticks = list(range(low, max(high, low + 1) + 1))
    return {
        "label": name,
        "values": [round(math.log10(value), 4) for value in values],
        "range": [ticks[0], ticks[-1]],
        "tickvals": ticks,
        "ticktext": [f"{10.0**tick:g}" for tick in ticks],
    }
