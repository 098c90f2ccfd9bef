"""Panels and reactions of shoppers who agreed: kept, deleted, and read again as lessons."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fer_core.errors import ShopError
from fer_core.labels import LABELS
from fer_core.shop.bandit import Decision, Item
from fer_core.shop.lessons import Lesson, Lessons, ShownPanel
from fer_core.shop.reactions import Reaction, reward_of
from fer_core.store.database import Database
from fer_core.store.schema import CARDS, PANELS, PRODUCTS, SESSIONS

_NAME: Final = re.compile(r"[0-9a-f]{16,64}")
#: The newest sessions teach, as long as they hold no more panels in all, and of each the first panels: more would make a
#: new shopper wait, and nobody alone is to outweigh all others.
_TEACHING_SESSIONS: Final = 500
_TEACHING_PANELS: Final = 40
_TEACHING_IN_ALL: Final = 500

_Row = dict[str, Any]


class ReactionStore:
    """What was kept. Thread-safe."""

    def __init__(self, url: str) -> None:
        """
        Args:
            url: see ``Database``.

        Raises:
            SettingsError: not such a URL.
        """
        self.database = Database(url)

    def keep(self, session: str, panels: Iterable[ShownPanel], *, simulated: bool = False) -> int:
        """Keep a session's panels; they are on the disk when this returns. Gives the number of cards.

        A panel that is kept already, by its number, is left as it is: what may have arrived can be sent again.

        Raises:
            ShopError: it is not known to be kept; send it again.
        """
        return self.keep_many({session: tuple(panels)}, simulated=simulated)

    def keep_many(self, sessions: Mapping[str, Sequence[ShownPanel]], *, simulated: bool = False) -> int:
        """``keep`` for several sessions at once, all or none."""
        sessions = {_checked(name): panels for name, panels in sessions.items() if panels}
        if not sessions:
            return 0
        with self.database.writing() as connection:
            keys = self._session_keys(connection, sessions, simulated)
            products = self._product_keys(connection, sessions)
            rows, cards = [], []
            for name, panels in sessions.items():
                for panel in panels:
                    rows.append(_panel_row(keys[name], panel))
                    cards.extend(_card_rows(keys[name], panel, products, simulated))
            connection.execute(self._insert(PANELS), rows)
            if cards:
                connection.execute(self._insert(CARDS), cards)
        return len(cards)

    def forget(self, session: str) -> None:
        """Delete all of a session.

        Raises:
            ShopError: it is not known to be deleted; try again.
        """
        with self.database.writing() as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.name == _checked(session)))
        self.database.scrub()

    def forget_simulated(self) -> None:
        """Delete every simulated session.

        Raises:
            ShopError: see ``forget``.
        """
        with self.database.writing() as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.simulated))
        self.database.scrub()

    def fingerprint(self) -> str:
        """Another text once other sessions or panels teach.

        Raises:
            ShopError: the database does not answer.
        """
        with self.database.reading() as connection:
            return _fingerprint(_teaching(connection))

    def lessons(self, *, simulated: bool = False) -> Lessons:
        """What teaches now, in one look; or the simulated sessions instead, which nobody is taught by.

        Raises:
            ShopError: the database does not answer.
        """
        with self.database.reading() as connection:
            teaching = _teaching(connection, simulated)
            items = dict(_products(connection).values())
            names = {key: name for key, name, _ in teaching}
            panels = _panels(connection, names, items)
        by_session = {name: tuple(panels.get(key, ())) for key, name in names.items()}
        return Lessons(by_session, _fingerprint(teaching))

    def _insert(self, table: sa.Table) -> Any:
        """An insert that passes over what is there."""
        dialect = postgresql if self.database.kind == "postgresql" else sqlite
        return dialect.insert(table).on_conflict_do_nothing()

    def _session_keys(
        self, connection: sa.Connection, sessions: Mapping[str, Sequence[ShownPanel]], simulated: bool
    ) -> dict[str, int]:
        connection.execute(
            self._insert(SESSIONS),
            [
                {
                    "name": name,
                    "started": min(panel.shown for panel in panels),
                    "simulated": simulated,
                }
                for name, panels in sorted(sessions.items())
            ],
        )
        found: dict[str, int] = {}
        names = sorted(sessions)
        for at in range(0, len(names), 500):
            query = sa.select(SESSIONS.c.name, SESSIONS.c.key).where(
                SESSIONS.c.name.in_(names[at : at + 500])
            )
            found.update((row.name, row.key) for row in connection.execute(query))
        if found.keys() != sessions.keys():
            raise ShopError("The session was deleted while it was being kept.")
        return found

    def _product_keys(
        self, connection: sa.Connection, sessions: Mapping[str, Sequence[ShownPanel]]
    ) -> dict[str, int]:
        """The keys of all products that the panels speak of, by id; what is newly told of one replaces what was."""
        lessons = [lesson for panels in sessions.values() for panel in panels for lesson in panel.lessons]
        named = {
            lesson.reaction.product: Item(lesson.reaction.product, lesson.reaction.category)
            for lesson in lessons
        }
        told = {
            item.id: item
            for lesson in lessons
            if lesson.decision is not None
            for item in lesson.decision.offered
        }
        known = _products(connection)
        # In one order everywhere, or two writers could wait for each other.
        missing = [told.get(name, named.get(name)) for name in sorted((named | told).keys() - known.keys())]
        if missing:
            connection.execute(self._insert(PRODUCTS), [dataclasses.asdict(item) for item in missing if item])
        for name in sorted(told.keys() & known.keys()):
            if known[name][1] != told[name]:
                changes = {"category": told[name].category, "price": told[name].price}
                connection.execute(sa.update(PRODUCTS).where(PRODUCTS.c.id == name).values(changes))
        return {name: key for name, (key, _) in (_products(connection) if missing else known).items()}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"Expected a session's name of 16 to 64 hexadecimal digits, got {name!r}.")
    return name


def _products(connection: sa.Connection) -> dict[str, tuple[int, Item]]:
    rows = connection.execute(sa.select(PRODUCTS))
    return {row.id: (row.key, Item(row.id, row.category, row.price)) for row in rows}


def _panel_row(session: int, panel: ShownPanel) -> _Row:
    return {
        "session": session,
        "number": panel.number,
        "shown": panel.shown,
        "left": panel.left,
        "label": panel.label,
        **{label: None if panel.blend is None else panel.blend[label] for label in LABELS},
    }


def _card_rows(session: int, panel: ShownPanel, products: Mapping[str, int], simulated: bool) -> list[_Row]:
    rows = []
    teaches = bool(panel.teaching)
    for place, lesson in enumerate(panel.lessons):
        reaction, decision = lesson.reaction, lesson.decision
        offered = None
        if decision is not None:
            offered = ",".join(str(products[each.id]) for each in decision.offered)
        rows.append(
            {
                "session": session,
                "panel": panel.number,
                "place": place,
                "product": products[reaction.product],
                "left": panel.left,
                "label": panel.label,
                "simulated": simulated,
                **{name: getattr(reaction, name) for name in ("seconds", "positive", "negative", "surprise")},
                **{name: getattr(reaction, name) for name in ("clicks", "basket", "rejected")},
                "worth": reward_of(reaction) if teaches else None,
                "probability": None if decision is None else decision.probability,
                "offered": offered,
            }
        )
    return rows


def _teaching(connection: sa.Connection, simulated: bool = False) -> list[tuple[int, str, int]]:
    """Key, name and number of panels of the sessions that teach, the oldest first."""
    newest = (
        sa.select(SESSIONS.c.key, SESSIONS.c.name)
        .where(SESSIONS.c.simulated == simulated)
        .order_by(SESSIONS.c.key.desc())
        .limit(_TEACHING_SESSIONS)
        .subquery()
    )
    count = (
        sa.select(sa.func.count())
        .select_from(PANELS)
        .where(PANELS.c.session == newest.c.key, PANELS.c.number < _TEACHING_PANELS)
        .scalar_subquery()
    )
    query = sa.select(newest.c.key, newest.c.name, count).order_by(newest.c.key.desc())
    found: list[tuple[int, str, int]] = []
    in_all = 0
    for key, name, panels in connection.execute(query).all():
        in_all += panels
        if in_all > _TEACHING_IN_ALL and found:
            break
        found.append((key, name, panels))
    return found[::-1]


def _fingerprint(teaching: Sequence[tuple[int, str, int]]) -> str:
    return hashlib.sha256(repr(teaching).encode()).hexdigest()[:32]


def _panels(
    connection: sa.Connection, names: Mapping[int, str], items: Mapping[int, Item]
) -> dict[int, list[ShownPanel]]:
    """Session's key -> its panels."""
    if not names:
        return {}
    cards: dict[tuple[int, int], list[Any]] = {}
    query = sa.select(CARDS).where(CARDS.c.session.in_(names), CARDS.c.panel < _TEACHING_PANELS)
    for row in connection.execute(query.order_by(CARDS.c.session, CARDS.c.panel, CARDS.c.place)):
        cards.setdefault((row.session, row.panel), []).append(row)
    found: dict[int, list[ShownPanel]] = {}
    query = sa.select(PANELS).where(PANELS.c.session.in_(names), PANELS.c.number < _TEACHING_PANELS)
    for row in connection.execute(query.order_by(PANELS.c.session, PANELS.c.number)):
        # A row that somebody else wrote may be none of ours.
        with contextlib.suppress(ValueError, KeyError, TypeError):
            found.setdefault(row.session, []).append(
                _panel(row, cards.get((row.session, row.number), ()), items)
            )
    return found


def _panel(row: Any, cards: Sequence[Any], items: Mapping[int, Item]) -> ShownPanel:
    blend = None if row.happy is None else {label: getattr(row, label) for label in LABELS}
    lessons = []
    for card in cards:
        item = items[card.product]
        reaction = Reaction(
            item.id,
            item.category,
            card.seconds,
            card.positive,
            card.negative,
            card.surprise,
            card.clicks,
            card.basket,
            card.rejected,
        )
        decision = None
        if card.offered is not None:
            offered = [int(key) for key in card.offered.split(",")]
            decision = Decision(
                blend if row.label in LABELS else None,
                tuple(items[key] for key in offered),
                offered.index(card.product),
                card.probability,
            )
        lessons.append(Lesson(reaction, decision))
    return ShownPanel(row.number, row.shown, row.left, row.label, blend, tuple(lessons))
