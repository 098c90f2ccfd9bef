"""Two app processes behind nginx with one database: a promotion reaches both, and a process that dies costs its viewers seconds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from fer_core.settings import PROJECT_ROOT
from fer_core.store.reaction_store import ReactionStore
from tests.browser.conftest import FLAGS, give_up
from tests.browser.shelf_page import agree_to_teach, cards_after, open_by_hand, others, put_in_basket
from tests.browser.test_live import now, start_camera
from tests.postgres_server import PostgresServer
from tests.replicas import Replicas, nginx_program

pytestmark = pytest.mark.browser

#: Seconds in which a promotion is seen by the other process, and a viewer is back on it.
SEEN_WITHIN = 5.0
BACK_WITHIN = 10.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    return postgres.create("replicas_of_the_shop_" + os.urandom(4).hex())


@pytest.fixture
def replicas(home: Path, database: str) -> Iterator[Replicas]:
    if nginx_program() is None:
        reason = "nginx is not installed; apt-get install nginx"
        if os.environ.get("FACET_REQUIRE_NGINX") == "1":
            pytest.fail(reason)
        give_up(reason)
    running = Replicas(home, FACET_DATABASE=database)
    yield running
    running.close()


@pytest.fixture
def visit(playwright: Any, chromium_path: str, replicas: Replicas) -> Iterator[Callable[[int], Any]]:
    """A visitor of his own on the process of that port: nginx deals them by their cookie."""
    browser = playwright.chromium.launch(executable_path=chromium_path, args=[*FLAGS])

    def open_on(port: int) -> Any:
        context = browser.new_context(viewport={"width": 1440, "height": 1300}, ignore_https_errors=True)
        context.add_cookies(
            [{"name": "facet_route", "value": replicas.route_to(port), "url": replicas.address}]
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        before = connections(port)
        page.goto(f"{replicas.address}/live")
        page.locator(".facet-card").first.wait_for()
        assert connections(port) > before
        return page

    yield open_on
    browser.close()


def connections(port: int) -> int:
    """What is open on a process's port: nginx keeps none but WebSockets."""
    return sum(
        each.status == psutil.CONN_ESTABLISHED and bool(each.laddr) and each.laddr.port == port
        for each in psutil.net_connections("tcp")
    )


def promote(name: str, home: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "fer_core", "promote", name],
        cwd=PROJECT_ROOT,
        env={**os.environ, "FACET_HOME": str(home)},
        check=True,
        capture_output=True,
    )


def kept(page: Any) -> int:
    """Cards that the page says are kept."""
    text = page.get_by_text("are kept and teach the shop").last.inner_text()
    found = re.search(r"reactions to (\d+) cards", text)
    assert found is not None, text
    return int(found[1])


def test_a_promotion_is_seen_by_a_stream_and_by_a_page_that_stands_still(
    replicas: Replicas, visit: Callable[[int], Any], home: Path, outer_address: None
) -> None:
    # One stream: two would keep both cores of a small machine busy with reading faces, which is not what is timed.
    watching, still = (visit(port) for port in replicas.ports)
    for page in (watching, still):
        page.get_by_text("The model that answers: facet").wait_for()
    watching.get_by_role("radio", name="Clip").click()
    start_camera(watching)
    promote("report", home)
    watching.get_by_text("The model that answers: report").wait_for(timeout=SEEN_WITHIN * 1000)
    # A page that stands still looks at its next press.
    still.get_by_role("button", name="New shopper").click()
    still.get_by_text("The model that answers: report").wait_for(timeout=SEEN_WITHIN * 1000)


def test_the_viewers_of_a_process_that_dies_are_back_on_the_other_and_nothing_acknowledged_is_lost(
    replicas: Replicas, visit: Callable[[int], Any], database: str, outer_address: None
) -> None:
    dies, lives = replicas.ports
    viewer, shopper, other = visit(dies), visit(dies), visit(lives)
    shown = open_by_hand(shopper, replicas.address)
    agree_to_teach(shopper)
    for _ in range(3):
        shown = others(shopper, shown)
        put_in_basket(shopper, shown[0])
    shopper.get_by_text("Your reactions to 12 cards are kept").wait_for()
    acknowledged = kept(shopper)
    # The streams begin late: they keep both cores of a small machine busy.
    for page in (viewer, other):
        page.get_by_role("radio", name="Clip").click()
        start_camera(page)
    # One is under way when the process dies.
    shopper.get_by_role("button", name="Show me others").click()
    replicas.kill(dies)
    begun = time.monotonic()
    viewer.frame_locator("iframe").get_by_role("button", name="START").wait_for(timeout=BACK_WITHIN * 1000)
    shopper.wait_for_function(
        "() => document.querySelectorAll('.facet-card').length === 6"
        " && !document.querySelector('[data-stale=\"true\"]')",
        timeout=BACK_WITHIN * 1000,
    )
    while connections(lives) < 3:
        assert time.monotonic() - begun < BACK_WITHIN, "a viewer has not come back"
        time.sleep(0.05)
    assert time.monotonic() - begun < BACK_WITHIN
    by_session = ReactionStore(database).lessons().by_session
    assert sum(len(panel.lessons) for panels in by_session.values() for panel in panels) >= acknowledged
    # Both go on there, and who was there already has not noticed.
    start_camera(viewer)
    now(viewer, "happy").wait_for()
    put_in_basket(shopper, cards_after(shopper, [])[0])
    now(other, "happy").wait_for()
    # What comes back takes its visitors again; without the streams, beside which it starts slowly.
    for page in (viewer, other):
        page.close()
    replicas.restart(dies)
    visit(dies)
