"""The insights page's policy: what it is worth, told from its own log."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from fer_core.charts.insights_figures import intervals
from fer_core.errors import EvaluationError
from fer_core.insights.off_policy import judge_policies
from fer_core.settings import Settings
from pages._insights_choice import Chosen
from pages._insights_tables import download, estimate_columns, estimate_text
from pages._shop import first_weights


def policy_tab(settings: Settings, chosen: Chosen) -> None:
    """Policies against the log."""
    st.caption(
        "Each card was drawn with a probability that was kept. From it one can tell what another way of choosing would "
        "have been worth: the self-normalised inverse propensity estimate, a place of the shelf at a time. The older "
        "sessions teach, the newer ones judge. The time chosen above does not count here."
    )
    try:
        judged = chosen.kept(
            "policies",
            lambda: judge_policies(
                chosen.store.lessons(simulated=chosen.selection.simulated),
                first_weights(settings),
                chosen.catalogue,
            ),
            whole=True,
        )
    except EvaluationError as error:
        st.info(str(error))
        return
    st.write(f"Taught by {judged.taught_by:,} sessions, judged on {judged.judged_by:,} later ones.")
    st.plotly_chart(
        intervals([(each.name, each.worth) for each in judged.policies], "worth a card"),
        width="stretch",
        config={"displayModeBar": False},
        alt="Worth of a card by policy, with intervals",
    )
    table = pd.DataFrame(
        {
            "policy": [each.name for each in judged.policies],
            "worth a card": [estimate_text(each.worth) for each in judged.policies],
            "cards": [each.worth.n for each in judged.policies],
            "effective cards": [round(each.effective) for each in judged.policies],
        }
    )
    st.dataframe(table, hide_index=True)
    download(
        pd.DataFrame(
            {
                "policy": [each.name for each in judged.policies],
                **estimate_columns("worth", [each.worth for each in judged.policies]),
                "effective cards": [each.effective for each in judged.policies],
            }
        ),
        "policies.csv",
    )
