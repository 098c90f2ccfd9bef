"""Training: choose what to train, watch it, and make a run the model that answers."""

from __future__ import annotations

import streamlit as st

from fer_core.system import describe_device
from fer_core.training.runs import list_runs
from pages._shell import page
from pages._training_active import active_model_line
from pages._training_choice import choose_and_start
from pages._training_runs import runs_tab
from pages._training_sweep import sweep_tab
from pages._training_watch import watch_tab

with page(
    "Training", "Train a network on your rows, watch it learn, and let it answer on the live page."
) as here:
    active_model_line(here)
    names = ("Watch", "New run", "Runs", "Sweep")
    if st.session_state.pop("go_to_watch", False):
        st.session_state["training-tab"] = "Watch"
    runs = list_runs(here.runs)
    first = "Watch" if runs else "New run"
    tabs = dict(zip(names, st.tabs(names, key="training-tab", default=first, on_change="rerun"), strict=True))
    # Only the open tab is drawn: a curve that nobody sees need not be redrawn every second.
    if tabs["New run"].open:
        with tabs["New run"]:
            st.caption(f":material/memory: {describe_device()}")
            choose_and_start(here, runs)
    elif tabs["Runs"].open:
        with tabs["Runs"]:
            runs_tab(here, runs)
    elif tabs["Sweep"].open:
        with tabs["Sweep"]:
            sweep_tab(here)
    else:
        with tabs["Watch"]:
            watch_tab(here, runs)
