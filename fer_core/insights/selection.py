"""What is kept in all, and which of it one looks at."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from fer_core.store.database import Database
from fer_core.store.schema import CARDS, PANELS, SESSIONS


@dataclass(frozen=True)
class Selection:
    """Panels that went between two times, of real shoppers or of simulated ones, never of both.

    Attributes:
        since, until: Unix seconds, both ends included; None for no end.
        simulated: the simulation instead of what shoppers did.
    """

    since: float | None = None
    until: float | None = None
    simulated: bool = False

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since > self.until:
            raise ValueError(f"Expected an end after the beginning, got {self.since} to {self.until}.")

    def of_cards(self) -> list[sa.ColumnElement[bool]]:
        """The conditions on rows of CARDS."""
        # Compared, not used as it is: only so does SQLite find the index.
        return [CARDS.c.simulated == self.simulated, *self._between(CARDS.c.left)]

    def of_sessions(self) -> list[sa.ColumnElement[bool]]:
        """The conditions on rows of SESSIONS, by when they began."""
        return [SESSIONS.c.simulated == self.simulated, *self._between(SESSIONS.c.started)]

    def _between(self, time: sa.Column[float]) -> list[sa.ColumnElement[bool]]:
        conditions = []
        if self.since is not None:
            conditions.append(time >= self.since)
        if self.until is not None:
            conditions.append(time <= self.until)
        return conditions


@dataclass(frozen=True)
class Kept:
    """How much there is.

    Attributes:
        shoppers, simulated: sessions of real and of simulated shoppers.
        first, last: when the first and last of them began, Unix seconds; None where there is none.
        version: another text once anything was kept or deleted.
    """

    shoppers: int
    simulated: int
    first: float | None
    last: float | None
    version: str


def shoppers_in(database: Database, selection: Selection) -> int:
    """How many sessions began in the chosen time.

    Raises:
        ShopError: the database does not answer.
    """
    query = sa.select(sa.func.count()).select_from(SESSIONS).where(*selection.of_sessions())
    with database.reading() as connection:
        return int(connection.execute(query).scalar_one())


def what_is_kept(database: Database) -> Kept:
    """How much there is now.

    Raises:
        ShopError: the database does not answer.
    """
    counts = sa.select(
        sa.func.count(),
        sa.func.sum(sa.case((SESSIONS.c.simulated, 1), else_=0)),
        sa.func.min(SESSIONS.c.started),
        sa.func.max(SESSIONS.c.started),
        sa.func.max(SESSIONS.c.key),
    )
    with database.reading() as connection:
        sessions, simulated, first, last, newest = connection.execute(counts).one()
        panels = connection.execute(sa.select(sa.func.count()).select_from(PANELS)).scalar_one()
    simulated = int(simulated or 0)
    return Kept(sessions - simulated, simulated, first, last, f"{sessions}-{newest}-{panels}")
