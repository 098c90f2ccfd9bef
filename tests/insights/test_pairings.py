from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fer_core.insights.newest import newest_cards
from fer_core.insights.pairings import pairings, shoppers_by_step
from fer_core.insights.reviews import Steps, product_reviews, product_sums
from fer_core.insights.selection import Selection
from fer_core.labels import LABELS
from fer_core.shop.reactions import Reaction
from fer_core.store.reaction_store import ReactionStore
from tests.insights.kept import DAY, START, keep, liked, passed, refused, visit


def test_the_newest_shoppers_cards_of_that_time(store: ReactionStore) -> None:
    keep(store, [[visit(liked(f"p{at}"), passed("q"), start=START + at * DAY)] for at in range(4)])
    cards = newest_cards(store.database, Selection(), most=2)
    assert sorted(set(cards["product"])) == ["p2", "p3", "q"]
    cards = newest_cards(store.database, Selection(until=START + DAY + 100), most=1)
    assert sorted(cards["product"]) == ["p1", "q"]
    assert cards.basket.sum() == 1
    assert cards.seen.all()
    empty = newest_cards(store.database, Selection(simulated=True))
    assert len(empty) == 0
    assert pairings(empty) == ()


def test_what_goes_with_an_expression_and_against_it(store: ReactionStore) -> None:
    visits = []
    for _ in range(30):
        happy = visit(liked("kite", "Games"), passed("tea", "Drinks"), label="happy")
        sad = visit(refused("kite", "Games"), passed("tea", "Drinks"), label="sad", number=1)
        visits.append([happy, sad])
    keep(store, visits)
    found = pairings(newest_cards(store.database, Selection()))
    verdicts = {(each.label, each.category): each.verdict for each in found}
    assert len(found) == 2 * len(LABELS)
    assert verdicts["happy", "Games"] == "with"
    assert verdicts["happy", "Drinks"] == "against"
    assert verdicts["sad", "Games"] == "against"
    assert verdicts["angry", "Games"] == "not enough evidence"


def test_what_an_expression_lifts_everywhere_goes_with_nothing(store: ReactionStore) -> None:
    visits = [[visit(liked("kite", "Games"), liked("tea", "Drinks"), label="happy")] for _ in range(30)]
    keep(store, visits)
    found = pairings(newest_cards(store.database, Selection()))
    assert {each.verdict for each in found if each.label == "happy"} == {"neither"}


@pytest.mark.parametrize(
    "happy_with_all", [False, True], ids=["each likes one of two", "each likes all or none"]
)
def test_where_nothing_goes_with_anything_stars_are_as_rare_as_said(happy_with_all: bool) -> None:
    random = np.random.default_rng(3)
    stars = 0
    for _ in range(200):
        rows = []
        for session in range(40):
            first = float(random.random() < 0.5)
            second = first if happy_with_all else 1 - first
            for category, worth in (
                ("Games", first),
                ("Books", second),
                ("Tea", float(random.random() < 0.5)),
            ):
                rows.append({"session": session, "category": category, "label": "happy", "worth": worth})
        found = pairings(pd.DataFrame(rows))
        stars += sum(each.verdict in ("with", "against") for each in found)
    assert stars / (200 * 3) < 0.07


def test_who_saw_one_category_alone_says_nothing_about_it(store: ReactionStore) -> None:
    keep(store, [[visit(liked("kite", "Games"))] for _ in range(9)])
    keep(store, [[visit(refused("tea", "Drinks"))] for _ in range(9)], first=20)
    found = pairings(newest_cards(store.database, Selection()))
    assert {each.verdict for each in found} == {"not enough evidence"}


def test_a_reaction_without_a_followed_face_was_seen(store: ReactionStore) -> None:
    by_hand = Reaction("a", "c", basket=True)
    keep(store, [[visit(by_hand)]])
    assert newest_cards(store.database, Selection()).seen.all()
    assert product_reviews(product_sums(store.database, Selection()))[0].steps == Steps(1, 1, 0, 1, 0)


def test_shoppers_by_how_far_a_card_of_theirs_came(store: ReactionStore) -> None:
    keep(
        store,
        [[visit(liked("a", clicks=1))], [visit(refused("a"))], [visit(passed("a"))], [visit(passed("a"))]],
    )
    found = shoppers_by_step(newest_cards(store.database, Selection()))
    assert {step: each.value for step, each in found.items()} == {
        "shown": 1,
        "seen": 1,
        "opened": 0.25,
        "basket": 0.25,
        "rejected": 0.25,
    }
    assert all(each.n == 4 for each in found.values())
