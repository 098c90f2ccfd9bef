"""The insights page before there are shoppers: a simulation that is marked and goes with one press."""

from __future__ import annotations

import streamlit as st

from fer_core.insights.selection import Kept
from fer_core.insights.simulation import SHOPPERS, fill
from fer_core.settings import Settings
from fer_core.shop.catalogue import Catalogue
from fer_core.store.reaction_store import ReactionStore
from pages._insights_kept import forget_results
from pages._shell import errors_as_sentences, progress_bar
from pages._shop import first_weights


def nothing_yet(settings: Settings, store: ReactionStore) -> None:
    """An empty shop: how that changes, and the button that fills it."""
    st.info(
        "Nothing is kept yet. On the live page, a shopper who switches on *Let my reactions teach the shop* under "
        "*Your wishes* leaves the first reactions here.",
        icon=":material/inbox:",
    )
    st.page_link("pages/live.py", label="To the live page", icon=":material/arrow_forward:")
    if settings.public:
        return
    st.write(
        "To see what this page shows, fill it with shoppers made by code. They are marked, and go with one press."
    )
    if st.button(f"Fill with {SHOPPERS} simulated shoppers", icon=":material/smart_toy:"):
        with errors_as_sentences(), progress_bar("Simulating") as told:
            fill(store, Catalogue.load(settings.catalogue), first_weights(settings), progress=told)
        st.rerun()


def simulated_notice(settings: Settings, store: ReactionStore, state: Kept) -> None:
    """That nothing of it is real, and the button that takes it away."""
    st.warning(
        f"**Simulated.** {state.simulated:,} shoppers made by code: nothing here says anything about anybody, and none "
        "of it teaches the shelf.",
        icon=":material/smart_toy:",
    )
    if not settings.public and st.button("Remove the simulation", icon=":material/delete:"):
        with errors_as_sentences():
            store.forget_simulated()
            forget_results()
        st.rerun()
