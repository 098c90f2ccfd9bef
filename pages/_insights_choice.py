"""The insights page's first rows: which time, real or simulated shoppers, and the simulation's buttons."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pandas as pd
import streamlit as st

from fer_core.insights.evidence import FEWEST_SHOPPERS
from fer_core.insights.newest import newest_cards
from fer_core.insights.selection import Kept, Selection, shoppers_in, what_is_kept
from fer_core.insights.simulation import SHOPPERS, fill
from fer_core.settings import Settings
from fer_core.shop.catalogue import Catalogue
from fer_core.store.reaction_store import ReactionStore
from pages._insights_kept import forget_results, kept, kept_cards
from pages._shell import errors_as_sentences, progress_bar
from pages._shop import catalogue_identity, first_weights, reaction_store

_DAY = 86_400
_PERIODS = {"All": None, "24 hours": _DAY, "7 days": 7 * _DAY, "30 days": 30 * _DAY, "From - to": None}
T = TypeVar("T")


@dataclass(frozen=True)
class Chosen:
    """What the tabs draw from.

    Attributes:
        store: where it is kept.
        catalogue: today's products, for their names.
        selection: what is looked at.
        version: another text once anything was kept or deleted.
        catalogue_identity: another text once the catalogue's file is another.
        names: product id -> its name today; an id without one is shown as it is.
    """

    store: ReactionStore
    catalogue: Catalogue
    selection: Selection
    version: str
    catalogue_identity: str
    names: dict[str, str] = field(hash=False)

    def name(self, product: str) -> str:
        """A product's name, or its id once the catalogue no longer holds it."""
        return self.names.get(product, product)

    def kept(self, what: str, compute: Callable[[], T], *, whole: bool = False) -> T:
        """A result, computed once for this selection of these rows; with ``whole`` for all times and this catalogue."""
        return kept(f"{what}|{self._of_time(whole)}", compute, self._still)

    def cards(self) -> pd.DataFrame:
        """The newest shoppers' cards of this selection."""
        return kept_cards(
            f"{self._of_time(False)}", lambda: newest_cards(self.store.database, self.selection), self._still
        )

    def _of_time(self, whole: bool) -> str:
        if whole:
            return f"{self.selection.simulated}|{self.version}|{self.catalogue_identity}"
        return f"{self.selection}|{self.version}"

    def _still(self) -> bool:
        return what_is_kept(self.store.database).version == self.version


def choose(settings: Settings) -> Chosen | None:
    """The row of widgets; None while there is nothing to look at, which it says."""
    store = reaction_store(settings)
    state = what_is_kept(store.database)
    if not state.shoppers and not state.simulated:
        _nothing_yet(settings, store)
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        period = st.segmented_control(
            "Time", list(_PERIODS), default="All", required=True, key="insights-period"
        )
        since, until = _between(period or "All", state)
        simulated = not state.shoppers
        if state.shoppers and state.simulated:
            simulated = st.toggle("The simulation instead", key="insights-simulated")
    selection = Selection(since, until, simulated)
    if simulated:
        _simulated(settings, store, state)
    else:
        st.caption(f"{state.shoppers:,} shoppers agreed to it so far.")
    catalogue = Catalogue.load(settings.catalogue)
    names = {product.id: product.name for product in catalogue.products}
    if settings.public and shoppers_in(store.database, selection) < FEWEST_SHOPPERS:
        st.info(f"Fewer than {FEWEST_SHOPPERS} shoppers in this time: sums of so few would tell of persons.")
        return None
    return Chosen(store, catalogue, selection, state.version, catalogue_identity(settings), names)


def _between(period: str, state: Kept) -> tuple[float | None, float | None]:
    """The chosen times; whole minutes, so that the same choice a moment later finds the same results."""
    if period != "From - to":
        seconds = _PERIODS[period]
        return (None, None) if seconds is None else (time.time() // 60 * 60 - seconds, None)
    today = datetime.now(UTC).date()
    first = (
        today - timedelta(days=30) if state.first is None else datetime.fromtimestamp(state.first, UTC).date()
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


def _simulated(settings: Settings, store: ReactionStore, state: Kept) -> None:
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
