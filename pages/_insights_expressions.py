"""The insights page's expressions: what goes with each and against it, and products that go with the same moods."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from fer_core.charts.insights_figures import cluster_profiles, pairing_map
from fer_core.errors import EvaluationError
from fer_core.insights.clusters import clusters
from fer_core.insights.pairings import pairings
from fer_core.labels import LABELS
from fer_core.settings import Settings
from pages._insights_choice import Chosen
from pages._insights_tables import download, estimate_columns
from pages._shell import plain

_CONFIG = {"displayModeBar": False}


def expressions_tab(settings: Settings, chosen: Chosen) -> None:  # noqa: ARG001 - every tab takes both
    """Which categories go with an expression."""
    cards = chosen.cards()
    found = chosen.kept("pairings", lambda: pairings(cards))
    if not found:
        st.info("No card was reacted to in this time. Choose a longer one above.")
        return
    st.caption(
        f"How much more reactions to a category were worth than those to all others under the same expression; of the "
        f"newest {cards.session.nunique():,} shoppers. A star: the 95 % interval does not hold 0. A question mark: not "
        "enough evidence. With so many cells about one in twenty carries a star by chance."
    )
    st.plotly_chart(
        pairing_map(found), width="stretch", config=_CONFIG, alt="Expressions and categories, with or against"
    )
    for label in LABELS:
        mine = [each for each in found if each.label == label]
        goes = {way: [each.category for each in mine if each.verdict == way] for way in ("with", "against")}
        st.write(
            f"**{label}**: with {plain(', '.join(goes['with'])) or 'none for sure'}; against "
            f"{plain(', '.join(goes['against'])) or 'none for sure'}."
        )
    table = pd.DataFrame(
        {
            "expression": [each.label for each in found],
            "category": [each.category for each in found],
            "goes": [each.verdict for each in found],
            **estimate_columns("difference", [each.difference for each in found]),
        }
    )
    download(table, "expressions.csv")


def groups_tab(settings: Settings, chosen: Chosen) -> None:  # noqa: ARG001 - every tab takes both
    """Clusters of moods and products."""
    cards = chosen.cards()
    try:
        found = chosen.kept("clusters", lambda: clusters(cards))
    except EvaluationError as error:
        st.info(str(error))
        return
    st.caption(
        "Products whose reactions follow the expression alike, by k-means; the number of groups is the one with the "
        f"best silhouette. Of the newest {cards.session.nunique():,} shoppers. An observation, not a test."
    )
    st.plotly_chart(
        cluster_profiles(found), width="stretch", config=_CONFIG, alt="Profiles of the groups by expression"
    )
    for number, cluster in enumerate(found, 1):
        with st.container(border=True):
            st.markdown(f"**Group {number}**")
            st.text(cluster.name)
            st.text(", ".join(chosen.name(product) for product in cluster.products))
    table = pd.DataFrame(
        [
            {"group": number, "name": cluster.name, "product": chosen.name(product)}
            for number, cluster in enumerate(found, 1)
            for product in cluster.products
        ]
    )
    download(table, "groups.csv")
