"""The evaluation page's certainty: every threshold, calibration, and when to rather say nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fer_core.charts.evaluation_figures import class_curves, reliability_diagram
from fer_core.evaluation.certainty import (
    Reliability,
    RiskCoverage,
    Tempered,
    cross_fitted,
    reliability,
    risk_coverage,
)
from fer_core.evaluation.curves import Curve, precision_recall_curves, roc_curves
from fer_core.evaluation.judged import Judged
from fer_core.evaluation.summary import certainty_figures
from fer_core.settings import Settings
from pages._evaluation_choice import Chosen
from pages._evaluation_kept import kept
from pages._evaluation_tables import figure_table
from pages._evaluation_uncertain import uncertain

_CONFIG = {"displayModeBar": False}


def _curves(judged: Judged) -> tuple[Sequence[Curve], Sequence[Curve]]:
    seen = judged.predictions.of(judged.predictions.seen)
    return roc_curves(seen.truth, seen.probabilities), precision_recall_curves(seen.truth, seen.probabilities)


def _certainty(judged: Judged) -> tuple[Reliability, Tempered, Reliability, RiskCoverage]:
    seen = judged.predictions.of(judged.predictions.seen)
    tempered = cross_fitted(seen.truth, seen.probabilities)
    return (
        reliability(seen.truth, seen.probabilities),
        tempered,
        reliability(seen.truth, tempered.probabilities),
        risk_coverage(seen.truth, seen.probabilities),
    )


def certainty_tab(settings: Settings, chosen: Chosen) -> None:  # noqa: ARG001 - every tab takes both
    """How sure the model may sound."""
    judged = chosen.judged
    if int(judged.predictions.seen.sum()) < 2:
        st.info("Two faces at least are needed here.")
        return
    if not judged.predictions.seen.all():
        st.caption(
            "Pictures without a face have no probabilities and are left out of everything on this tab."
        )
    before, tempered, after, covered = kept(
        f"certainty|{judged.identity}", lambda: _certainty(judged), private=judged.private
    )
    uncertain(covered, judged)
    st.subheader("Is it as often right as it is sure?", anchor=False)
    st.plotly_chart(
        reliability_diagram({"as it is": before, "after one temperature": after}),
        width="stretch",
        config=_CONFIG,
        alt="Reliability diagram: accuracy over confidence",
    )
    figure_table(
        [
            *certainty_figures(judged, before, "as it is"),
            *certainty_figures(judged, after, "after one temperature"),
        ]
    )
    st.caption(
        f"The temperature is fitted on one half of the rows and applied to the other, so nothing is judged on what it "
        f"was fitted on: {tempered.temperatures[0]:.2f} and {tempered.temperatures[1]:.2f}. Above 1 the model sounds too "
        "sure. Calibration error: 15 bins; it is biased upwards, in resampled rows more so. Log likelihood: 0 is "
        "perfect. Brier score: 0 is perfect, 2 the worst."
    )
    st.subheader("Every threshold, each class against the rest", anchor=False)
    roc, precision_recall = kept(f"curves|{judged.identity}", lambda: _curves(judged), private=judged.private)
    for column, title, name, curves, x, y in zip(
        st.columns(2),
        ("**ROC**, with the area under it", "**Precision and recall**, with the average precision"),
        ("ROC curve", "Precision-recall curve"),
        (roc, precision_recall),
        ("false positive rate", "recall"),
        ("true positive rate", "precision"),
        strict=True,
    ):
        column.markdown(title)
        column.plotly_chart(
            class_curves(curves, x, y, diagonal=curves is roc),
            width="stretch",
            config=_CONFIG,
            alt=f"{name} of each class",
        )
    st.dataframe(
        pd.DataFrame(
            {
                "class": [curve.label for curve in roc],
                "area under ROC": [str(curve.area) for curve in roc],
                "average precision": [str(curve.area) for curve in precision_recall],
                "rows": [curve.area.n for curve in precision_recall],
            }
        ),
        hide_index=True,
        width="stretch",
    )
    st.caption("Intervals of the areas after Hanley and McNeil (1982).")
