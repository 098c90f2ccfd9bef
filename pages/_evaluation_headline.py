"""The evaluation page's four figures, and the source report's beside them."""

from __future__ import annotations

import streamlit as st

from fer_core.evaluation.estimates import Estimate
from fer_core.evaluation.judged import Judged
from fer_core.evaluation.source_report import (
    REPORTED_PICTURES,
    REPORTED_VALIDATION,
    REPORTED_VALIDATION_PEAK,
    REPORTED_VALIDATION_ROWS,
)
from fer_core.evaluation.summary import leak_figures, table_of


def headline(judged: Judged) -> None:
    """Accuracy, the means, and what the source report found where it compares."""
    table = table_of(judged)
    known = judged.predictions
    with st.container(horizontal=True):
        # Two beside each other on a phone.
        columns = [st.container(width=170) for _ in range(4)]
    _metric(columns[0], "Accuracy", table.accuracy)
    _metric(columns[1], "Macro F1", table.means[0].f1)
    _metric(columns[2], "Macro F2", table.means[0].f2)
    if judged.private:
        columns[3].metric("No face found", f"{int((~known.seen).sum()):,} of {len(known.row):,}")
        columns[3].caption("They count as wrong.")
    else:
        _metric(columns[3], "Without leaked rows", leak_figures(judged)[1].estimate)
    pictures = REPORTED_PICTURES
    st.caption(
        (
            f"The source report, on 74 pictures of its own: {pictures.value:.0%} ({pictures.low:.0%} to "
            f"{pictures.high:.0%})."
            if judged.private
            else f"The source report, on PublicTest and PrivateTest together (n = {REPORTED_VALIDATION_ROWS:,}), which "
            f"it also watched while training: about {REPORTED_VALIDATION:.0%}, at its peak "
            f"{REPORTED_VALIDATION_PEAK:.0%}."
        )
        + f" Rows here: {judged.rows}."
    )


def _metric(column: st.delta_generator.DeltaGenerator, name: str, estimate: Estimate) -> None:
    column.metric(name, "undefined" if estimate.value is None else f"{estimate.value:.1%}")
    if estimate.low is not None and estimate.high is not None:
        column.caption(f"95 % interval {estimate.low:.1%} to {estimate.high:.1%}, n = {estimate.n:,}")
