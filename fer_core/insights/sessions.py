"""One shopper's way through the shelf, panel by panel."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from fer_core.insights.selection import Selection
from fer_core.labels import LABELS
from fer_core.store.database import Database
from fer_core.store.schema import CARDS, PANELS, PRODUCTS, SESSIONS


@dataclass(frozen=True)
class SessionRow:
    """A session in a list: its random name, when it began (Unix seconds), its panels, and cards put into the basket."""

    name: str
    started: float
    panels: int
    basket: int


def newest_sessions(database: Database, selection: Selection, most: int = 200) -> tuple[SessionRow, ...]:
    """The newest sessions, the newest first.

    Raises:
        ShopError: the database does not answer.
    """
    newest = (
        sa.select(SESSIONS)
        .where(*selection.of_sessions())
        .order_by(SESSIONS.c.started.desc(), SESSIONS.c.key.desc())
        .limit(most)
        .subquery()
    )
    panels = (
        sa.select(sa.func.count())
        .select_from(PANELS)
        .where(PANELS.c.session == newest.c.key)
        .scalar_subquery()
    )
    basket = (
        sa.select(sa.func.count())
        .select_from(CARDS)
        .where(CARDS.c.session == newest.c.key, CARDS.c.basket)
        .scalar_subquery()
    )
    query = sa.select(newest.c.name, newest.c.started, panels, basket).order_by(
        newest.c.started.desc(), newest.c.key.desc()
    )
    with database.reading() as connection:
        return tuple(SessionRow(*row) for row in connection.execute(query))


def session_cards(database: Database, name: str) -> pd.DataFrame:
    """One row a card of a session, in the order of showing; no rows where the session is gone.

    Columns: panel, shown, left (seconds since the session began), label, the five shares, product, category, seconds,
    positive, negative, clicks, basket, rejected, worth.

    Raises:
        ShopError: the database does not answer.
    """
    query = (
        sa.select(
            CARDS.c.panel,
            (PANELS.c.shown - SESSIONS.c.started).label("shown"),
            (PANELS.c.left - SESSIONS.c.started).label("left"),
            PANELS.c.label,
            *(PANELS.c[label] for label in LABELS),
            PRODUCTS.c.id.label("product"),
            PRODUCTS.c.category,
            *(CARDS.c[name] for name in ("seconds", "positive", "negative", "clicks", "basket", "rejected")),
            CARDS.c.worth,
        )
        .join(PANELS, sa.and_(PANELS.c.session == CARDS.c.session, PANELS.c.number == CARDS.c.panel))
        .join(SESSIONS, SESSIONS.c.key == CARDS.c.session)
        .join(PRODUCTS, PRODUCTS.c.key == CARDS.c.product)
        .where(SESSIONS.c.name == name)
        .order_by(CARDS.c.panel, CARDS.c.place)
    )
    with database.reading() as connection:
        result = connection.execute(query)
        return pd.DataFrame(result.all(), columns=list(result.keys()))
