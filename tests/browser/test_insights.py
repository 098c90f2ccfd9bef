"""From a reaction to the insights page, and back to nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_core.settings import PROJECT_ROOT
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.lessons import Lessons, taught_weights
from fer_core.shop.recommender import starting_weights
from fer_core.store.reaction_store import ReactionStore
from tests.browser.shelf_page import agree_to_teach, open_by_hand, others, put_in_basket

pytestmark = pytest.mark.browser


def react(page: Any, app: str) -> str:
    """A shopper who agrees and puts a card into the basket; gives the product."""
    first = open_by_hand(page, app)
    agree_to_teach(page)
    second = others(page, first)
    put_in_basket(page, second[0])
    others(page, second)
    page.get_by_text("Your reactions to 6 cards are kept and teach the shop").wait_for()
    return second[0]


def test_a_reaction_is_seen_among_the_insights_and_deleted_from_there_and_from_the_policy(
    start_app: Callable[..., str], open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    app = start_app(FACET_HOME=str(tmp_path))
    store = ReactionStore(f"sqlite:///{tmp_path / 'reactions.db'}")
    catalogue = Catalogue.load(PROJECT_ROOT / "data" / "products.csv")
    start = starting_weights(catalogue)
    untaught = taught_weights(Lessons({}, ""), start, catalogue)

    shopper, manager = open_browser(height=1300), open_browser(height=1300)
    product = react(shopper, app)
    assert taught_weights(store.lessons(), start, catalogue) != untaught
    manager.goto(f"{app}/insights")
    manager.get_by_text("6 cards were shown").wait_for()
    manager.get_by_text("1 shopper agreed to it so far").wait_for()
    manager.get_by_role("tab", name="Sessions").click()
    manager.locator(".js-plotly-plot .legendtext").filter(has_text="into the basket").wait_for()
    (kept,) = store.lessons().by_session.values()
    assert {each.reaction.product for each in kept[0].lessons if each.reaction.basket} == {product}

    # The shopper takes it back.
    shopper.get_by_role("button", name="Your wishes").click()
    shopper.get_by_role("button", name="Delete my session").click()
    shopper.get_by_text("begins without it").wait_for()
    manager.reload()
    manager.get_by_text("Nothing is kept yet").wait_for()
    assert taught_weights(store.lessons(), start, catalogue) == untaught

    # So may who runs the shop, for somebody who asks.
    react(open_browser(height=1300), app)
    manager.reload()
    manager.get_by_role("tab", name="Sessions").click()
    manager.get_by_role("button", name="Delete this session").click()
    manager.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    manager.get_by_text("Nothing is kept yet").wait_for()
    assert taught_weights(store.lessons(), start, catalogue) == untaught


def test_an_empty_shop_is_filled_with_a_marked_simulation_filtered_taken_away_and_emptied(
    start_app: Callable[..., str], open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_browser(height=1600)
    page.goto(f"{start_app(FACET_HOME=str(tmp_path))}/insights")
    page.get_by_role("button", name="Fill with").click()
    page.get_by_text("300 shoppers made by code").wait_for()
    shown = page.get_by_text("cards were shown")
    everything = shown.inner_text()
    page.get_by_role("radio", name="7 days").click()
    page.wait_for_function(
        """before => [...document.querySelectorAll('[data-testid=stCaptionContainer]')].some(
            each => each.innerText.includes('cards were shown') && each.innerText !== before)""",
        arg=everything,
    )
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download products.csv").click()
    lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert {"product", "category", "review", "review low", "review high"} <= set(lines[0].split(","))
    assert len(lines) > 20
    for tab, waits_for in (
        ("Funnel", "Shoppers for whom"),
        ("Expressions", "How much more reactions"),
        ("Groups", "Group 1"),
        ("Policy", "Taught by"),
    ):
        page.get_by_role("tab", name=tab).click()
        page.get_by_text(waits_for).first.wait_for()
    page.get_by_role("button", name="Remove the simulation").click()
    page.get_by_text("Nothing is kept yet").wait_for()
