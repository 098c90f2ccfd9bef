from __future__ import annotations

import pytest

from fer_core.settings import PROJECT_ROOT
from fer_core.shop.baskets import BasketRule, BasketRules, in_words, mock_baskets
from fer_core.shop.catalogue import Catalogue


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(PROJECT_ROOT / "data" / "products.csv")


def test_the_same_seed_fills_the_same_baskets(catalogue: Catalogue) -> None:
    assert mock_baskets(catalogue, 50, 1) == mock_baskets(catalogue, 50, 1) != mock_baskets(catalogue, 50, 2)


def test_confidence_and_lift_are_what_counting_gives() -> None:
    baskets = [frozenset("ab")] * 6 + [frozenset("a")] * 2 + [frozenset("c")] * 12
    (rule,) = BasketRules(baskets).goes_with({"a"})
    assert (rule.product, rule.having) == ("b", {"a"})
    assert rule.confidence == pytest.approx(6 / 8)
    assert rule.lift == pytest.approx((6 / 8) / (6 / 20))


def test_what_is_in_the_basket_is_not_recommended_and_each_product_comes_once(catalogue: Catalogue) -> None:
    rules = BasketRules.of(catalogue)
    basket = {product.id for product in catalogue.products[:4]}
    found = rules.goes_with(basket)
    assert found
    assert not {rule.product for rule in found} & basket
    assert len({rule.product for rule in found}) == len(found)
    assert all(rule.having <= basket for rule in found)
    assert [rule.confidence for rule in found] == sorted((rule.confidence for rule in found), reverse=True)


def test_nearly_every_product_has_a_companion(catalogue: Catalogue) -> None:
    rules = BasketRules.of(catalogue)
    alone = [each.id for each in catalogue.products if not rules.goes_with({each.id})]
    assert len(alone) <= 2


@pytest.mark.parametrize(
    "baskets",
    [
        pytest.param([], id="no baskets"),
        pytest.param([frozenset()] * 3, id="empty ones"),
        pytest.param([frozenset("a")] * 9, id="one product"),
        pytest.param([frozenset("ab")] * 9, id="always together: no more often than by chance"),
    ],
)
def test_baskets_that_tell_nothing_give_no_rules(baskets: list[frozenset[str]]) -> None:
    rules = BasketRules(baskets)
    assert len(rules) == 0
    assert rules.goes_with({"a"}) == ()


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_tiny_catalogue_still_has_baskets(size: int, catalogue: Catalogue) -> None:
    baskets = mock_baskets(Catalogue(catalogue.products[:size]), 20)
    assert all(baskets)
    BasketRules(baskets)


def test_a_rule_says_itself_by_name(catalogue: Catalogue) -> None:
    products = {product.id: product for product in catalogue.products}
    first = catalogue.products[0]
    rule = BasketRule(frozenset({first.id, "gone"}), catalogue.products[1].id, 0.314, 2.0)
    assert in_words(rule, products) == (
        f"Goes with your basket: of 100 mock baskets with {first.name}, 31 hold it too."
    )
