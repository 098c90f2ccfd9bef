"""The evaluation page's first choice: a model, or a run that can become one."""

from __future__ import annotations

from typing import Final

import streamlit as st

from fer_core.errors import FerError
from fer_core.model_folder import ModelFolder, active_model, find_model, model_names
from fer_core.settings import Settings
from fer_core.training.runs import RunSummary, list_runs

_RUN: Final = "run "


def choose_model(settings: Settings) -> ModelFolder | RunSummary:
    """The model that is chosen, at first the one that answers; a run where it has to become a model first."""
    names = model_names(settings)
    runs: dict[str, RunSummary] = {}
    if not settings.public:
        runs = {
            f"{_RUN}{run.run.name}": run
            for run in list_runs(settings.runs)
            if run.releasable and run.record.get("model") not in names
        }
    options = [*names, *runs]
    try:
        first = options.index(active_model(settings).name)
    except (FerError, ValueError):
        first = 0
    if st.session_state.get("evaluation-model") not in options:
        st.session_state.pop("evaluation-model", None)
    name = st.selectbox("Model", options, first, key="evaluation-model", persist_state="session", width=260)
    return runs[name] if name in runs else find_model(name, settings)
