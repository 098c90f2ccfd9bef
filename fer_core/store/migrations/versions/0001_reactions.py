"""Sessions, products, panels and cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("started", sa.Float, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "products",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("price", sa.Float, nullable=False),
    )
    op.create_table(
        "panels",
        sa.Column("session", _KEY, sa.ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("shown", sa.Float, nullable=False),
        sa.Column("left", sa.Float, nullable=False),
        sa.Column("label", sa.String(16), nullable=False),
        *(sa.Column(label, sa.Float) for label in ("angry", "happy", "sad", "surprise", "neutral")),
    )
    op.create_table(
        "cards",
        sa.Column("session", _KEY, primary_key=True),
        sa.Column("panel", sa.Integer, primary_key=True),
        sa.Column("place", sa.SmallInteger, primary_key=True),
        sa.Column("product", _KEY, sa.ForeignKey("products.key"), nullable=False),
        sa.Column("left", sa.Float, nullable=False),
        sa.Column("label", sa.String(16), nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("positive", sa.Float, nullable=False),
        sa.Column("negative", sa.Float, nullable=False),
        sa.Column("surprise", sa.Float, nullable=False),
        sa.Column("clicks", sa.Integer, nullable=False),
        sa.Column("basket", sa.Boolean, nullable=False),
        sa.Column("rejected", sa.Boolean, nullable=False),
        sa.Column("worth", sa.Float),
        sa.Column("probability", sa.Float),
        sa.Column("offered", sa.Text),
        sa.ForeignKeyConstraint(
            ["session", "panel"], ["panels.session", "panels.number"], ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_cards_insights",
        "cards",
        [
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
        ],
    )


def downgrade() -> None:
    for table in ("cards", "panels", "products", "sessions"):
        op.drop_table(table)
