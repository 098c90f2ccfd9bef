"""The live page's shelf as a browser test handles it."""

from __future__ import annotations

from typing import Any


def card(page: Any, product: str) -> Any:
    return page.locator(f'.facet-card[data-product="{product}"]')


def cards_after(page: Any, before: list[str]) -> list[str]:
    """The products on the shelf once all six cards and their buttons are other ones than before."""
    page.wait_for_function(
        """before => {
          const ids = [...document.querySelectorAll('.facet-card')].map(card => card.dataset.product);
          return ids.length === 6 && ids.join() !== before.join()
            && ids.every(id => document.querySelector(`.st-key-basket-${CSS.escape(id)} button`))
            && !document.querySelector('[data-stale="true"] .facet-card');
        }""",
        arg=before,
    )
    return [str(each.get_attribute("data-product")) for each in page.locator(".facet-card").all()]


def open_by_hand(page: Any, app: str) -> list[str]:
    """Open the live page with an expression picked by hand; gives the products on the shelf."""
    page.goto(f"{app}/live")
    return pick_by_hand(page)


def pick_by_hand(page: Any) -> list[str]:
    """Change to an expression picked by hand; gives the products on the shelf."""
    page.get_by_role("radio", name="By hand").click()
    # The shelf of before, without a face, has six cards as well.
    page.get_by_text("Keep the good mood rolling").wait_for()
    return cards_after(page, [])


def agree_to_teach(page: Any) -> None:
    """Let what comes from now on be kept."""
    page.get_by_role("button", name="Your wishes").click()
    page.get_by_text("Let my reactions teach the shop").click()
    page.keyboard.press("Escape")


def others(page: Any, before: list[str]) -> list[str]:
    """Ask for other cards; gives them."""
    page.get_by_role("button", name="Show me others").click()
    return cards_after(page, before)


def put_in_basket(page: Any, product: str) -> None:
    # While the shelf is redrawn the old button stands beside the new one.
    page.wait_for_function(
        "id => document.querySelectorAll(`.st-key-basket-${CSS.escape(id)} button`).length === 1",
        arg=product,
    )
    page.locator(f".st-key-basket-{product} button").click()
    page.locator(f".st-key-basket-{product}").get_by_text("Take out").wait_for()
