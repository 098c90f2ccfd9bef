"""The evaluation page's files: a report that needs no network, the rows, the figures, and the model's card."""

from __future__ import annotations

import json
import time
from typing import Any

import streamlit as st

from fer_core.errors import FerError
from fer_core.evaluation.report import figures_json, html_report, predictions_csv
from fer_core.evaluation.summary import figures_of_card
from fer_core.live.smoothing import SmoothingSettings
from fer_core.settings import Settings
from pages._download import download_when_made
from pages._evaluation_choice import Chosen
from pages._evaluation_compare import comparison_of
from pages._evaluation_tables import figure_table
from pages._shopper import UNCERTAIN_BELOW


def download_tab(settings: Settings, chosen: Chosen) -> None:
    """Everything to take away."""
    judged, card = chosen.judged, chosen.model.card
    beta = float(st.session_state.get("beta", 0.5))
    threshold = float(st.session_state.get(UNCERTAIN_BELOW, SmoothingSettings().threshold * 100)) / 100

    try:
        both = comparison_of(settings, chosen)
    except FerError:
        # The other model was not judged on these rows; the report is whole without it.
        both = None

    def report() -> str:
        # It is made outside of this visit's session, so it may ask the session for nothing.
        return html_report(
            judged,
            made_on=time.strftime("%Y-%m-%d"),
            beta=beta,
            threshold=threshold,
            comparison=(both[0].model, both[1]) if both else None,
            limits=[str(limit) for limit in card.get("limits", [])],
        )

    stem = f"{judged.model}-evaluation"
    st.write("Made when you click. The report is one file with living charts and opens without a network.")
    with st.container(horizontal=True):
        for words, make, name, kind in (
            ("Report (HTML)", report, f"{stem}.html", "text/html"),
            ("Rows (CSV)", lambda: predictions_csv(judged), f"{stem}.csv", "text/csv"),
            ("Figures (JSON)", lambda: figures_json(judged, beta), f"{stem}.json", "application/json"),
            (
                "Model card (JSON)",
                lambda: json.dumps(card, indent=1) + "\n",
                f"{judged.model}-card.json",
                "application/json",
            ),
        ):
            download_when_made(words, make, name, kind, key=f"take-{words}")
    st.caption("None of these files holds a face.")
    st.subheader(f"The card of {chosen.model.name}", anchor=False)
    _card(card)


def _card(card: dict[str, Any]) -> None:
    st.write(str(card.get("description", "")))
    if figures := figures_of_card(card):
        figure_table(figures)
    if card.get("limits"):
        st.markdown("**Limits**\n" + "\n".join(f"- {limit}" for limit in card["limits"]))
    with st.expander("The whole card"):
        st.json(card, expanded=1)
