"""The insights page's products: their reviews, one in detail, and the way to the basket."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from fer_core.charts.insights_figures import intervals
from fer_core.insights.reviews import ProductReview, product_history
from fer_core.palette import EXPRESSION_COLOURS
from fer_core.settings import Settings
from pages._insights_choice import Chosen
from pages._insights_funnel import reviews_of
from pages._insights_tables import download, estimate_columns, estimate_text

_CONFIG = {"displayModeBar": False}
_SHOWN = 12


def products_tab(settings: Settings, chosen: Chosen) -> None:
    """Products by review, and one of them."""
    reviews = reviews_of(settings, chosen)
    if not reviews:
        st.info("No product was shown in this time. Choose a longer one above.")
        return
    shown = sum(each.steps.shown for each in reviews)
    st.caption(
        f"{shown:,} cards were shown. "
        "A review is the mean of what reactions were worth, from -1 (not for me) to 1 (into the basket), one value a "
        "shopper, with its 95 % interval. With fewer than five shoppers there is not enough evidence."
    )
    known = [each for each in reviews if each.review.value is not None]
    if len(known) > _SHOWN:
        some = (*known[: _SHOWN // 2], *known[-_SHOWN // 2 :])
        st.markdown(f"**The best {_SHOWN // 2} and the last {_SHOWN // 2} of {len(known)}**")
    else:
        some = tuple(known)
    if some:
        st.plotly_chart(
            intervals([(chosen.name(each.product), each.review) for each in some], "review"),
            width="stretch",
            config=_CONFIG,
            alt="Reviews of products with their intervals",
        )
    table = pd.DataFrame(
        {
            "product": [chosen.name(each.product) for each in reviews],
            "category": [each.category for each in reviews],
            "review": [estimate_text(each.review) for each in reviews],
            "shoppers": [each.review.n for each in reviews],
            "minutes on show": [each.seconds / 60 for each in reviews],
            "shown": [each.steps.shown for each in reviews],
            "into the basket": [each.steps.basket for each in reviews],
            "not for me": [each.steps.rejected for each in reviews],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={"minutes on show": st.column_config.NumberColumn(format="%.1f")},
    )
    download(
        table.drop(columns=["review", "shoppers"]).assign(
            **estimate_columns("review", [each.review for each in reviews])
        ),
        "products.csv",
    )
    _one(chosen, reviews)


def _one(chosen: Chosen, reviews: tuple[ProductReview, ...]) -> None:
    st.subheader("One product", anchor=False)
    by_id = {each.product: each for each in reviews}
    product = st.selectbox("Product", list(by_id), format_func=chosen.name, key="insights-product")
    if product not in by_id:
        return
    review = by_id[product]
    history = chosen.kept(
        f"history|{product}", lambda: product_history(chosen.store.database, chosen.selection, product)
    )
    for column, (name, value) in zip(
        st.columns(3),
        (
            ("Review", estimate_text(review.review)),
            ("Shoppers", f"{review.review.n:,}"),
            ("Into the basket", f"{review.steps.basket:,} of {review.steps.shown:,}"),
        ),
        strict=True,
    ):
        column.metric(name, value, border=True)
    left, right = st.columns(2)
    for place, title, found, colours in (
        (left, "By expression", history.by_expression, EXPRESSION_COLOURS),
        (right, "By day (UTC)", dict(list(history.by_day.items())[-30:]), None),
    ):
        place.markdown(f"**{title}**")
        if any(each.value is not None for each in found.values()):
            place.plotly_chart(
                intervals(list(found.items()), "worth of a reaction", colours),
                width="stretch",
                config=_CONFIG,
                key=f"insights-{title}",
                alt=f"{title}: mean worth with intervals",
            )
        else:
            place.caption("Not enough evidence: fewer than five shoppers each.")
