"""The insights page's sessions: one shopper's way through the shelf, and deleting it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from fer_core.charts.insights_figures import session_timeline
from fer_core.insights.sessions import SessionRow, newest_sessions, session_cards
from fer_core.settings import Settings
from fer_core.store.reaction_store import ReactionStore
from pages._insights_choice import Chosen
from pages._insights_kept import forget_results
from pages._insights_tables import counted, download
from pages._shell import errors_as_sentences

_MOST = 200


def sessions_tab(settings: Settings, chosen: Chosen) -> None:  # noqa: ARG001 - every tab takes both
    """The timeline of a session."""
    sessions = chosen.kept(
        "sessions", lambda: newest_sessions(chosen.store.database, chosen.selection, _MOST)
    )
    if not sessions:
        st.info("No session began in this time. Choose a longer one above.")
        return
    by_name = {each.name: each for each in sessions}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            f"Session, the newest {_MOST} at most",
            list(by_name),
            format_func=lambda each: _title(by_name[each]),
            key="insights-session",
        )
        if st.button("Delete this session", icon=":material/delete:"):
            _confirm(chosen.store, name)
    cards = session_cards(chosen.store.database, name)
    if not len(cards):
        st.info("This session was deleted a moment ago.")
        return
    st.plotly_chart(
        session_timeline(cards),
        width="stretch",
        config={"displayModeBar": False},
        alt="Timeline of the session: expressions and reactions",
    )
    st.caption("A session carries a random name; nothing kept says whose it was.")
    table = cards.assign(product=[chosen.name(product) for product in cards["product"]])
    st.dataframe(
        table[["panel", "label", "product", "category", "seconds", "clicks", "basket", "rejected", "worth"]],
        hide_index=True,
        column_config={
            "seconds": st.column_config.NumberColumn(format="%.1f"),
            "worth": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    download(table, "session.csv")


def _title(row: SessionRow) -> str:
    began = datetime.fromtimestamp(row.started, UTC)
    return f"{began:%Y-%m-%d %H:%M} UTC, {counted(row.panels, 'panel')}, {row.basket} into the basket ({row.name[:6]})"


@st.dialog("Delete this session?")
def _confirm(store: ReactionStore, name: str) -> None:
    st.write("Its rows go, and what the shelf learnt from them. This cannot be undone.")
    if st.button("Delete", type="primary", key="confirm-session"):
        with errors_as_sentences():
            store.forget(name)
            forget_results()
        st.rerun()
