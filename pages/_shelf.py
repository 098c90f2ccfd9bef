"""The live page's shelf: cards one can react to, and the basket."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fer_core.charts.live_view import card_face, shelf_head
from fer_core.errors import CatalogueError
from fer_core.settings import Settings
from fer_core.shop.recommender import Card, Panel
from fer_core.shop.shopper import Shopper
from pages._shelf_tools import tools
from pages._shell import plain
from pages._shopper import of_this_shopper


def shelf(settings: Settings, current: Shopper, see: Callable[[], Panel]) -> None:
    """The panel and its buttons; belongs into a fragment, so that a press redraws the shelf alone.

    ``see`` gives the panel to show now.
    """
    # Each in a place of its own, or what is open in the tools would close when cards or basket come and go.
    cards, basket = st.container(), st.container()
    with cards:
        try:
            panel = see()
        except CatalogueError as error:
            # The tools below are how a visitor mends it.
            st.error(str(error), icon=":material/error:")
        else:
            st.html(shelf_head(panel))
            with st.container(horizontal=True, key="facet-cards"):
                for card in panel.cards:
                    with st.container(border=True, width=165):
                        _card(current, card)
    with basket:
        _basket(current)
    tools(settings, current)


def _card(current: Shopper, card: Card) -> None:
    product = card.product.id
    mine = {each.id for each in current.basket}
    open_ = product in st.session_state.setdefault(of_this_shopper("details"), set())
    gone = product in current.rejected
    st.html(card_face(card, details=open_, gone=gone))
    if gone:
        st.button(
            "Not for you: undo",
            icon=":material/undo:",
            key=f"undo-{product}",
            width="stretch",
            on_click=current.reject,
            args=(product, False),
        )
        return
    st.button(
        "Take out" if product in mine else "Add to basket",
        icon=":material/remove_shopping_cart:" if product in mine else ":material/add_shopping_cart:",
        key=f"basket-{product}",
        width="stretch",
        on_click=current.put_in_basket,
        args=(product, product not in mine),
    )
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(
            "Not for me", type="tertiary", key=f"reject-{product}", on_click=current.reject, args=(product,)
        )
        st.button(
            "Less" if open_ else "More",
            type="tertiary",
            key=f"details-{product}",
            on_click=_turn_details,
            args=(current, product),
        )


def _turn_details(current: Shopper, product: str) -> None:
    shown: set[str] = st.session_state[of_this_shopper("details")]
    if product in shown:
        shown.remove(product)
    else:
        shown.add(product)
        current.open_details(product)


def _basket(current: Shopper) -> None:
    if not current.basket:
        return
    total = sum(product.price for product in current.basket)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/shopping_cart: **Your basket**, €{total:.2f}", width="content")
        for product in current.basket:
            st.button(
                plain(product.name),
                icon=":material/close:",
                type="tertiary",
                help="Take it out",
                key=f"out-{product.id}",
                on_click=current.put_in_basket,
                args=(product.id, False),
            )
