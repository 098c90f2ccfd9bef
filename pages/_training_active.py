"""The training page's first line: the model that answers, and the way to another."""

from __future__ import annotations

import streamlit as st

from fer_core.errors import FerError
from fer_core.model_folder import (
    activate_model,
    active_model,
    deactivate_model,
    model_names,
    previous_model,
)
from fer_core.settings import Settings
from pages._shell import errors_as_sentences


def active_model_line(settings: Settings) -> None:
    """Which model answers, one click back to the one before, and any other model at hand."""
    try:
        current = active_model(settings).name
    except FerError as error:
        # Runs can be watched, and another model promoted, without one that answers.
        st.error(settings.without_paths(str(error)) if settings.public else str(error))
        current = None
    with st.container(horizontal=True, vertical_alignment="center"):
        if current:
            st.markdown(f":material/verified: The model that answers: **{current}**", width="content")
        if settings.public:
            return
        with errors_as_sentences():
            before = previous_model(settings) if current else None
            if before and st.button(f"Back to {before}", icon=":material/undo:", key="back", type="tertiary"):
                deactivate_model(settings)
                st.rerun()
            others = [name for name in model_names(settings) if name != current]
            with st.popover("Another model", type="tertiary"):
                name = st.selectbox("Model", others, key="other-model")
                if st.button("Let it answer", type="primary", key="promote-other", disabled=not others):
                    activate_model(str(name), settings)
                    st.rerun()
