"""The evaluation page's certainty: every threshold, calibration, and when to rather say nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fer_core.charts.evaluation_figures import class_curves, reliability_diagram, risk_coverage_curve
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
from fer_core.live.smoothing import SmoothingSettings
from fer_core.settings import Settings
from pages._evaluation_choice import Chosen
from pages._evaluation_kept import kept
from pages._evaluation_tables import figure_table
from pages._shopper import UNCERTAIN_BELOW

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
    _uncertain(covered, judged)
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
    left, right = st.columns(2)
    with left:
        st.markdown("**ROC**, with the area under it")
        st.plotly_chart(
            class_curves(roc, "false positive rate", "true positive rate", diagonal=True),
            width="stretch",
            config=_CONFIG,
            alt="ROC curve of each class",
        )
    with right:
        st.markdown("**Precision and recall**, with the average precision")
        st.plotly_chart(
            class_curves(precision_recall, "recall", "precision", diagonal=False),
            width="stretch",
            config=_CONFIG,
            alt="Precision-recall curve of each class",
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


@st.fragment
def _uncertain(covered: RiskCoverage, judged: Judged) -> None:
    st.subheader("When should it rather say nothing?", anchor=False)
    default = round(SmoothingSettings().threshold * 100)
    threshold = (
        st.slider(
            "Uncertain below",
            20,
            95,
            default,
            1,
            "%d%%",
            key=UNCERTAIN_BELOW,
            persist_state="session",
            help="The live page takes this over for your visit.",
            width=420,
        )
        / 100
    )
    answered, right = covered.at(threshold)
    everything = covered.at(0.0)[1]
    st.markdown(
        f"It answers **{answered.value:.1%}** of the faces and is right on "
        f"**{f'{right.value:.1%}' if right.value is not None else 'none'}** of those, instead of {everything.value:.1%} of "
        f"all. The live page says *uncertain* below {threshold:.0%} during your visit."
    )
    st.plotly_chart(
        risk_coverage_curve(covered, threshold),
        width="stretch",
        config=_CONFIG,
        key="risk-coverage",
        alt="Accuracy of the answered faces over the share answered",
    )
    st.caption(
        f"Answered {answered}, right {right}; mean error over all coverages {covered.area:.3f}. n = "
        f"{answered.n:,}, {judged.rows}. The live page smooths several frames first, so a face that is held still gets "
        "surer answers than one picture does."
    )
