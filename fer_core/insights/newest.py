"""The cards of the newest shoppers, for figures that look at every card."""

from __future__ import annotations

from typing import Final

import pandas as pd
import sqlalchemy as sa

from fer_core.insights.selection import Selection
from fer_core.shop.lessons import SEEN
from fer_core.store.database import Database
from fer_core.store.schema import CARDS, PRODUCTS, SESSIONS

#: More would keep a visitor waiting and change little; the figures say how many shoppers they rest on.
MOST_SHOPPERS: Final = 3_000
#: Even if each of them stayed for hours.
_MOST_CARDS: Final = 150_000


def newest_cards(database: Database, selection: Selection, most: int = MOST_SHOPPERS) -> pd.DataFrame:
    """One row a card of the newest shoppers: session, product, category, label, worth (NaN where the panel says
    nothing), seen, opened, basket, rejected.

    Raises:
        ShopError: the database does not answer.
    """
    newest = (
        sa.select(SESSIONS.c.key)
        .where(SESSIONS.c.simulated == selection.simulated)
        .order_by(SESSIONS.c.key.desc())
    )
    if selection.since is not None or selection.until is not None:
        newest = newest.where(
            sa.exists().where(CARDS.c.session == SESSIONS.c.key, *selection.of_cards()).correlate(SESSIONS)
        )
    query = (
        sa.select(
            CARDS.c.session,
            PRODUCTS.c.id.label("product"),
            PRODUCTS.c.category,
            CARDS.c.label,
            CARDS.c.worth,
            CARDS.c.seconds,
            CARDS.c.clicks,
            CARDS.c.basket,
            CARDS.c.rejected,
        )
        .join(PRODUCTS, PRODUCTS.c.key == CARDS.c.product)
        .where(CARDS.c.session.in_(newest.limit(most)), *selection.of_cards())
        .order_by(CARDS.c.session.desc())
        .limit(_MOST_CARDS)
    )
    with database.reading() as connection:
        result = connection.execute(query)
        cards = pd.DataFrame(result.all(), columns=list(result.keys()))
    return cards.assign(
        worth=cards.worth.astype(float),
        seen=(cards.seconds >= SEEN) | (cards.clicks > 0) | (cards.basket > 0) | (cards.rejected > 0),
        opened=cards.clicks > 0,
        basket=cards.basket.astype(bool),
        rejected=cards.rejected.astype(bool),
    ).drop(columns=["seconds", "clicks"])
