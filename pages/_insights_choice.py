"""The insights page's first rows: which time, real or simulated shoppers, and the simulation's buttons."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import streamlit as st

from fer_core.insights.selection import Kept, Selection, what_is_kept
from fer_core.insights.simulation import SHOPPERS, fill
from fer_core.settings import Settings
from fer_core.shop.catalogue import Catalogue
from fer_core.store.reaction_store import ReactionStore
from pages._shell import errors_as_sentences, progress_bar
from pages._shopper import first_weights, reaction_store

_DAY = 86_400
_PERIODS = {"All": None, "24 hours": _DAY, "7 days": 7 * _DAY, "30 days": 30 * _DAY, "From - to": None}
_T = TypeVar("_T")


@dataclass(frozen=True)
class Chosen:
    """What the tabs draw from.

    Attributes:
        store: where it is kept.
        catalogue: today's products, for their names.
        selection: what is looked at.
        version: another text once anything was kept or deleted.
        names: product id -> its name today; an id without one is shown as it is.
    """

    store: ReactionStore
    catalogue: Catalogue
    selection: Selection
    version: str
    names: dict[str, str] = field(hash=False)

    def name(self, product: str) -> str:
        """A product's name, or its id once the catalogue no longer holds it."""
        return self.names.get(product, product)

    def kept(self, what: str, compute: Callable[[], _T]) -> _T:
        """A result, computed once for this selection of these rows."""
        found: _T = _kept(f"{what}|{self.selection}|{self.version}", compute)
        return found


@st.cache_resource(max_entries=60, ttl=3600, show_spinner="Computing")
def _kept(key: str, _compute: Callable[[], _T]) -> _T:  # noqa: ARG001 - names the result
    return _compute()


def choose(settings: Settings) -> Chosen | None:
    """The row of widgets; None while there is nothing to look at, which it says."""
    store = reaction_store(settings)
    kept = what_is_kept(store.database)
    if not kept.shoppers and not kept.simulated:
        _nothing_yet(settings, store)
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        period = st.segmented_control(
            "Time", list(_PERIODS), default="All", required=True, key="insights-period"
        )
        since, until = _between(period or "All", kept)
        simulated = not kept.shoppers
        if kept.shoppers and kept.simulated:
            simulated = st.toggle("The simulation instead", key="insights-simulated")
    selection = Selection(since, until, simulated)
    if simulated:
        _simulated(settings, store, kept)
    else:
        st.caption(f"{kept.shoppers:,} shoppers agreed to it so far.")
    catalogue = Catalogue.load(settings.catalogue)
    names = {product.id: product.name for product in catalogue.products}
    return Chosen(store, catalogue, selection, kept.version, names)


def _between(period: str, kept: Kept) -> tuple[float | None, float | None]:
    """The chosen times; whole minutes, so that the same choice a moment later finds the same results."""
    if period != "From - to":
        seconds = _PERIODS[period]
        return (None, None) if seconds is None else (time.time() // 60 * 60 - seconds, None)
    today = datetime.now(UTC).date()
    first = (
        today - timedelta(days=30) if kept.first is None else datetime.fromtimestamp(kept.first, UTC).date()
    )
    days = st.date_input("Days (UTC)", (min(first, today), today), key="insights-days")
    # While the second day is still to be picked there is one.
    picked: tuple[date, ...] = days if isinstance(days, tuple) else (days,)
    if not picked:
        return None, None
    start = datetime(picked[0].year, picked[0].month, picked[0].day, tzinfo=UTC).timestamp()
    end = datetime(picked[-1].year, picked[-1].month, picked[-1].day, tzinfo=UTC).timestamp()
    return start, end + _DAY


def _nothing_yet(settings: Settings, store: ReactionStore) -> None:
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


def _simulated(settings: Settings, store: ReactionStore, kept: Kept) -> None:
    st.warning(
        f"**Simulated.** {kept.simulated:,} shoppers made by code: nothing here says anything about anybody, and none "
        "of it teaches the shelf.",
        icon=":material/smart_toy:",
    )
    if not settings.public and st.button("Remove the simulation", icon=":material/delete:"):
        with errors_as_sentences():
            store.forget_simulated()
        st.rerun()
