"""A database behind a URL: opened, set up and moved to the newest schema by itself, and errors as one sentence."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from filelock import FileLock, Timeout
from sqlalchemy.engine import URL, make_url

from fer_core.errors import SettingsError, ShopError

_MIGRATIONS: Final = Path(__file__).with_name("migrations")
#: Seconds; a page waits for no database longer than this.
_PATIENCE: Final = 3
#: Seconds after a failure during which nobody tries again, so that pages stay quick while the database is away.
_REST: Final = 2.0
#: Any number, as long as all of Facet uses the same: one process at a time moves a schema.
_LOCK: Final = 7_302_026
_WRITES: Final = "facet_writes"


class Database:
    """Connections to one database. Thread-safe; nothing is opened before the first use."""

    def __init__(self, url: str) -> None:
        """
        Args:
            url: ``sqlite:///path`` or ``postgresql://user:password@host/name``.

        Raises:
            SettingsError: not such a URL.
        """
        self._url = _checked(url)
        self._engine = _engine(self._url)
        self._ready = False
        self._opened_file: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._failed_at = float("-inf")

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._url.get_backend_name()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one moment.

        Raises:
            ShopError: the database does not answer, or not as it should.
        """
        with self._sentences(), self._opened().begin() as connection:
            if self.kind == "postgresql":
                # Several statements of one look see the same rows.
                connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction: all of it is on the disk once the block has ended well, else none of it.

        Raises:
            ShopError: see ``reading``; whether the last commit arrived is then unknown, and writing it again must do
                no harm.
        """
        with self._sentences(), self._opened().execution_options(**{_WRITES: True}).begin() as connection:
            yield connection

    def scrub(self) -> None:
        """See to it that what was deleted is not left in a journal. While somebody else reads, SQLite leaves it there
        until the next time; PostgreSQL does as its administrator wants.

        Raises:
            ShopError: see ``reading``.
        """
        if self.kind != "sqlite":
            return
        with self._sentences(), contextlib.closing(self._opened().raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._engine.dispose()

    def _opened(self) -> sa.Engine:
        with self._lock:
            # Whoever waited for the lock while another found the database away need not find out again.
            self._rest()
            if self._ready and self._file() != self._opened_file:
                # Somebody took the file away; rows written to it would be acknowledged and lost.
                self._engine.dispose()
                self._ready = False
            if not self._ready:
                if self.kind == "sqlite" and self._url.database:
                    Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
                try:
                    _migrate(self._engine)
                except (sa.exc.SQLAlchemyError, OSError, Timeout):
                    self._failed_at = time.monotonic()
                    raise
                self._ready, self._opened_file = True, self._file()
        return self._engine

    def _file(self) -> tuple[int, int] | None:
        """Which file an SQLite database is; None where there is none."""
        if self.kind != "sqlite" or not self._url.database:
            return None
        try:
            stat = Path(self._url.database).stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino

    def _rest(self) -> None:
        if time.monotonic() - self._failed_at < _REST:
            raise ShopError("The database did not answer a moment ago; Facet tries again in two seconds.")

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        self._rest()
        try:
            yield
        except (sa.exc.SQLAlchemyError, CommandError, OSError, Timeout) as error:
            if isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)):
                self._failed_at = time.monotonic()
            # A table that is gone is made anew by the next look.
            self._ready = False
            raise ShopError(self._sentence(error), "The database does not answer.") from error

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, CommandError):
            return "The database was set up by a newer Facet; update this one."
        cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0].rstrip(".")
        if self._url.password:
            cause = cause.replace(str(self._url.password), "***")
        where = f"file {Path(self._url.database or '').name}" if self.kind == "sqlite" else "PostgreSQL"
        return f"The database ({where}) does not do its part: {cause}."


def _checked(url: str) -> URL:
    try:
        found = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # The text may hold a password.
        raise SettingsError(
            "FACET_DATABASE must be a URL such as postgresql://user:password@host/name."
        ) from None
    kind = found.get_backend_name()
    if kind not in ("sqlite", "postgresql") or (kind == "sqlite" and not found.database):
        raise SettingsError(f"FACET_DATABASE must begin with sqlite:///path or postgresql://, got {kind}://.")
    return found.set(drivername="postgresql+psycopg" if kind == "postgresql" else "sqlite")


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(
            url,
            # A connection that died with the server is replaced, not handed out.
            pool_pre_ping=True,
            pool_timeout=_PATIENCE,
            connect_args={
                "connect_timeout": _PATIENCE,
                "options": f"-c statement_timeout={20_000} -c lock_timeout={_PATIENCE * 1000}",
                "tcp_user_timeout": 1000 * _PATIENCE,
            },
        )
    engine = sa.create_engine(
        url,
        pool_timeout=_PATIENCE,
        connect_args={"timeout": _PATIENCE, "isolation_level": None, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            # A commit that was acknowledged survives a power cut as well.
            "synchronous=FULL",
            "foreign_keys=ON",
            # What is deleted is overwritten; see scrub.
            "secure_delete=ON",
            # Whoever else writes empties SQLite's own cache; the system's stays.
            "mmap_size=1000000000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A reader that turns writer half way may find that another was quicker; a writer says so at once.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _migrate(engine: sa.Engine) -> None:
    """Move the schema to the newest; one process at a time, and none that is there already waits."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with contextlib.ExitStack() as stack:
        if engine.dialect.name == "sqlite":
            stack.enter_context(FileLock(f"{engine.url.database}.lock", timeout=_PATIENCE))
        connection = stack.enter_context(engine.execution_options(**{_WRITES: True}).begin())
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
