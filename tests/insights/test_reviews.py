from __future__ import annotations

import time

import numpy as np
import pytest

from fer_core.insights.evidence import mean_worth
from fer_core.insights.reviews import Steps, product_history, product_reviews, product_sums
from fer_core.insights.selection import Selection, what_is_kept
from fer_core.store.reaction_store import ReactionStore
from tests.insights.kept import DAY, START, keep, liked, name, passed, refused, visit

ALL = Selection()


def test_a_review_is_the_mean_over_shoppers_not_over_cards(store: ReactionStore) -> None:
    # Five who liked it once, and one who refused it three times and passed it over once: -0.75.
    visits = [[visit(liked("a"), passed("b"))] for _ in range(5)]
    often = [visit(refused("a"), number=number) for number in range(3)]
    keep(store, [*visits, [*often, visit(passed("a"), number=3)]])
    by_product = {each.product: each for each in product_reviews(product_sums(store.database, ALL))}
    values = np.array([1.0] * 5 + [-0.75])
    expected = mean_worth(6, values.sum(), (values**2).sum())
    found = by_product["a"].review
    assert found.value == pytest.approx(expected.value)
    assert (found.low, found.high, found.n) == (
        pytest.approx(expected.low),
        pytest.approx(expected.high),
        6,
    )
    assert by_product["a"].seconds == pytest.approx(2.0 * 9)
    assert by_product["a"].steps == Steps(shown=9, seen=9, opened=0, basket=5, rejected=3)
    assert by_product["b"].review.value == 0


def test_the_best_come_first_and_what_is_not_known_last(store: ReactionStore) -> None:
    visits = [[visit(refused("bad"), liked("good"), passed("plain"))] for _ in range(5)]
    keep(store, [*visits, [visit(liked("rare"))]])
    reviews = product_reviews(product_sums(store.database, ALL))
    assert [each.product for each in reviews] == ["good", "plain", "bad", "rare"]
    assert reviews[-1].review.value is None
    assert reviews[-1].review.n == 1


def test_panels_that_flew_by_were_shown_and_say_nothing(store: ReactionStore) -> None:
    flown = visit(liked("a").__class__("a", "c", 0.2), seconds=0.2)
    keep(store, [[flown]])
    (review,) = product_reviews(product_sums(store.database, ALL))
    assert review.review.n == 0
    assert review.steps == Steps(shown=1)


@pytest.mark.parametrize(
    ("selection", "products"),
    [
        pytest.param(ALL, ["a", "b"], id="all"),
        pytest.param(Selection(since=START + DAY), ["b"], id="the later one"),
        pytest.param(Selection(until=START + DAY), ["a"], id="the earlier one"),
        pytest.param(Selection(START + 2 * DAY, START + 3 * DAY), ["b"], id="both ends"),
        pytest.param(Selection(since=START + 9 * DAY), [], id="nothing in it"),
        pytest.param(Selection(simulated=True), ["s"], id="the simulation and nothing else"),
    ],
)
def test_a_time_is_looked_at_alone(store: ReactionStore, selection: Selection, products: list[str]) -> None:
    keep(store, [[visit(liked("a"))], [visit(liked("b"), start=START + 2 * DAY)]])
    keep(store, [[visit(liked("s"))]], simulated=True, first=9)
    assert (
        sorted(each.product for each in product_reviews(product_sums(store.database, selection))) == products
    )


def test_settled_and_late_sessions_add_up_to_all(store: ReactionStore) -> None:
    now = time.time()
    old = [[visit(liked("a"), refused("b"), start=now - 3 * DAY + at)] for at in range(7)]
    late = [[visit(refused("a"), passed("c"), start=now - 60 + at)] for at in range(4)]
    keep(store, [*old, *late])
    kept = what_is_kept(store.database)
    parts = [
        product_sums(store.database, Selection(up_to=kept.settled)),
        product_sums(store.database, Selection(after=kept.settled)),
    ]
    assert [sorted(part) for part in parts] == [["a", "b"], ["a", "c"]]
    assert product_reviews(*parts) == product_reviews(product_sums(store.database, ALL))
    # Only what is deleted changes the settled ones.
    store.forget(name(8))
    assert what_is_kept(store.database).settled_version == kept.settled_version
    store.keep(name(9), [visit(liked("a"), number=1, start=now)])
    assert what_is_kept(store.database).settled_version == kept.settled_version
    store.forget(name(0))
    assert what_is_kept(store.database).settled_version != kept.settled_version


def test_a_product_in_detail_by_expression_and_by_day(store: ReactionStore) -> None:
    visits = []
    for at in range(6):
        visits.append(
            [
                visit(liked("a"), label="happy", start=START + at),
                visit(refused("a"), passed("b"), label="sad", number=1, start=START + DAY + at),
            ]
        )
    keep(store, visits)
    history = product_history(store.database, ALL, "a")
    assert {label: each.value for label, each in history.by_expression.items()} == {"happy": 1, "sad": -1}
    assert [(day, each.value, each.n) for day, each in history.by_day.items()] == [
        ("2023-11-14", 1, 6),
        ("2023-11-15", -1, 6),
    ]
    assert product_history(store.database, ALL, "nothing").by_day == {}
