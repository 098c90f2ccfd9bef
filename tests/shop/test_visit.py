from __future__ import annotations

import csv
import dataclasses
import io
import re
from typing import Any

import numpy as np
import pytest

from fer_core.labels import LABELS
from fer_core.live.holding import COUNTDOWN
from fer_core.live.session import SessionSummary
from fer_core.settings import PROJECT_ROOT
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.recommender import starting_weights
from fer_core.shop.shopper import Shop, Shopper
from fer_core.shop.visit import Visit, cards_csv, expression_csv, hold_table, report_html
from fer_core.vision.faces import Frame
from tests.shop.test_shopper import Mirror

#: Unix seconds of the clock at the stream's 0.
WALL = 1_790_000_000.0


@pytest.fixture(scope="module")
def shop() -> Shop:
    catalogue = Catalogue.load(PROJECT_ROOT / "data" / "products.csv")
    return Shop(catalogue, starting_weights(catalogue))


class Stream:
    """A shopper in front of a stream of ten frames a second, with a clock of its own."""

    def __init__(self, shop: Shop) -> None:
        self.mirror: Any = Mirror()
        self.now = 0.0
        self.shopper = Shopper(self.mirror, shop, seed=1, clock=lambda: WALL + self.now)

    def show(self, label: str, seconds: float, *, drawn: bool = False) -> None:
        self.mirror.label = label
        for _ in range(round(seconds * 10)):
            self.shopper.pipeline.process(Frame(np.zeros((60, 60, 3), np.uint8), self.now))
            self.shopper.follow_stream(self.now, drawn=drawn)
            self.now += 0.1

    def visit(self) -> Visit:
        return self.shopper.visit(self.now)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_what_was_shown_and_how_the_expression_went(shop: Shop) -> None:
    stream = Stream(shop)
    stream.show("happy", 6)
    product = stream.shopper.visit(stream.now).panels[-1].lessons[0].reaction.product
    stream.shopper.put_in_basket(product)
    stream.show("sad", 8)
    visit = stream.visit()
    assert [panel.label for panel in visit.panels][-2:] == ["happy", "sad"]

    expression = rows(expression_csv(visit))
    assert float(expression[0]["seconds"]) == 0
    assert expression[0]["time"] == "2026-09-21 14:13:20"
    assert {row["label"] for row in expression} >= {"happy", "sad"}
    assert all(sum(float(row[name]) for name in LABELS) == pytest.approx(1, abs=1e-3) for row in expression)
    seconds = [float(row["seconds"]) for row in expression]
    assert seconds == sorted(seconds)

    cards = rows(cards_csv(visit))
    assert len(cards) == sum(len(panel.lessons) for panel in visit.panels)
    (bought,) = [row for row in cards if row["in basket"] == "True"]
    assert bought["product"] == product

    html = report_html(visit)
    assert "2026-09-21 14:13:20" in html
    assert "put into the basket" in html
    assert re.search(r"<td>happy</td><td>\d+</td>", html)


def test_the_report_needs_nothing_from_elsewhere_and_holds_no_picture_of_anybody(shop: Shop) -> None:
    stream = Stream(shop)
    stream.show("happy", 4)
    html = report_html(stream.visit())
    assert re.findall(r'(?:src|href)="(?!data:image/svg)', html) == []
    assert "image/jpeg" not in html
    assert "image/png" not in html


def test_a_visit_that_has_not_begun_makes_files_all_the_same(shop: Shop) -> None:
    visit = Stream(shop).visit()
    assert visit.began is None
    assert "Nothing has happened yet" in report_html(visit)
    assert rows(expression_csv(visit)) == rows(cards_csv(visit)) == []
    assert expression_csv(visit).decode("utf-8-sig").startswith("time,seconds,label,angry")


def test_by_hand_there_are_panels_and_no_stream(shop: Shop) -> None:
    stream = Stream(shop)
    stream.shopper.pick("happy", 0.8, 0.0)
    visit = stream.visit()
    assert [panel.label for panel in visit.panels] == ["happy"]
    html = report_html(visit)
    assert "What was shown" in html
    assert "The expression</h2>" not in html


def test_held_expressions_stand_beside_the_source_reports(shop: Shop) -> None:
    stream = Stream(shop)
    stream.shopper.pipeline.holding.start("happy", 10, now=stream.now, source="drawn clip")
    stream.show("happy", COUNTDOWN + 1.2)
    visit = stream.visit()
    html = report_html(visit)
    assert "10 of 10" in html
    assert "29 of 56" in html
    (row,) = hold_table(visit.holds).to_dict("records")
    assert (row["expression"], row["frames"], row["right"], row["source"]) == ("happy", 10, 10, "drawn clip")
    assert row["read as happy"] == 10


def test_a_drawn_face_moves_the_shelf_and_teaches_nothing(shop: Shop) -> None:
    stream = Stream(shop)
    stream.show("happy", 6, drawn=True)
    visit = stream.visit()
    assert visit.panels[-1].label == "happy"
    assert all(lesson.reaction.seconds == 0 for panel in visit.panels for lesson in panel.lessons)
    assert "nobody's expression" in report_html(visit)
    assert "nobody's expression" not in report_html(Stream(shop).visit())


def test_texts_of_a_catalogue_are_somebody_elses(shop: Shop) -> None:
    stream = Stream(shop)
    stream.shopper.pick("happy", 0.8, 0.0)
    visit = stream.visit()
    hostile = {
        name: dataclasses.replace(product, name="=<script>") for name, product in visit.products.items()
    }
    visit = dataclasses.replace(visit, products=hostile)
    assert "<script>" not in report_html(visit)
    assert {row["name"] for row in rows(cards_csv(visit))} == {"'=<script>"}


def test_a_product_that_has_left_the_catalogue_keeps_its_id(shop: Shop) -> None:
    stream = Stream(shop)
    stream.shopper.pick("happy", 0.8, 0.0)
    visit = dataclasses.replace(stream.visit(), products={})
    assert all(row["name"] == row["product"] for row in rows(cards_csv(visit)))


def test_without_a_held_second_no_share_is_made_up(shop: Shop) -> None:
    stream = Stream(shop)
    stream.show("happy", 0.2)
    visit = dataclasses.replace(stream.visit(), summary=SessionSummary({}, 0, 0.0))
    assert "The expression</h2>" in report_html(visit)
