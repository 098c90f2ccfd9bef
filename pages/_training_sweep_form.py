"""The form that starts a sweep."""

from __future__ import annotations

import streamlit as st

from fer_core.errors import FerError
from fer_core.settings import Settings
from fer_core.sweep.sweeping import open_sweep
from fer_core.sweep.sweeps import resume_sweep
from pages._dataset_source import registry_of

_EXAMPLE = """preset = "tiny"
trials = 8
epochs = 6     # the most that one trial gets
cores = 1      # each trial's share

[set]
learning_rate = {low = 1e-4, high = 1e-1, log = true}
batch = [32, 64, 128]
"""


def sweep_form(settings: Settings) -> None:
    """Data, name, what to try, and the start."""
    registry = registry_of(settings)
    left, right = st.columns(2)
    with left:
        source = registry.find(
            st.selectbox("Data set", [each.name for each in registry.sources()], key="sweep-source")
        )
    with right:
        name = st.text_input("Name of the sweep", "sweep", max_chars=41, help="letters, digits, - and _")
    text = st.text_area(
        "What to try",
        _EXAMPLE,
        height=230,
        help="Lists are chosen from; {low, high} is drawn between. Names are those of the command line's --set.",
    )
    if st.button("Start the sweep", type="primary", icon=":material/play_arrow:"):
        csv, votes = registry.files_of(source)
        try:
            sweep = open_sweep(name.strip(), text, csv, votes, settings)
            resume_sweep(sweep)
        except FerError as error:
            st.error(str(error), icon=":material/error:")
        else:
            st.session_state["sweep"] = sweep.name
            st.rerun()
