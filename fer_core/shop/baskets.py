"""What goes with a basket: association rules over mock baskets, made by code because there are no real ones."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from fer_core.shop.catalogue import Catalogue, Product

_BASKETS: Final = 3_000
#: A set counts as frequent from this share of the baskets on, and a rule as telling from this lift on.
_SUPPORT: Final = 0.004
_LIFT: Final = 1.3
_LARGEST_SET: Final = 3


@dataclass(frozen=True)
class BasketRule:
    """Baskets with ``having`` often hold ``product`` as well.

    Attributes:
        having: product ids.
        product: another one's id.
        confidence: share in [0, 1] of the baskets with the former that hold the latter.
        lift: that share over the share of all baskets that hold it.
    """

    having: frozenset[str]
    product: str
    confidence: float
    lift: float


def mock_baskets(catalogue: Catalogue, count: int = _BASKETS, seed: int = 0) -> tuple[frozenset[str], ...]:
    """Baskets as shoppers with a plan would fill them: each product has two companions of its category and
    one of another, drawn by seed.

    Args:
        catalogue: what can be bought.
        count: how many baskets.
        seed: draws companions and baskets; the same seed gives the same baskets.
    """
    random = np.random.default_rng(seed)
    products = catalogue.products
    numbers = np.arange(len(products))
    categories = np.array([product.category for product in products])
    companions = []
    for at in numbers:
        near = numbers[(categories == categories[at]) & (numbers != at)]
        far = numbers[categories != categories[at]]
        companions.append(
            [
                int(other)
                for group, most in ((near, 2), (far, 1))
                for other in random.permutation(group)[:most]
            ]
        )
    baskets = []
    for _ in range(count):
        basket: set[int] = set()
        for start in random.permutation(numbers)[: 1 + int(random.integers(2))].tolist():
            basket.add(start)
            basket.update(other for other in companions[start] if random.random() < 0.4)
        baskets.append(frozenset(products[at].id for at in basket))
    return tuple(baskets)


class BasketRules:
    """Rules found in baskets by FP-growth (Han et al. 2000, https://doi.org/10.1145/335191.335372)."""

    def __init__(self, baskets: Sequence[Set[str]]) -> None:
        """Find the rules; none where no products are bought together more often than by chance."""
        # Half a second to import, which only a filled basket needs.
        from mlxtend.frequent_patterns import association_rules, fpgrowth

        ids = sorted(set().union(*baskets)) if baskets else []
        self._rules: tuple[BasketRule, ...] = ()
        if not ids:
            return
        table = pd.DataFrame([[name in basket for name in ids] for basket in baskets], columns=ids)
        frequent = fpgrowth(table, min_support=_SUPPORT, use_colnames=True, max_len=_LARGEST_SET)
        if frequent.empty:
            return
        found = association_rules(frequent, metric="lift", min_threshold=_LIFT)
        self._rules = tuple(
            BasketRule(frozenset(row.antecedents), next(iter(row.consequents)), row.confidence, row.lift)
            for row in found.itertuples()
            if len(row.consequents) == 1
        )

    @classmethod
    def of(cls, catalogue: Catalogue, seed: int = 0) -> BasketRules:
        """The rules of the catalogue's mock baskets."""
        return cls(mock_baskets(catalogue, seed=seed))

    def __len__(self) -> int:
        return len(self._rules)

    def goes_with(self, basket: Set[str]) -> tuple[BasketRule, ...]:
        """The rules that this basket fulfils, for products not in it, the surest first and each product once."""
        best: dict[str, BasketRule] = {}
        for rule in self._rules:
            if rule.having <= basket and rule.product not in basket:
                known = best.get(rule.product)
                if known is None or rule.confidence > known.confidence:
                    best[rule.product] = rule
        return tuple(sorted(best.values(), key=lambda rule: (-rule.confidence, rule.product)))


def in_words(rule: BasketRule, names: dict[str, Product]) -> str:
    """The rule as a card's reason."""
    having = " and ".join(sorted(names[each].name for each in rule.having if each in names))
    return (
        f"Goes with your basket: of 100 mock baskets with {having}, {rule.confidence * 100:.0f} hold it too."
    )
