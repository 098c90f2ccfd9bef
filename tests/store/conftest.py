"""Every store test on both databases, each on a new empty one."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core.store.reaction_store import ReactionStore
from tests.postgres_server import PostgresServer, programs

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if programs() is None:
        reason = "PostgreSQL is not installed; apt-get install postgresql"
        if os.environ.get("FACET_REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'reactions.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create(f"facet{next(_NUMBERS)}")


@pytest.fixture
def store(url: str) -> Iterator[ReactionStore]:
    opened = ReactionStore(url)
    yield opened
    opened.database.close()
