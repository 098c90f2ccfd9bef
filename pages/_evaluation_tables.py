"""Figures with their intervals as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fer_core.evaluation.estimates import Estimate
from fer_core.evaluation.summary import Figure


def figure_table(figures: Sequence[Figure]) -> None:
    """A row a figure: value, interval, n, and the rows in words."""
    st.dataframe(
        pd.DataFrame(
            {
                "figure": [each.name for each in figures],
                "value": [_value(each.estimate) for each in figures],
                "95 % interval": [_interval(each.estimate) for each in figures],
                "n": [each.estimate.n for each in figures],
                "rows": [each.rows for each in figures],
            }
        ),
        hide_index=True,
        width="stretch",
        column_config={"n": st.column_config.NumberColumn(format="localized")},
    )


def _value(estimate: Estimate) -> str:
    return "undefined" if estimate.value is None else f"{estimate.value:.3f}"


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "not computed"
    return f"{estimate.low:.3f} to {estimate.high:.3f}"
