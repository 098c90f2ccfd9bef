"""Evaluation: what a model gets right, where it errs, and how sure it may sound."""

from __future__ import annotations

import streamlit as st

from pages._evaluation_certainty import certainty_tab
from pages._evaluation_choice import choose
from pages._evaluation_classes import classes_tab
from pages._evaluation_compare import compare_tab
from pages._evaluation_crowd import crowd_tab
from pages._evaluation_download import download_tab
from pages._shell import page

with page("Evaluation", "What the model gets right, where it errs, and how sure it may sound.") as here:
    chosen = choose(here)
    if chosen is not None:
        names = ("Classes", "Certainty", "Crowd", "Compare", "Download")
        tabs = dict(zip(names, st.tabs(names, key="evaluation-tab", on_change="rerun"), strict=True))
        # Only the open tab is drawn: nobody waits for figures that they do not see.
        for name, draw in zip(
            names, (classes_tab, certainty_tab, crowd_tab, compare_tab, download_tab), strict=True
        ):
            if tabs[name].open:
                with tabs[name]:
                    draw(here, chosen)
