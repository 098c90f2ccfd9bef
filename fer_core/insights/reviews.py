"""A product's review: what all reactions to it sum up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd
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


@dataclass(frozen=True)
class ProductSums:
    """What a review is made of; those of different sessions can be added.

    Attributes:
        category: the product's.
        shoppers, total, squares: how many shoppers reacted, and sum and sum of squares of one value each.
        seconds: on show in front of a face.
        steps: how far its cards came.
    """

    category: str
    shoppers: int
    total: float
    squares: float
    seconds: float
    steps: Steps

    def __add__(self, other: ProductSums) -> ProductSums:
        return ProductSums(
            other.category,
            self.shoppers + other.shoppers,
            self.total + other.total,
            self.squares + other.squares,
            self.seconds + other.seconds,
            self.steps + other.steps,
        )


def product_reviews(*sums: Mapping[str, ProductSums]) -> tuple[ProductReview, ...]:
    """Of every product that was shown, the best first, those without enough evidence last.

    Args:
        sums: of ``product_sums``, of different sessions each.
    """
    added: dict[str, ProductSums] = {}
    for part in sums:
        for product, each in part.items():
            added[product] = added[product] + each if product in added else each
    reviews = [
        ProductReview(
            product,
            each.category,
            mean_worth(each.shoppers, each.total, each.squares),
            each.seconds,
            each.steps,
        )
        for product, each in added.items()
    ]
    return tuple(sorted(reviews, key=_best_first))


def product_sums(database: Database, selection: Selection) -> Mapping[str, ProductSums]:
    """Of every product that was shown, by its id.

    Raises:
        ShopError: the database does not answer.
    """
    # One value a shopper: whoever saw a product twenty times has one opinion of it.
    by_shopper = (
        sa.select(CARDS.c.product, sa.func.avg(CARDS.c.worth).label("worth"))
        .where(*selection.of_cards())
        .group_by(CARDS.c.product, CARDS.c.session)
        .subquery()
    )
    opinions = sa.select(
        by_shopper.c.product,
        sa.func.count(by_shopper.c.worth).label("n"),
        sa.func.sum(by_shopper.c.worth).label("total"),
        sa.func.sum(by_shopper.c.worth * by_shopper.c.worth).label("squares"),
    ).group_by(by_shopper.c.product)
    # Summed up apart: in the hundreds of thousands of groups above, sums would cost three times as much.
    sums = (
        sa.select(
            CARDS.c.product,
            sa.func.sum(CARDS.c.seconds).label("seconds"),
            sa.func.count().label("shown"),
            *(sa.func.sum(sa.case((when, 1), else_=0)).label(name) for name, when in _STEPS.items()),
        )
        .where(*selection.of_cards())
        .group_by(CARDS.c.product)
    )
    # At once, on two connections: a database does each with one core.
    with ThreadPoolExecutor(2) as pool:
        summed = pool.submit(_rows, database, sums)
        opinion_of = {row.product: row for row in _rows(database, opinions)}
        sum_of = {row.product: row for row in summed.result()}
    products = {row.key: row for row in _rows(database, sa.select(PRODUCTS))}
    return MappingProxyType(
        {
            products[key].id: ProductSums(
                products[key].category,
                opinion_of[key].n,
                opinion_of[key].total or 0.0,
                opinion_of[key].squares or 0.0,
                row.seconds,
                Steps(*(int(getattr(row, name)) for name in ("shown", *_STEPS))),
            )
            for key, row in sum_of.items()
            # What was kept between the two looks is seen at the next.
            if key in opinion_of and key in products
        }
    )


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
    query = sa.select(CARDS.c.session, CARDS.c.left, CARDS.c.label, CARDS.c.worth).where(
        *selection.of_cards(), CARDS.c.product == key, CARDS.c.worth.is_not(None)
    )
    with database.reading() as connection:
        cards = pd.DataFrame(connection.execute(query).all(), columns=["session", "left", "label", "worth"])
    days = pd.to_datetime(cards.left, unit="s", utc=True).dt.strftime("%Y-%m-%d")
    return ProductHistory(
        MappingProxyType(_means(cards, cards.label)), MappingProxyType(_means(cards, days.rename("day")))
    )


#: When a card has come to a step; the first step is to be shown.
_STEPS = {
    # Whoever reacts has seen it, also where no face was followed.
    "seen": sa.or_(CARDS.c.seconds >= SEEN, CARDS.c.clicks > 0, CARDS.c.basket, CARDS.c.rejected),
    "opened": CARDS.c.clicks > 0,
    "basket": CARDS.c.basket,
    "rejected": CARDS.c.rejected,
}


def _rows(database: Database, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
    with database.reading() as connection:
        return connection.execute(query).all()


def _means(cards: pd.DataFrame, group: pd.Series) -> dict[str, Estimate]:
    """The mean worth of each group over its shoppers, the groups in order."""
    by_shopper = cards.worth.groupby([group, cards.session]).mean()
    sums = by_shopper.groupby(level=0).agg(["count", "sum"])
    squares = (by_shopper**2).groupby(level=0).sum()
    return {
        str(name): mean_worth(int(row["count"]), float(row["sum"]), float(squares[name]))
        for name, row in sums.iterrows()
    }


def _best_first(review: ProductReview) -> tuple[bool, float, str]:
    value = review.review.value
    return value is None, -(value or 0.0), review.product
