"""Below the live page's shelf: other cards, what it has learnt, and what the visitor wishes."""

from __future__ import annotations

import time
from contextlib import suppress

import pandas as pd
import streamlit as st

from fer_core.errors import CatalogueError, ShopError
from fer_core.settings import Settings
from fer_core.shop.shopper import Shopper
from pages._insights_kept import forget_results
from pages._shell import for_all_eyes, plain
from pages._shop import reaction_store
from pages._shopper import of_this_shopper

_BLOCKED, _TEACH = "blocked-categories", "teach"


def blocked() -> frozenset[str]:
    """The categories this visitor never wants to see."""
    return frozenset(st.session_state.get(of_this_shopper(_BLOCKED), ()))


def tools(settings: Settings, current: Shopper) -> None:
    """Other cards, what was learnt, and what the visitor wishes; then what was agreed to is done."""
    now = time.monotonic()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Show me others",
            icon=":material/autorenew:",
            key="other-cards",
            on_click=_others,
            args=(current,),
        )
        learnt = st.popover(
            "What the shelf has learnt from you",
            icon=":material/psychology:",
            key="learnt",
            on_change="rerun",
        )
        # The table is the dearest part of the shelf, which is drawn often, and few look at it.
        if learnt.open:
            with learnt:
                _learnt(current, now)
        with st.popover("Your wishes", icon=":material/tune:"):
            st.multiselect(
                "Never show",
                current.categories,
                key=of_this_shopper(_BLOCKED),
                persist_state="session",
                placeholder="Every category may be shown",
            )
            agreed = st.toggle(
                "Let my reactions teach the shop",
                key=of_this_shopper(_TEACH),
                persist_state="session",
                help="Off: they change your own shelf during this visit and nothing else. On: those to the cards that "
                "come from now on count for others as well.",
            )
            st.caption(
                "Kept then: products, times, clicks and the five shares of the expression, under a random name. No "
                "picture, no face, nothing that says who you are."
            )
            st.button(
                "Delete my session",
                icon=":material/delete:",
                key="forget-session",
                on_click=_forget,
                args=(settings, current),
            )
            told, sentence = st.session_state.pop(of_this_shopper("deleted"), ("", ""))
            if told:
                (st.success if told == "yes" else st.error)(sentence)
    current.agree(agreed)
    if agreed:
        _keep(settings, current)


def _others(current: Shopper) -> None:
    # With every category blocked the shelf says so when it is drawn.
    with suppress(CatalogueError):
        current.other_cards(time.monotonic(), blocked())


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
        st.write(f"Left out for a while: {plain(', '.join(avoided))}.")
    st.caption(
        "The likelihood is made up until somebody calibrates it. All cards on show share an expression, since nobody "
        "knows which one is looked at; with several faces the largest counts."
    )


def _keep(settings: Settings, current: Shopper) -> None:
    """Says "kept" after it is kept, and what is not."""
    try:
        current.hand_over(reaction_store(settings))
    except ShopError as error:
        st.warning(
            f"{for_all_eyes(error)} Reactions to {current.cards_waiting} cards wait and are sent again; the shelf goes on.",
            icon=":material/cloud_off:",
        )
    if current.cards_lost:
        st.warning(f"Reactions to {current.cards_lost} cards could not be kept and are given up.")
    if current.cards_kept:
        st.caption(
            f":material/school: Your reactions to {current.cards_kept} cards are kept and teach the shop; *Your "
            "wishes* deletes them."
        )


def _forget(settings: Settings, current: Shopper) -> None:
    key = of_this_shopper("deleted")
    try:
        current.forget(reaction_store(settings))
        forget_results()
    except ShopError as error:
        st.session_state[key] = ("no", for_all_eyes(error))
        return
    st.session_state[of_this_shopper(_TEACH)] = False
    st.session_state[key] = ("yes", "Deleted. The next shopper's shelf begins without it.")
