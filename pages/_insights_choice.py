"""The insights page's first rows: which time, real or simulated shoppers, and the simulation's buttons."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pandas as pd
import streamlit as st

from fer_core.insights.evidence import FEWEST_SHOPPERS
from fer_core.insights.newest import newest_cards
from fer_core.insights.selection import Kept, Selection, shoppers_in, what_is_kept
from fer_core.settings import Settings
from fer_core.shop.catalogue import Catalogue
from fer_core.store.reaction_store import ReactionStore
from pages._insights_kept import kept, kept_cards
from pages._insights_simulation import nothing_yet, simulated_notice
from pages._insights_tables import counted
from pages._shop import catalogue_identity, reaction_store

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
        state: how much there is, and its versions.
        catalogue_identity: another text once the catalogue's file is another.
        names: product id -> its name today; an id without one is shown as it is.
    """

    store: ReactionStore
    catalogue: Catalogue
    selection: Selection
    state: Kept
    catalogue_identity: str
    names: dict[str, str] = field(hash=False)

    def name(self, product: str) -> str:
        """A product's name, or its id once the catalogue no longer holds it."""
        return self.names.get(product, product)

    def parts(self) -> tuple[Selection, Selection]:
        """The selection's settled sessions, and those that something may still come to."""
        return replace(self.selection, up_to=self.state.settled), replace(
            self.selection, after=self.state.settled
        )

    def kept(self, what: str, compute: Callable[[], T], *, whole: bool = False, settled: bool = False) -> T:
        """A result, computed once for this selection of these rows; with ``whole`` for all times and this catalogue,
        with ``settled`` for the settled rows of the selection."""
        selected = f"{self.selection.simulated}|{self.catalogue_identity}" if whole else f"{self.selection}"
        version = self.state.settled_version if settled else self.state.version

        def still() -> bool:
            now = what_is_kept(self.store.database)
            return (now.settled_version if settled else now.version) == version

        return kept(f"{what}|{selected}|{version}", compute, still)

    def cards(self) -> pd.DataFrame:
        """The newest shoppers' cards of this selection."""
        return kept_cards(
            f"{self.selection}|{self.state.version}",
            lambda: newest_cards(self.store.database, self.selection),
            lambda: what_is_kept(self.store.database).version == self.state.version,
        )


def choose(settings: Settings) -> Chosen | None:
    """The row of widgets; None while there is nothing to look at, which it says."""
    store = reaction_store(settings)
    state = what_is_kept(store.database)
    if not state.shoppers and not state.simulated:
        nothing_yet(settings, store)
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
        simulated_notice(settings, store, state)
    else:
        st.caption(f"{counted(state.shoppers, 'shopper')} agreed to it so far.")
    catalogue = Catalogue.load(settings.catalogue)
    names = {product.id: product.name for product in catalogue.products}
    if settings.public and shoppers_in(store.database, selection) < FEWEST_SHOPPERS:
        st.info(f"Fewer than {FEWEST_SHOPPERS} shoppers in this time: sums of so few would tell of persons.")
        return None
    return Chosen(store, catalogue, selection, state, catalogue_identity(settings), names)


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
