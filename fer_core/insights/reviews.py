"""A product's review: what all reactions to it sum up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

import sqlalchemy as sa

from fer_core.evaluation.estimates import Estimate
from fer_core.insights.evidence import mean_worth
from fer_core.insights.selection import Selection
from fer_core.shop.lessons import SEEN
from fer_core.store.database import Database
from fer_core.store.schema import CARDS, PRODUCTS


@dataclass(frozen=True)
class Steps:
    """How many cards came how far on their way from shown to basket."""

    shown: int = 0
    seen: int = 0
    opened: int = 0
    basket: int = 0
    rejected: int = 0

    def __add__(self, other: Steps) -> Steps:
        return Steps(
            self.shown + other.shown,
            self.seen + other.seen,
            self.opened + other.opened,
            self.basket + other.basket,
            self.rejected + other.rejected,
        )


@dataclass(frozen=True)
class ProductReview:
    """What shoppers' reactions say of a product.

    Attributes:
        product, category: its id and category.
        review: mean over shoppers of what their reactions to it were worth, in [-1, 1]; value None where there is not
            enough evidence, and ``n`` shoppers.
        seconds: how long it was on show in front of a face, in all.
        steps: how far its cards came.
    """

    product: str
    category: str
    review: Estimate
    seconds: float
    steps: Steps


def product_reviews(database: Database, selection: Selection) -> tuple[ProductReview, ...]:
    """Of every product that was shown, the best first, those without enough evidence last.

    Raises:
        ShopError: the database does not answer.
    """
    # One value a shopper: whoever saw a product twenty times has one opinion of it.
    by_shopper = (
        sa.select(
            CARDS.c.product,
            sa.func.avg(CARDS.c.worth).label("worth"),
            sa.func.sum(CARDS.c.seconds).label("seconds"),
            sa.func.count().label("shown"),
            *(sa.func.sum(sa.case((when, 1), else_=0)).label(name) for name, when in _STEPS.items()),
        )
        .where(*selection.of_cards())
        .group_by(CARDS.c.product, CARDS.c.session)
        .subquery()
    )
    by_product = (
        sa.select(
            by_shopper.c.product,
            sa.func.count(by_shopper.c.worth).label("n"),
            sa.func.sum(by_shopper.c.worth).label("total"),
            sa.func.sum(by_shopper.c.worth * by_shopper.c.worth).label("squares"),
            *(sa.func.sum(by_shopper.c[name]).label(name) for name in ("seconds", "shown", *_STEPS)),
        )
        .group_by(by_shopper.c.product)
        .subquery()
    )
    query = sa.select(PRODUCTS.c.id, PRODUCTS.c.category, by_product).join(
        by_product, by_product.c.product == PRODUCTS.c.key
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    reviews = [
        ProductReview(
            row.id,
            row.category,
            mean_worth(row.n, row.total or 0.0, row.squares or 0.0),
            row.seconds,
            Steps(int(row.shown), int(row.seen), int(row.opened), int(row.basket), int(row.rejected)),
        )
        for row in rows
    ]
    return tuple(sorted(reviews, key=_best_first))


@dataclass(frozen=True)
class ProductHistory:
    """One product in detail.

    Attributes:
        by_expression: label of the panels -> what its reactions were worth there.
        by_day: day (UTC, ``2026-03-01``) -> the same, in order.
    """

    by_expression: Mapping[str, Estimate] = field(hash=False)
    by_day: Mapping[str, Estimate] = field(hash=False)


def product_history(database: Database, selection: Selection, product: str) -> ProductHistory:
    """How a product fared by expression and by day.

    Raises:
        ShopError: the database does not answer.
    """
    key = sa.select(PRODUCTS.c.key).where(PRODUCTS.c.id == product).scalar_subquery()
    query = (
        sa.select(CARDS.c.session, CARDS.c.left, CARDS.c.label, CARDS.c.worth)
        .where(*selection.of_cards(), CARDS.c.product == key, CARDS.c.worth.is_not(None))
        .order_by(CARDS.c.left)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    labels = [(row.label, row.session, row.worth) for row in rows]
    days = [
        (datetime.fromtimestamp(row.left, UTC).date().isoformat(), row.session, row.worth) for row in rows
    ]
    return ProductHistory(MappingProxyType(_means(labels)), MappingProxyType(_means(days)))


#: When a card has come to a step; the first step is to be shown.
_STEPS = {
    # Whoever reacts has seen it, also where no face was followed.
    "seen": sa.or_(CARDS.c.seconds >= SEEN, CARDS.c.clicks > 0, CARDS.c.basket, CARDS.c.rejected),
    "opened": CARDS.c.clicks > 0,
    "basket": CARDS.c.basket,
    "rejected": CARDS.c.rejected,
}


def _means(rows: list[tuple[str, int, float]]) -> dict[str, Estimate]:
    """(group, shopper, worth) -> the mean of each group over its shoppers."""
    worth: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for group, shopper, value in rows:
        worth[group][shopper].append(value)
    found = {}
    for group, shoppers in worth.items():
        means = [sum(values) / len(values) for values in shoppers.values()]
        found[group] = mean_worth(len(means), sum(means), sum(mean**2 for mean in means))
    return found


def _best_first(review: ProductReview) -> tuple[bool, float, str]:
    value = review.review.value
    return value is None, -(value or 0.0), review.product
