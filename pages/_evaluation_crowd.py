"""The evaluation page's doubts about the labels: rows that leak, and what ten people said of the same faces."""

from __future__ import annotations

import streamlit as st

from fer_core.evaluation.summary import crowd_figures, leak_figures
from fer_core.settings import Settings
from pages._evaluation_choice import Chosen
from pages._evaluation_kept import kept
from pages._evaluation_tables import figure_table


def crowd_tab(settings: Settings, chosen: Chosen) -> None:  # noqa: ARG001 - every tab takes both
    """What the figures leave out."""
    judged = chosen.judged
    st.subheader("Leaked rows", anchor=False)
    st.write(
        "FER-2013 holds many faces more than once. Where the very pixels of a row are also in a Training row, a model may "
        "have learnt its answer by heart."
    )
    figure_table(leak_figures(judged))
    st.subheader("The crowd", anchor=False)
    st.write(
        "FER+ asked ten people about each face (Barsoum et al. 2016). The original label is one opinion among them, and "
        "people do not agree with each other either: that is the human reference."
    )
    figures = kept(f"crowd|{judged.identity}", lambda: crowd_figures(judged), private=judged.private)
    if not figures:
        st.info("There are no FER+ votes for these rows. *Dataset* says how to add them.")
        return
    figure_table(figures)
    model, tagger = figures[0].estimate, figures[1].estimate
    if model.value is not None and tagger.value is not None:
        st.markdown(
            f"Where most of the crowd agree, the model names their choice on **{model.value:.1%}** of the faces; one "
            f"tagger names what most of the others chose on **{tagger.value:.1%}**."
        )
    st.caption(
        "A tagger is set against the others' votes without the tagger's own. Votes for anything but the five labels are "
        "left out, and the five renormalised. The 85 % that is often given for people lies between the two: it depends on "
        "which rows count."
    )
