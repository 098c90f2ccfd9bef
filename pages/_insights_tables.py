"""Figures as text and tables to take away."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fer_core.evaluation.estimates import Estimate
from fer_core.spreadsheet import csv_bytes


def estimate_text(found: Estimate, *, percent: bool = False) -> str:
    """``+0.31 (+0.12 to +0.50)``, or ``31.0 % (...)``, or that there is not enough evidence."""
    if found.value is None or found.low is None or found.high is None:
        return "not enough evidence"
    if percent:
        return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"
    return f"{found.value:+.2f} ({found.low:+.2f} to {found.high:+.2f})"


def counted(number: int, what: str) -> str:
    """``1 shopper``, ``2 shoppers``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def estimate_columns(name: str, found: Sequence[Estimate]) -> dict[str, list[float | int | None]]:
    """Value, both ends and n as columns of numbers; empty where there is not enough evidence."""
    return {
        name: [each.value for each in found],
        f"{name} low": [each.low for each in found],
        f"{name} high": [each.high for each in found],
        "n": [each.n for each in found],
    }


def download(table: pd.DataFrame, name: str) -> None:
    """A button for a table as CSV."""
    st.download_button(
        f"Download {name}",
        csv_bytes(table),
        name,
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"download-{name}",
    )
