"""Nothing that was acknowledged is lost, whatever dies."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
import sqlalchemy as sa

from fer_core.errors import ShopError
from fer_core.settings import PROJECT_ROOT
from fer_core.store import database as database_module
from fer_core.store.reaction_store import ReactionStore
from fer_core.store.schema import CARDS, PANELS, SESSIONS
from tests.postgres_server import PostgresServer
from tests.store.panels import panel

A, B = "a" * 32, "b" * 32
KILLS = 20


def writer(url: str, session: str, first: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.writer", url, session, str(first), str(count)]
    return subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)


def kept(store: ReactionStore) -> Counter[tuple[str, int]]:
    """How many cards each (session, panel) has."""
    query = sa.select(SESSIONS.c.name, CARDS.c.panel).join(CARDS, CARDS.c.session == SESSIONS.c.key)
    with store.database.reading() as connection:
        return Counter((row.name, row.panel) for row in connection.execute(query))


def test_twenty_kills_in_the_middle_of_writes_lose_nothing(database_url: str) -> None:
    store = ReactionStore(database_url)
    told: set[int] = set()
    for kill in range(KILLS):
        process = writer(database_url, A, 1_000 * kill, 1_000)
        assert process.stdout is not None
        # Another moment of another write each time.
        for _ in range(1 + kill % 7):
            told.add(int(process.stdout.readline()))
        process.kill()
        told.update(int(line) for line in process.stdout.read().splitlines())
        process.stdout.close()
        process.wait()
    found = kept(store)
    assert {(A, number) for number in told} <= set(found)
    # A panel is kept whole or not at all.
    assert set(found.values()) == {6}
    assert len(told) > 2 * KILLS
    store.database.close()


def test_two_processes_writing_at_once_lose_and_double_nothing(database_url: str) -> None:
    # They share one session and send half of its panels both: as after an answer that never arrived.
    processes = [
        writer(database_url, A, 0, 60),
        writer(database_url, A, 30, 60),
        writer(database_url, B, 0, 60),
    ]
    for process in processes:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert len(out.splitlines()) == 60
    store = ReactionStore(database_url)
    expected = [(A, number) for number in range(90)] + [(B, number) for number in range(60)]
    assert kept(store) == Counter(dict.fromkeys(expected, 6))
    store.database.close()


def test_a_server_that_goes_away_for_ten_seconds_under_load_loses_nothing(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_REST", 0.2)
    store = ReactionStore(postgres.create("outage"))
    told: list[int] = []
    longest, failures, over = 0.0, 0, threading.Event()
    before, after = threading.Event(), threading.Event()

    def load() -> None:
        """As the live page does: what was not acknowledged is sent again."""
        nonlocal longest, failures
        number, restarted = 0, 0
        while not over.is_set():
            began = time.monotonic()
            try:
                store.keep(A, [panel(number)])
            except ShopError:
                failures += 1
                over.wait(0.05)
            else:
                told.append(number)
                number += 1
                if number == 20:
                    before.set()
                restarted += failures > 0
                if restarted == 20:
                    after.set()
            longest = max(longest, time.monotonic() - began)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        assert before.wait(30)
        postgres.stop()
        # The outage is what is tested: ten seconds of it.
        assert not after.wait(10)
        postgres.start()
        assert after.wait(30)
    finally:
        over.set()
        thread.join()
    assert failures > 3
    # A page that waits longer than this would stand still.
    assert longest < 5
    assert kept(store) == Counter({(A, number): 6 for number in told})
    with store.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(PANELS)).scalar_one() == len(told)
    store.database.close()
