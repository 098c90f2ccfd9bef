"""The insights page's reviews as its tabs share them, and the way from shown to basket."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from fer_core.charts.insights_figures import STEP_NAMES, steps_to_basket
from fer_core.insights.evidence import FEWEST_SHOPPERS
from fer_core.insights.pairings import shoppers_by_step
from fer_core.insights.reviews import ProductReview, Steps, product_reviews, product_sums
from fer_core.settings import Settings
from pages._insights_choice import Chosen
from pages._insights_tables import download, estimate_columns, estimate_text

_CONFIG = {"displayModeBar": False}


def reviews_of(settings: Settings, chosen: Chosen) -> tuple[ProductReview, ...]:
    """The products' reviews; for strangers without those of so few shoppers that a visit could be read from them."""
    # What is settled is summed up once; only the rest is looked at again after every reaction.
    settled, late = chosen.parts()
    reviews = product_reviews(
        chosen.kept("sums", lambda: product_sums(chosen.store.database, settled), settled=True),
        chosen.kept("late sums", lambda: product_sums(chosen.store.database, late)),
    )
    return tuple(each for each in reviews if not settings.public or each.review.n >= FEWEST_SHOPPERS)


def funnel_tab(settings: Settings, chosen: Chosen) -> None:
    """From shown to basket."""
    reviews = reviews_of(settings, chosen)
    if not reviews:
        st.info("No card was shown in this time. Choose a longer one above.")
        return
    categories = sorted({each.category for each in reviews})
    picked = st.multiselect("Categories", categories, placeholder="All", key="insights-categories")
    steps = sum((each.steps for each in reviews if not picked or each.category in picked), Steps())
    st.plotly_chart(
        steps_to_basket(steps), width="stretch", config=_CONFIG, alt="Funnel of cards from shown to basket"
    )
    st.caption(f'In cards; {steps.rejected:,} of them were "not for me".')
    cards = chosen.cards()
    if picked:
        cards = cards[cards.category.isin(picked)]
    if not len(cards):
        return
    found = shoppers_by_step(cards)
    st.markdown("**Shoppers for whom at least one card came so far**")
    table = pd.DataFrame(
        {
            "step": [STEP_NAMES[step] for step in found],
            "share": [estimate_text(each, percent=True) for each in found.values()],
            "of shoppers": [each.n for each in found.values()],
        }
    )
    st.dataframe(table, hide_index=True)
    download(
        pd.DataFrame({"step": list(found), **estimate_columns("share", list(found.values()))}), "funnel.csv"
    )
