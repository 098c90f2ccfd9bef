from __future__ import annotations

import re
from decimal import Decimal

import pytest

from fer_core.charts.live_view import blend_bars, card_face, shelf_head
from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN, ExpressionState
from fer_core.live.sources import state_from_label
from fer_core.shop.catalogue import Product
from fer_core.shop.recommender import Card, Panel


def shares(html: str) -> dict[str, int]:
    return {label: int(value) for value, label in re.findall(r'aria-valuenow="(\d+)" data-bar="(\w+)"', html)}


def test_the_bars_show_the_blend_in_the_one_order() -> None:
    state = state_from_label("sad", 0.6)
    assert shares(blend_bars(state)) == {"angry": 10, "happy": 10, "sad": 60, "surprise": 10, "neutral": 10}
    assert tuple(shares(blend_bars(state))) == LABELS


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param(ExpressionState(None, NO_FACE), "No face", id="no face"),
        pytest.param(ExpressionState(dict.fromkeys(LABELS, 0.2), UNCERTAIN), "Uncertain", id="uncertain"),
        pytest.param(
            ExpressionState(state_from_label("happy").blend, "happy", 4.2), "held for 4 s", id="held"
        ),
        pytest.param(state_from_label("happy"), "<b>Happy</b>", id="just begun"),
    ],
)
def test_the_line_above_the_bars(state: ExpressionState, words: str) -> None:
    assert words in blend_bars(state)


def test_without_a_face_every_bar_is_empty() -> None:
    assert set(shares(blend_bars(ExpressionState(None, NO_FACE))).values()) == {0}


def test_whatever_a_catalogue_says_stays_text() -> None:
    attack = "<script>alert(1)</script>\"'>"
    bad = Product(attack, attack, attack, Decimal("1.5"), "", "x", dict.fromkeys(LABELS, 0.0))
    html = card_face(Card(bad, attack)) + shelf_head(Panel((), attack, "happy"))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 6
    assert "€1.50" in html


def test_a_product_without_a_picture_shows_its_letter() -> None:
    tea = Product("tea", "tea", "Drinks", Decimal(1), "", "x", dict.fromkeys(LABELS, 0.0))
    assert ">T</div>" in card_face(Card(tea, "why"))


def test_details_and_what_is_not_for_one_show() -> None:
    tea = Product("tea", "tea", "Drinks", Decimal(1), "Leaves <b>", "x", dict.fromkeys(LABELS, 0.0))
    assert "Leaves" not in card_face(Card(tea, "why"))
    assert "Leaves &lt;b&gt;" in card_face(Card(tea, "why"), details=True)
    assert "facet-card gone" in card_face(Card(tea, "why"), gone=True)
