"""The evaluation page's comparison: two models on the same rows, and the faces where they part."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from fer_core.charts.evaluation_figures import differences
from fer_core.evaluation.comparison import Comparison, Difference, compare
from fer_core.evaluation.judged import Judged
from fer_core.model_folder import find_model, model_names
from fer_core.settings import Settings
from pages._evaluation_choice import Chosen
from pages._evaluation_faces import faces_of
from pages._evaluation_kept import kept
from pages._shell import errors_as_sentences

#: What the shipped model is set beside unless a visitor chooses otherwise.
_DEFAULT_OTHER = "report"
_OTHER = "other-evaluated"


def comparison_of(settings: Settings, chosen: Chosen) -> tuple[Judged, Comparison] | None:
    """The other model that was chosen, and the comparison with it; None where there is no other."""
    name = st.session_state.get(_OTHER) or _first_other(settings, chosen)
    if name is None or name == chosen.model.name:
        return None
    other = chosen.again(find_model(str(name), settings))
    ours = chosen.judged
    found = kept(
        f"comparison|{ours.identity}|{other.identity}",
        lambda: compare(ours.predictions, other.predictions),
        private=ours.private,
    )
    return other, found


def compare_tab(settings: Settings, chosen: Chosen) -> None:
    """Is one better, and where?"""
    others = [name for name in model_names(settings) if name != chosen.model.name]
    if not others:
        st.info("There is no other model here yet. Train one, or bring one in, on the page *Training*.")
        return
    if st.session_state.get(_OTHER) not in others:
        st.session_state[_OTHER] = _first_other(settings, chosen)
    st.selectbox("Set it beside", others, key=_OTHER, persist_state="session", width=260)
    with errors_as_sentences():
        both = comparison_of(settings, chosen)
    assert both is not None
    other, found = both
    ours, theirs = chosen.model.name, other.model
    _mcnemar(found, ours, theirs)
    whole = [each for each in found.differences if " of " not in each.name]
    st.plotly_chart(
        differences(whole, ours, theirs),
        width="stretch",
        config={"displayModeBar": False},
        alt=f"The difference of every figure between {ours} and {theirs} with its interval",
    )
    with st.expander("Every figure, also class by class"):
        st.dataframe(_table(found.differences, ours, theirs), hide_index=True, width="stretch")
    st.caption(
        f"n = {found.n:,} rows that both were judged on: {chosen.judged.rows}. The intervals draw the same rows anew "
        "for both models."
    )
    st.subheader("Where they part", anchor=False)
    side = st.segmented_control(
        "Faces that only one names as labelled",
        (ours, theirs),
        default=ours,
        required=True,
        key=f"parted-{ours}-{theirs}",
    )
    if side == ours:
        faces_of(chosen, found.only_a, "parted")
    else:
        faces_of(
            Chosen(find_model(theirs, settings), other, chosen.again), found.places_b[found.only_b], "parted"
        )


def _first_other(settings: Settings, chosen: Chosen) -> str | None:
    others = [name for name in model_names(settings) if name != chosen.model.name]
    return _DEFAULT_OTHER if _DEFAULT_OTHER in others else (others[0] if others else None)


def _mcnemar(found: Comparison, ours: str, theirs: str) -> None:
    test = found.mcnemar
    verdict = (
        "Chance alone hardly splits them so unevenly."
        if test.p < 0.05
        else "Chance alone may well split them so."
    )
    st.markdown(
        f"Only **{ours}** is right on **{test.only_a:,}** faces, only **{theirs}** on **{test.only_b:,}**. McNemar's exact "
        f"test: p = {test.p:.2g}. {verdict}"
    )


def _table(found: tuple[Difference, ...], ours: str, theirs: str) -> pd.DataFrame:
    def number(value: float | None) -> str:
        return "undefined" if value is None else f"{value:.3f}"

    return pd.DataFrame(
        {
            "figure": [each.name for each in found],
            ours: [number(each.a) for each in found],
            theirs: [number(each.b) for each in found],
            "difference": [str(each.difference) for each in found],
            "better": [{"a": ours, "b": theirs, "": "not shown"}[each.verdict] for each in found],
        }
    )
