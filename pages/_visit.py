"""The report of a visit, for the visitor to take away."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from fer_core.shop.shopper import Shopper
from fer_core.shop.visit import Visit, cards_csv, expression_csv, report_html
from pages._download import download_when_made


def visit_report(current: Shopper) -> None:
    """Three files, each made when it is asked for; Streamlit's memory has them until the page is drawn anew or left."""
    with st.popover("Session report", icon=":material/summarize:"):
        st.caption(
            "What was shown and how the expression went, without a picture. It is made when you press a button and stored "
            "nowhere."
        )
        for label, name, kind, make in (
            ("Report (HTML)", "session.html", "text/html", report_html),
            ("Expression (CSV)", "session-expression.csv", "text/csv", expression_csv),
            ("Cards (CSV)", "session-cards.csv", "text/csv", cards_csv),
        ):
            download_when_made(label, _made_then(current, make), name, kind, key=f"visit-{name}")


def _made_then(current: Shopper, make: Callable[[Visit], str | bytes]) -> Callable[[], str | bytes]:
    return lambda: make(current.visit(time.monotonic()))
