from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from fer_core.errors import SettingsError, ShopError
from fer_core.store import database as database_module
from fer_core.store.database import Database
from fer_core.store.reaction_store import ReactionStore
from fer_core.store.schema import METADATA
from tests.store.panels import panel

A = "a" * 32


def test_the_migrations_lead_to_the_schema(store: ReactionStore) -> None:
    with store.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_database_is_set_up_once_however_many_come_at_once(database_url: str) -> None:
    stores = [ReactionStore(database_url) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        kept = list(pool.map(lambda each: each[1].keep(f"{each[0]:032x}", [panel(0)]), enumerate(stores)))
    assert kept == [6] * 6
    assert len(stores[0].lessons().by_session) == 6
    for each in stores:
        each.database.close()


def test_what_is_there_is_there_after_a_restart(database_url: str) -> None:
    first = ReactionStore(database_url)
    first.keep(A, [panel(0)])
    first.database.close()
    again = ReactionStore(database_url)
    assert again.lessons().by_session == {A: (panel(0),)}
    again.database.close()


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("mysql://somebody:secret@host/name", "mysql"),
        ("no url at all:secret", "must be a URL"),
        ("sqlite://", "sqlite:///path"),
        ("postgresql://facet:p@ss:secret@host/db", "must be a URL"),
    ],
)
def test_what_is_no_database_of_ours_is_refused_without_telling_the_password(url: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_away_is_one_sentence_without_the_password_and_is_left_alone_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = ReactionStore("postgresql://facet:secret@127.0.0.1:9/none")
    with pytest.raises(ShopError, match="PostgreSQL") as caught:
        store.fingerprint()
    assert "secret" not in str(caught.value)
    with pytest.raises(ShopError, match="tries again"):
        store.fingerprint()
    monkeypatch.setattr(database_module, "_REST", 0.0)
    with pytest.raises(ShopError, match="PostgreSQL"):
        store.fingerprint()


def test_pages_do_not_queue_behind_a_database_that_is_away() -> None:
    store = ReactionStore("postgresql://facet:secret@127.0.0.1:9/none")
    slow = threading.Event()

    def connect(*_: object) -> None:
        slow.wait(1.0)

    sa.event.listen(store.database._engine, "do_connect", connect)

    def ask(_: int) -> float:
        began = time.monotonic()
        with pytest.raises(ShopError):
            store.fingerprint()
        return time.monotonic() - began

    with ThreadPoolExecutor(6) as pool:
        waited = list(pool.map(ask, range(6)))
    assert max(waited) < 3


def test_a_file_that_was_taken_away_is_made_anew_and_nothing_is_acknowledged_into_nowhere(
    tmp_path: Path,
) -> None:
    path = tmp_path / "reactions.db"
    store = ReactionStore(f"sqlite:///{path}")
    store.keep(A, [panel(0)])
    for each in tmp_path.glob("reactions.db*"):
        each.unlink()
    store.keep(A, [panel(1)])
    store.database.close()
    again = ReactionStore(f"sqlite:///{path}")
    assert [each.number for each in again.lessons().by_session[A]] == [1]
    again.database.close()


def test_a_database_of_a_newer_facet_is_one_sentence(store: ReactionStore, database_url: str) -> None:
    store.keep(A, [panel(0)])
    with store.database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    older = ReactionStore(database_url)
    with pytest.raises(ShopError, match="newer Facet"):
        older.fingerprint()
    older.database.close()


def test_another_driver_of_the_same_database_makes_no_difference(tmp_path: Path) -> None:
    store = ReactionStore(f"sqlite+aiosqlite:///{tmp_path / 'reactions.db'}")
    assert store.keep(A, [panel(0)]) == 6
    store.database.close()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ShopError, match=r"reactions\.db") as caught:
        ReactionStore(f"sqlite:///{tmp_path / 'file' / 'reactions.db'}").keep(A, [panel(0)])
    assert "Traceback" not in str(caught.value)


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "reactions.db").write_text("mine " * 1_000)
    with pytest.raises(ShopError, match="not a database"):
        ReactionStore(f"sqlite:///{tmp_path / 'reactions.db'}").fingerprint()


def test_a_full_disk_loses_nothing_that_was_kept_and_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own limit of pages fails as a full disk does (SQLITE_FULL)."""
    monkeypatch.setattr(database_module, "_REST", 0.0)
    store = ReactionStore(f"sqlite:///{tmp_path / 'reactions.db'}")
    store.keep(A, [panel(0)])
    with store.database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    kept = 1

    def keep_on() -> None:
        nonlocal kept
        for number in range(1, 2_000):
            store.keep(A, [panel(number)])
            kept += 1

    with pytest.raises(ShopError, match="full"):
        keep_on()
    assert len(_numbers(store)) == kept
    with store.database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=100000")
    store.keep(A, [panel(kept)])
    assert len(_numbers(store)) == kept + 1
    store.database.close()


def _numbers(store: ReactionStore) -> list[int]:
    with store.database.reading() as connection:
        return list(connection.execute(sa.text("SELECT number FROM panels")).scalars())
