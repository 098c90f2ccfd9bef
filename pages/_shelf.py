"""The live page's shelf: cards one can react to, the basket, and what the shelf has learnt."""

from __future__ import annotations

import time

import pandas as pd
import streamlit as st

from fer_core.charts.live_view import card_face, shelf_head
from fer_core.errors import ShopError
from fer_core.settings import Settings
from fer_core.shop.reaction_log import ReactionLog
from fer_core.shop.recommender import Card, Panel
from fer_core.shop.shopper import Shopper

_BLOCKED, _TEACH, _DETAILS = "blocked-categories", "teach", "details-open"


def blocked() -> frozenset[str]:
    """The categories this visitor never wants to see."""
    return frozenset(st.session_state.get(_BLOCKED, ()))


def shelf(settings: Settings, current: Shopper, panel: Panel) -> None:
    """The panel and its buttons; belongs into a fragment, so that a press redraws the shelf alone."""
    st.html(shelf_head(panel))
    with st.container(horizontal=True, key="facet-cards"):
        for card in panel.cards:
            with st.container(border=True, width=165):
                _card(current, card)
    _basket(current)
    _tools(settings, current)
    current.agreed = bool(st.session_state.get(_TEACH))
    if current.agreed:
        _teach(settings, current)


def _card(current: Shopper, card: Card) -> None:
    product = card.product.id
    mine = {each.id for each in current.basket}
    open_ = product in st.session_state.setdefault(_DETAILS, set())
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
        "Take out again" if product in mine else "Add to basket",
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
    shown: set[str] = st.session_state[_DETAILS]
    if product in shown:
        shown.remove(product)
    else:
        shown.add(product)
        current.open_details(product)


def _basket(current: Shopper) -> None:
    if not current.basket:
        return
    total = sum(product.price for product in current.basket)
    names = ", ".join(product.name for product in current.basket)
    st.markdown(f":material/shopping_cart: **Your basket**, €{total:.2f}: {_plain(names)}")


def _tools(settings: Settings, current: Shopper) -> None:
    now = time.monotonic()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Show me others", icon=":material/autorenew:", key="other-cards"):
            current.other_cards(now, blocked())
            st.rerun(scope="fragment")
        with st.popover("What the shelf has learnt from you", icon=":material/psychology:"):
            _learnt(current, now)
        with st.popover("Your wishes", icon=":material/tune:"):
            st.multiselect(
                "Never show", current.categories, key=_BLOCKED, placeholder="Every category may be shown"
            )
            st.toggle(
                "Let my reactions teach the shop",
                key=_TEACH,
                help="Off: they change your own shelf during this visit and nothing else.",
            )
            st.caption(
                "Kept then: products, seconds, clicks and the five shares of the expression, under a random name. No "
                "picture, no face, nothing that says who you are."
            )
            if st.button("Delete what I taught", icon=":material/delete:", key="forget-lessons"):
                _forget(settings, current)


def _learnt(current: Shopper, now: float) -> None:
    rows = current.reactions()
    if not rows:
        st.write("Nothing yet. Look at the cards, press their buttons, or ask for others.")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "product": [product.name for product, _, _ in rows],
                "likelihood to buy (mock)": [f"{likelihood:.0%}" for _, _, likelihood in rows],
                "seconds on show": [reaction.seconds for _, reaction, _ in rows],
                "positive": [reaction.positive for _, reaction, _ in rows],
                "negative": [reaction.negative for _, reaction, _ in rows],
            }
        ),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.0f s")
            for name in ("seconds on show", "positive", "negative")
        },
    )
    avoided = sorted(current.avoided(now))
    if avoided:
        st.write(f"Left out for a while: {_plain(', '.join(avoided))}.")
    st.caption(
        "The likelihood is made up until somebody calibrates it. All cards on show share an expression, since nobody "
        "knows which one is looked at; with several faces the largest counts."
    )


def _teach(settings: Settings, current: Shopper) -> None:
    try:
        if current.teach(ReactionLog(settings.reactions)):
            st.session_state["taught"] = True
    except ShopError as error:
        st.warning(settings.without_paths(str(error)) if settings.public else str(error))
        return
    if st.session_state.get("taught"):
        st.caption(
            ":material/school: Your reactions are kept and teach the shop; *Your wishes* deletes them."
        )


def _forget(settings: Settings, current: Shopper) -> None:
    try:
        ReactionLog(settings.reactions).forget(current.name)
    except ShopError as error:
        st.error(str(error))
        return
    st.session_state.pop("taught", None)
    st.success("Deleted. The next shopper's shelf begins without it.")


def _plain(text: str) -> str:
    """A catalogue's text inside Markdown, where it must not act."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+-.!|<>$:~" else sign for sign in text)
