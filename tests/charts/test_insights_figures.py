from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import pytest

from fer_core.charts.insights_figures import (
    cluster_profiles,
    intervals,
    pairing_map,
    session_timeline,
    steps_to_basket,
)
from fer_core.evaluation.estimates import Estimate
from fer_core.insights.clusters import Cluster
from fer_core.insights.pairings import Pairing
from fer_core.insights.reviews import Steps
from fer_core.labels import LABELS


def named(figure: go.Figure) -> list[str]:
    """What the rows are called, from the top."""
    return list(figure.layout.yaxis.ticktext)


def test_a_review_without_evidence_has_no_dot_and_each_other_has_its_own_ends() -> None:
    reviews = [
        ("kite", Estimate(0.5, 0.2, 0.6, 9)),
        ("tea", Estimate(None, n=2)),
        ("drum", Estimate(-0.25, -0.5, 0.0, 7)),
    ]
    found = intervals(reviews, "review")
    dots = found.data[0]
    assert named(found) == ["kite", "drum"]
    assert list(dots.x) == [0.5, -0.25]
    assert list(dots.error_x.array) == pytest.approx([0.1, 0.25])
    assert list(dots.error_x.arrayminus) == pytest.approx([0.3, 0.25])
    assert [each[0] for each in dots.customdata] == [9, 7]


@pytest.mark.parametrize("name", ["<b>bold</b>", "<a href='https://evil'>x</a>"])
def test_a_catalogue_s_text_is_no_markup(name: str) -> None:
    assert "<" not in named(intervals([(name, Estimate(0.5, 0.2, 0.6, 9))], "review"))[0]
    assert "<" not in named(pairing_map([Pairing(label, name, Estimate(None)) for label in LABELS]))[0]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["1001", "2024"], id="names that look like numbers"),
        pytest.param(["2026-01-01", "2026-02-01"], id="names that look like days"),
        pytest.param(["kite", "kite"], id="two products of one name"),
        pytest.param(["n" * 50 + "a", "n" * 50 + "b"], id="the same beginning"),
    ],
)
def test_every_row_keeps_a_place_of_its_own(names: list[str]) -> None:
    figure = intervals([(name, Estimate(0.5, 0.2, 0.6, 9)) for name in names], "review")
    assert list(figure.data[0].y) == list(figure.layout.yaxis.tickvals) == [0, 1]
    assert all(len(name) < 40 for name in named(figure))


def test_a_quotation_mark_stays_one() -> None:
    assert named(intervals([('13" pan', Estimate(0.5, 0.2, 0.6, 9))], "review")) == ['13" pan']


def test_the_funnel_counts_cards_in_the_order_of_the_steps() -> None:
    assert list(steps_to_basket(Steps(100, 60, 20, 5, 9)).data[0].x) == [100, 60, 20, 5]


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        pytest.param(Estimate(0.3, 0.1, 0.5, 9), "+0.30 *", id="for sure"),
        pytest.param(Estimate(-0.3, -0.5, -0.1, 9), "-0.30 *", id="against for sure"),
        pytest.param(Estimate(0.3, -0.1, 0.5, 9), "+0.30", id="it may be chance"),
        pytest.param(Estimate(None), "?", id="not enough evidence"),
    ],
)
def test_a_cell_says_how_sure_it_is(difference: Estimate, text: str) -> None:
    figure = pairing_map([Pairing(label, "Games", difference) for label in LABELS])
    assert figure.data[0].text[0][0] == text


def session(**changes: object) -> pd.DataFrame:
    shares = dict.fromkeys(LABELS, 0.2)
    rows = [
        {
            "panel": 0,
            "shown": 0.0,
            "left": 5.0,
            "label": "happy",
            "product": "kite",
            "basket": True,
            "clicks": 1,
        },
        {
            "panel": 0,
            "shown": 0.0,
            "left": 5.0,
            "label": "happy",
            "product": "tea",
            "basket": False,
            "clicks": 0,
        },
        {
            "panel": 1,
            "shown": 5.0,
            "left": 9.0,
            "label": "sad",
            "product": "drum",
            "basket": False,
            "clicks": 0,
        },
    ]
    return pd.DataFrame([{**shares, "rejected": False, **row, **changes} for row in rows])


def test_a_panel_stands_once_on_the_timeline_however_many_cards_it_has() -> None:
    figure = session_timeline(session())
    bars = {each.name: (list(each.base), list(each.x)) for each in figure.data if each.type == "bar"}
    assert bars == {"happy": ([0.0], [5.0]), "sad": ([5.0], [4.0])}
    marks = {each.name: list(each.text) for each in figure.data if each.type == "scatter"}
    assert marks == {"into the basket": ["kite"], "details": ["kite"]}


def test_a_panel_without_a_face_has_no_shares() -> None:
    figure = session_timeline(session(label="no face", **dict.fromkeys(LABELS)))
    assert figure.data[0].customdata[0][1] == "no face"


def test_groups_have_a_bar_an_expression() -> None:
    found = [Cluster("one", ("a",), (0.1, 0.2, 0.3, 0.4, 0.5)), Cluster("two", ("b",), (0.0,) * 5)]
    figure = cluster_profiles(found)
    assert [each.name for each in figure.data] == list(LABELS)
    assert list(figure.data[1].y) == [0.2, 0.0]
