"""The evaluation page's question when a model should rather say nothing."""

from __future__ import annotations

import streamlit as st

from fer_core.charts.evaluation_figures import risk_coverage_curve
from fer_core.evaluation.certainty import RiskCoverage
from fer_core.evaluation.judged import Judged
from fer_core.live.smoothing import SmoothingSettings
from pages._shopper import UNCERTAIN_BELOW


@st.fragment
def uncertain(covered: RiskCoverage, judged: Judged) -> None:
    """The risk-coverage curve, and the slider that sets the live page's threshold for this visit."""
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
        config={"displayModeBar": False},
        key="risk-coverage",
        alt="Accuracy of the answered faces over the share answered",
    )
    st.caption(
        f"Answered {answered}, right {right}; mean error over all coverages {covered.area:.3f}. n = "
        f"{answered.n:,}, {judged.rows}. The live page smooths several frames first, so a face that is held still gets "
        "surer answers than one picture does."
    )
