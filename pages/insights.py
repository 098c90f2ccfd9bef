"""Insights: what shoppers' reactions say about products, expressions and the shelf's policy."""

from __future__ import annotations

import streamlit as st

from pages._insights_choice import choose
from pages._insights_expressions import expressions_tab, groups_tab
from pages._insights_funnel import funnel_tab
from pages._insights_policy import policy_tab
from pages._insights_products import products_tab
from pages._insights_sessions import sessions_tab
from pages._shell import page

with page(
    "Insights", "What reactions say about products: of shoppers who agreed to it, and of nobody in person."
) as here:
    chosen = choose(here)
    if chosen is not None:
        draws = {
            "Products": products_tab,
            "Funnel": funnel_tab,
            "Expressions": expressions_tab,
            "Groups": groups_tab,
            "Sessions": sessions_tab,
            "Policy": policy_tab,
        }
        if here.public:
            # Strangers see sums, not one another's visits.
            del draws["Sessions"]
        tabs = st.tabs(list(draws), key="insights-tab", on_change="rerun")
        for tab, draw in zip(tabs, draws.values(), strict=True):
            # Only the open tab is drawn: nobody waits for figures that they do not see.
            if tab.open:
                with tab:
                    draw(here, chosen)
