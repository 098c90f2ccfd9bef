"""How long the insights page lets one wait with a million reactions.

    python -m benchmarks.insights [--cards 1000000] [--times 5] [--database URL]

Cards are written through the store itself, of shoppers over sixty days, by default into an SQLite file in a temporary
folder; another database has to be empty. Then Chromium: from asking for the page until the reviews stand there, each
time after one more session was kept, so that nothing is remembered (goal: under 2 s, median; the first alone imports
what the page needs, and is told apart); and from a press on
another time until its figures stand there (goal: under 1 s, median). The other tabs are timed once, without a goal.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.app_server import chromium, running_app
from fer_core.labels import LABELS
from fer_core.settings import PROJECT_ROOT
from fer_core.shop.bandit import Decision
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.lessons import Lesson, ShownPanel
from fer_core.shop.reactions import Reaction
from fer_core.shop.recommender import item_of
from fer_core.store.reaction_store import ReactionStore

OPEN_SECONDS: Final = 2.0
FILTER_SECONDS: Final = 1.0
_PANELS: Final = 4
_CARDS: Final = 6
_DAYS: Final = 60


def main() -> int:
    """Fill, time; 0 when both goals are met, 1 when not or without Chromium."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cards", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--database")
    options = parser.parse_args()
    program = chromium()
    if program is None:
        print("Chromium is not on this machine.")
        return 1
    with tempfile.TemporaryDirectory() as home:
        url = options.database or f"sqlite:///{Path(home) / 'reactions.db'}"
        store = ReactionStore(url)
        sessions = _sessions(options.cards // (_PANELS * _CARDS))
        began = time.perf_counter()
        cards = 0
        while cards < options.cards:
            cards += store.keep_many(dict(itertools.islice(sessions, 500)))
        filling = time.perf_counter() - began
        print(f"{cards:,} cards written in {filling:.0f} s")
        with running_app(FACET_HOME=home, FACET_DATABASE=url) as address:
            first, opened, filtered, tabs = _timed(program, address, store, sessions, options.times)
        kind = store.database.kind
        store.database.close()
    print(
        f"{kind}: the page opens in {opened:.2f} s ({first:.2f} s the first time), a filter takes {filtered:.2f} s"
    )
    for name, seconds in tabs.items():
        print(f"  {name}: {seconds:.2f} s")
    passed = opened < OPEN_SECONDS and filtered < FILTER_SECONDS
    print(
        json.dumps(
            {
                "benchmark": "insights",
                "database": kind,
                "cards": cards,
                "filling_seconds": round(filling),
                "first_open_seconds": round(first, 2),
                "open_seconds": round(opened, 2),
                "open_goal": OPEN_SECONDS,
                "filter_seconds": round(filtered, 2),
                "filter_goal": FILTER_SECONDS,
                "tabs": {name: round(seconds, 2) for name, seconds in tabs.items()},
                "passed": passed,
            }
        )
    )
    return 0 if passed else 1


def _timed(
    program: str,
    address: str,
    store: ReactionStore,
    sessions: Iterator[tuple[str, tuple[ShownPanel, ...]]],
    times: int,
) -> tuple[float, float, float, dict[str, float]]:
    from playwright.sync_api import sync_playwright

    opened, filtered, tabs = [], [], {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 1600})
        page.set_default_timeout(120_000)
        # The app's libraries are loaded, but nothing of the page is remembered.
        page.goto(f"{address}/overview")
        page.get_by_text("Class by class").wait_for()
        for _ in range(times):
            _settled(page)
            store.keep_many(dict(itertools.islice(sessions, 1)))
            began = time.perf_counter()
            page.goto(f"{address}/insights")
            page.locator(".js-plotly-plot .scatterlayer .point").first.wait_for()
            opened.append(time.perf_counter() - began)
            for period in ("30 days", "7 days"):
                _settled(page)
                before = page.get_by_text("cards were shown").inner_text()
                began = time.perf_counter()
                page.get_by_role("radio", name=period).click()
                page.wait_for_function(
                    """before => [...document.querySelectorAll('[data-testid=stCaptionContainer]')].some(
                        each => each.innerText.includes('cards were shown') && each.innerText !== before)""",
                    arg=before,
                )
                filtered.append(time.perf_counter() - began)
        page.get_by_role("radio", name="All").click()
        for name, waits_for in (
            ("Funnel", "Shoppers for whom"),
            ("Expressions", "How much more reactions"),
            ("Groups", "Products whose reactions"),
            ("Sessions", "carries a random name"),
            ("Policy", "Taught by"),
        ):
            _settled(page)
            began = time.perf_counter()
            page.get_by_role("tab", name=name).click()
            page.get_by_text(waits_for).first.wait_for()
            tabs[name] = time.perf_counter() - began
        browser.close()
    return opened[0], statistics.median(opened), statistics.median(filtered), tabs


def _settled(page: Any) -> None:
    page.locator(".stApp[data-test-script-state=notRunning]").wait_for()


def _sessions(shoppers: int) -> Iterator[tuple[str, tuple[ShownPanel, ...]]]:
    """So many shoppers over the days, evenly, and then without end those of now."""
    random = np.random.default_rng(0)
    catalogue = Catalogue.load(PROJECT_ROOT / "data" / "products.csv")
    items = tuple(item_of(product) for product in catalogue.products)
    now = time.time()
    for number in itertools.count():
        # In the order of their coming, the last of them today.
        start = min(now - _DAYS * 86_400 * (1 - number / shoppers), now)
        panels = []
        for panel in range(_PANELS):
            label = LABELS[int(random.integers(len(LABELS)))]
            blend = {name: 0.8 if name == label else 0.05 for name in LABELS}
            offered = tuple(items[at] for at in random.permutation(len(items))[:30])
            lessons = []
            for at in range(_CARDS):
                seconds, positive, negative, surprise = map(float, random.uniform(0, 5, 4))
                reaction = Reaction(
                    offered[at].id,
                    offered[at].category,
                    seconds,
                    positive,
                    negative,
                    surprise,
                    clicks=int(random.random() < 0.2),
                    basket=bool(random.random() < 0.05),
                )
                lessons.append(Lesson(reaction, Decision(blend, offered, at, 1 / len(offered))))
            panels.append(
                ShownPanel(panel, start + 10 * panel, start + 10 * panel + 8, label, blend, tuple(lessons))
            )
        yield f"{number:032x}", tuple(panels)


if __name__ == "__main__":
    raise SystemExit(main())
