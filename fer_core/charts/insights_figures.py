"""Figures of what was kept: reviews, steps to the basket, expressions and categories, a session, policies.

Names come from a catalogue, which is somebody's file; Plotly reads a few HTML tags, so they are escaped here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.evaluation.estimates import Estimate
from fer_core.insights.clusters import Cluster
from fer_core.insights.pairings import Pairing
from fer_core.insights.reviews import Steps
from fer_core.labels import LABELS
from fer_core.palette import EXPRESSION_COLOURS

_COLOUR: Final = "#2f6f5e"
#: Against, neither, with: told apart without green as well.
_SCALE: Final = ((0.0, "#B84A26"), (0.5, "#E9E6DC"), (1.0, "#2556EF"))
_LONGEST: Final = 34

#: How the steps of a card are called where people read them.
STEP_NAMES: Final = {
    "shown": "shown",
    "seen": "seen a second or more",
    "opened": "details opened",
    "basket": "put into the basket",
    "rejected": "not for me",
}


def intervals(
    found: Sequence[tuple[str, Estimate]], title: str, colours: Mapping[str, str] | None = None
) -> go.Figure:
    """A dot with its interval a row, the first at the top; rows without a value are left out."""
    known = [(name, each) for name, each in found if each.value is not None]
    values = [each.value or 0.0 for _, each in known]
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=list(range(len(known))),
            mode="markers",
            marker={"size": 10, "color": [(colours or {}).get(name, _COLOUR) for name, _ in known]},
            error_x={
                "array": [(each.high or 0.0) - value for (_, each), value in zip(known, values, strict=True)],
                "arrayminus": [
                    value - (each.low or 0.0) for (_, each), value in zip(known, values, strict=True)
                ],
                "thickness": 1.5,
                "width": 4,
            },
            customdata=[[each.n, _text(name)] for name, each in known],
            hovertemplate="%{customdata[1]}: %{x:.2f}, n = %{customdata[0]:,}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"width": 1, "dash": "dot", "color": "#8a8a90"})
    return _framed(
        figure,
        height=90 + 30 * max(len(known), 1),
        xaxis={"title": title},
        yaxis=_rows([name for name, _ in known]),
    )


def steps_to_basket(steps: Steps) -> go.Figure:
    """A funnel from shown to basket, in cards."""
    names = [STEP_NAMES[step] for step in ("shown", "seen", "opened", "basket")]
    values = (steps.shown, steps.seen, steps.opened, steps.basket)
    figure = go.Figure(
        go.Funnel(
            y=names,
            x=values,
            texttemplate="%{value:,} (%{percentInitial:.1%})",
            textposition="auto",
            marker={"color": ["#2f6f5e", "#3f7fa8", "#c98d20", "#b84a26"]},
            hovertemplate="%{y}: %{x:,} cards<extra></extra>",
        )
    )
    return _framed(figure, height=300, yaxis={"automargin": True})


def pairing_map(found: Sequence[Pairing]) -> go.Figure:
    """Expressions across, categories down; what there is too little evidence for stays empty."""
    categories = list(dict.fromkeys(pairing.category for pairing in found))
    by_place = {(each.category, each.label): each for each in found}
    values, texts = [], []
    for category in categories:
        row = [by_place[category, label] for label in LABELS]
        values.append([np.nan if each.difference.value is None else each.difference.value for each in row])
        texts.append([_mark(each) for each in row])
    reach = max((abs(value) for row in values for value in row if np.isfinite(value)), default=0.1) or 0.1
    figure = go.Figure(
        go.Heatmap(
            x=list(LABELS),
            y=list(range(len(categories))),
            customdata=[[_text(category)] * len(LABELS) for category in categories],
            z=values,
            text=texts,
            texttemplate="%{text}",
            # White on dark cells, dark on pale ones: plotly chooses by itself.
            colorscale=_SCALE,
            zmin=-reach,
            zmax=reach,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{x}, %{customdata}: %{z:+.2f}<extra></extra>",
        )
    )
    return _framed(figure, height=90 + 42 * len(categories), yaxis=_rows(categories))


def session_timeline(cards: pd.DataFrame) -> go.Figure:
    """Panels along the seconds, in the colour of their expression, with what was done to their cards above.

    Args:
        cards: as ``insights.sessions.session_cards`` gives them, at least one row.
    """
    panels = cards.drop_duplicates("panel")
    figure = go.Figure()
    for label in dict.fromkeys(panels.label):
        own = panels[panels.label == label]
        figure.add_bar(
            name=str(label),
            base=own.shown.tolist(),
            x=(own.left - own.shown).tolist(),
            y=["expression"] * len(own),
            orientation="h",
            marker_color=EXPRESSION_COLOURS.get(str(label), _COLOUR),
            customdata=[
                [int(panel) + 1, _blend(row)]
                for panel, (_, row) in zip(own.panel, own.iterrows(), strict=True)
            ],
            hovertemplate=f"panel %{{customdata[0]}}: {label}<br>%{{customdata[1]}}<extra></extra>",
        )
    for name, symbol, rows in (
        ("into the basket", "star", cards[cards.basket.astype(bool)]),
        ("details", "circle-open", cards[cards.clicks > 0]),
        ("not for me", "x", cards[cards.rejected.astype(bool)]),
    ):
        if len(rows):
            figure.add_scatter(
                name=name,
                x=((rows.shown + rows.left) / 2).tolist(),
                y=[name] * len(rows),
                mode="markers",
                marker={"symbol": symbol, "size": 11, "color": _COLOUR, "line": {"width": 2}},
                text=[_text(str(product)) for product in rows["product"]],
                hovertemplate="%{text}<extra></extra>",
            )
    return _framed(
        figure,
        height=280,
        barmode="overlay",
        xaxis={"title": "seconds since the session began", "rangemode": "tozero"},
        yaxis={"automargin": True},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )


def cluster_profiles(found: Sequence[Cluster]) -> go.Figure:
    """Bars of what each cluster's reactions are worth under each expression, beyond the usual."""
    figure = go.Figure()
    for at, label in enumerate(LABELS):
        figure.add_bar(
            name=label,
            x=[f"Group {number}" for number in range(1, len(found) + 1)],
            y=[cluster.profile[at] for cluster in found],
            marker_color=EXPRESSION_COLOURS[label],
            hovertemplate=f"%{{x}}, {label}: %{{y:+.2f}}<extra></extra>",
        )
    return _framed(figure, height=330, barmode="group", yaxis={"title": "worth beyond the usual"})


def _rows(names: Sequence[str]) -> dict[str, Any]:
    """An axis of rows by number, so that names that look like numbers or days, or are the same, keep a row each."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [_text(name) for name in names],
        "range": [len(names) - 0.5, -0.5],
        "automargin": True,
    }


def _mark(pairing: Pairing) -> str:
    value = pairing.difference.value
    if value is None:
        return "?"
    return f"{value:+.2f}{'' if pairing.verdict == 'neither' else ' *'}"


def _blend(row: pd.Series) -> str:
    if pd.isna(row["happy"]):
        return "no face"
    return ", ".join(f"{label} {row[label]:.0%}" for label in LABELS)


def _text(name: str) -> str:
    short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    # Plotly shows an escaped quotation mark as it is written.
    return escape(short, quote=False)


def _framed(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    settings: dict[str, Any] = {
        "margin": {"l": 10, "r": 20, "t": 10, "b": 10},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        **layout,
    }
    figure.update_layout(height=height, **settings)
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure
