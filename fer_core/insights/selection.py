"""What is kept in all, and which of it one looks at."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from fer_core.store.database import Database
from fer_core.store.schema import CARDS, PANELS, SESSIONS

#: Seconds; nobody stands in front of a shelf for longer.
_UNSETTLED: Final = 86_400


@dataclass(frozen=True)
class Selection:
    """Panels that went between two times, of real shoppers or of simulated ones, never of both.

    Attributes:
        since, until: Unix seconds, both ends included; None for no end.
        simulated: the simulation instead of what shoppers did.
        after, up_to: only sessions whose key is above ``after`` and at most ``up_to``; None for no end.
    """

    since: float | None = None
    until: float | None = None
    simulated: bool = False
    after: int | None = None
    up_to: int | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since > self.until:
            raise ValueError(f"Expected an end after the beginning, got {self.since} to {self.until}.")

    def of_cards(self) -> list[sa.ColumnElement[bool]]:
        """The conditions on rows of CARDS."""
        # Compared, not used as it is: only so does SQLite find the index.
        return [
            CARDS.c.simulated == self.simulated,
            *self._between(CARDS.c.left),
            *([] if self.after is None else [CARDS.c.session > self.after]),
            *([] if self.up_to is None else [CARDS.c.session <= self.up_to]),
        ]

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
        settled: key of a session that, with all before it, began more than a day ago: nothing comes to them any more.
        settled_version: another text once anything of those was deleted all the same.
    """

    shoppers: int
    simulated: int
    first: float | None
    last: float | None
    version: str
    settled: int
    settled_version: str


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
    of_late = sa.select(sa.func.min(SESSIONS.c.key)).where(SESSIONS.c.started > time.time() - _UNSETTLED)
    panels = sa.select(sa.func.count()).select_from(PANELS)
    with database.reading() as connection:
        sessions, simulated, first, last, newest = connection.execute(counts).one()
        in_all = connection.execute(panels).scalar_one()
        unsettled = connection.execute(of_late).scalar_one()
        settled = (newest or 0) if unsettled is None else unsettled - 1
        old = connection.execute(panels.where(PANELS.c.session <= settled)).scalar_one()
        before = sa.select(sa.func.count()).select_from(SESSIONS).where(SESSIONS.c.key <= settled)
        old_sessions = connection.execute(before).scalar_one()
    simulated = int(simulated or 0)
    return Kept(
        sessions - simulated,
        simulated,
        first,
        last,
        f"{sessions}-{newest}-{in_all}",
        settled,
        f"{settled}-{old_sessions}-{old}",
    )
