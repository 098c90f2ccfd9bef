from __future__ import annotations

import pytest

from fer_core.insights.reviews import product_reviews, product_sums
from fer_core.insights.selection import Selection, what_is_kept
from fer_core.insights.simulation import fill
from fer_core.settings import PROJECT_ROOT
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.recommender import starting_weights
from fer_core.store.reaction_store import ReactionStore
from tests.insights.kept import keep, liked, visit

NOW = 1_700_000_000.0
MONTH = 30 * 86_400


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(PROJECT_ROOT / "data" / "products.csv")


@pytest.fixture(scope="module")
def weights(catalogue: Catalogue) -> bytes:
    return starting_weights(catalogue)


def test_it_is_marked_teaches_nobody_and_goes_without_a_trace(
    store: ReactionStore, catalogue: Catalogue, weights: bytes
) -> None:
    keep(store, [[visit(liked("a"))]])
    told: list[float] = []
    cards = fill(store, catalogue, weights, shoppers=30, now=NOW, progress=told.append)
    kept = what_is_kept(store.database)
    assert (kept.shoppers, kept.simulated) == (1, 30)
    assert kept.first is not None
    assert kept.first >= NOW - MONTH
    assert told[-1] == 1.0
    assert len(store.lessons().by_session) == 1
    assert len(store.lessons(simulated=True).by_session) == 30
    shown = sum(
        each.steps.shown for each in product_reviews(product_sums(store.database, Selection(simulated=True)))
    )
    assert shown == cards > 300
    assert [each.product for each in product_reviews(product_sums(store.database, Selection()))] == ["a"]
    store.forget_simulated()
    assert what_is_kept(store.database).simulated == 0
    assert product_reviews(product_sums(store.database, Selection(simulated=True))) == ()


def test_the_same_seed_makes_the_same_shoppers(
    store: ReactionStore, catalogue: Catalogue, weights: bytes
) -> None:
    fill(store, catalogue, weights, shoppers=3, now=NOW)
    first = store.lessons(simulated=True).by_session
    store.forget_simulated()
    fill(store, catalogue, weights, shoppers=3, now=NOW)
    assert store.lessons(simulated=True).by_session == first
    store.forget_simulated()
    fill(store, catalogue, weights, shoppers=3, now=NOW, seed=1)
    assert store.lessons(simulated=True).by_session != first
