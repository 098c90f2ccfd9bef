"""The live page's shelf as a shopper meets it: cards to react to, and what becomes of the reactions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_core.store.reaction_store import ReactionStore
from tests.browser.shelf_page import agree_to_teach, card, open_by_hand, others, pick_by_hand, put_in_basket

pytestmark = pytest.mark.browser


def test_the_shelf_learns_from_reactions_and_says_why(
    start_app: Callable[..., str], open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_browser(height=1300)
    first = open_by_hand(page, start_app(FACET_HOME=str(tmp_path)))
    # Each says whether it is believed in or tried.
    for why in page.locator(".facet-card .why").all_inner_texts():
        assert "best guess while" in why or "tried, to learn whether it fits, while" in why

    # A card that is not for one turns pale and stays until others are asked for; a press can be taken back.
    page.locator(f".st-key-reject-{first[1]} button").click()
    page.locator(f'.facet-card.gone[data-product="{first[1]}"]').wait_for()
    page.locator(f".st-key-undo-{first[1]} button").click()
    page.locator(f'.facet-card:not(.gone)[data-product="{first[1]}"]').wait_for()
    page.locator(f".st-key-reject-{first[1]} button").click()
    page.locator(f".st-key-basket-{first[0]} button").click()
    page.get_by_text("Your basket", exact=True).wait_for()
    assert [each.get_attribute("data-product") for each in page.locator(".facet-card").all()] == first

    page.get_by_role("button", name="Show me others").click()
    card(page, first[0]).wait_for(state="detached")
    assert card(page, first[1]).count() == 0
    page.get_by_text("Goes with your basket").wait_for()
    page.get_by_role("button", name="What the shelf has learnt from you").click()
    page.get_by_text("made up until somebody calibrates it").wait_for()
    page.keyboard.press("Escape")

    # Nothing was kept of somebody who had not agreed; of the cards that come after that it is, until it is deleted.
    agree_to_teach(page)
    before = [str(each.get_attribute("data-product")) for each in page.locator(".facet-card").all()]
    second = others(page, before)[0]
    put_in_basket(page, second)
    store = ReactionStore(f"sqlite:///{tmp_path / 'reactions.db'}")
    assert store.lessons().by_session == {}
    page.get_by_role("button", name="Show me others").click()
    page.get_by_text("Your reactions to 6 cards are kept and teach the shop").wait_for()
    ((panel,),) = store.lessons().by_session.values()
    assert {each.reaction.product: each.reaction.basket for each in panel.lessons}[second]
    page.get_by_role("button", name="Your wishes").click()
    page.get_by_role("button", name="Delete my session").click()
    page.get_by_text("begins without it").wait_for()
    assert store.lessons().by_session == {}

    # The next shopper has not agreed, whatever the browser remembers.
    page.get_by_text("Let my reactions teach the shop").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New shopper").click()
    # Back at the camera, which asks first.
    page.get_by_role("button", name="I am an adult and I agree").wait_for()
    pick_by_hand(page)
    page.get_by_role("button", name="Add to basket").first.click()
    page.get_by_text("Your basket", exact=True).wait_for()
    page.get_by_role("button", name="Show me others").click()
    page.locator(".stApp[data-test-script-state=notRunning]").wait_for()
    assert page.get_by_text("are kept and teach the shop").count() == 0
    assert store.lessons().by_session == {}


def test_blocking_everything_says_so_and_is_mended_in_the_same_place(
    app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(height=1300)
    open_by_hand(page, app)
    page.get_by_role("button", name="Your wishes").click()
    page.get_by_role("combobox", name="Never show").click()
    page.get_by_role("option", name="Select all").click()
    page.get_by_text("Every category is blocked; allow at least one.").wait_for()
    page.locator(".facet-card").first.wait_for(state="detached")
    # What was open stays open, although the cards above it have gone.
    page.get_by_role("button", name="Clear all").click()
    page.locator(".facet-card").nth(5).wait_for()
