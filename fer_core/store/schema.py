"""The tables. A change here needs a step in ``migrations/versions``; a test compares the two.

Nothing in them can identify anyone: a session is a random name, and no frame, face or address has a column.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from fer_core.labels import LABELS

#: SQLite numbers rows by itself only in a column of exactly this type.
_KEY: Final = BigInteger().with_variant(Integer(), "sqlite")

METADATA: Final = MetaData()

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("key", _KEY, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("started", Float, nullable=False),
    Column("simulated", Boolean, nullable=False),
    # A number that was deleted is not given again: readers tell sessions apart by it.
    sqlite_autoincrement=True,
)

PRODUCTS: Final = Table(
    "products",
    METADATA,
    Column("key", _KEY, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("category", Text, nullable=False),
    Column("price", Float, nullable=False),
)

PANELS: Final = Table(
    "panels",
    METADATA,
    Column("session", _KEY, ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("shown", Float, nullable=False),
    Column("left", Float, nullable=False),
    Column("label", String(16), nullable=False),
    *(Column(label, Float) for label in LABELS),
)

CARDS: Final = Table(
    "cards",
    METADATA,
    Column("session", _KEY, primary_key=True),
    Column("panel", Integer, primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("product", _KEY, ForeignKey("products.key"), nullable=False),
    # Copies of the panel's and the session's, so that a million cards are summed up without a join.
    Column("left", Float, nullable=False),
    Column("label", String(16), nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("positive", Float, nullable=False),
    Column("negative", Float, nullable=False),
    Column("surprise", Float, nullable=False),
    Column("clicks", Integer, nullable=False),
    Column("basket", Boolean, nullable=False),
    Column("rejected", Boolean, nullable=False),
    # Of the panel's teaching lessons, what the reaction was worth, -1 to 1.
    Column("worth", Float),
    # Of cards that the bandit drew: how probable that was, and the products it could have drawn, by their keys.
    Column("probability", Float),
    Column("offered", Text),
    ForeignKeyConstraint(["session", "panel"], ["panels.session", "panels.number"], ondelete="CASCADE"),
    # What the insights page sums up, in the order it groups by: read without touching the table.
    Index(
        "ix_cards_insights",
        "simulated",
        "product",
        "session",
        "left",
        "label",
        "worth",
        "seconds",
        "clicks",
        "basket",
        "rejected",
    ),
)
