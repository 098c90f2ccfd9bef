"""The dataset page's search for label errors: a job of its own, started, watched and stopped here."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from fer_core.data.label_errors import LabelErrorStore
from fer_core.data.reading import FerDataset
from fer_core.errors import DatasetError
from fer_core.settings import Settings
from fer_core.training.background import BackgroundJob
from pages._shell import errors_as_sentences


@st.fragment(run_every=2)
def label_error_job(dataset: FerDataset, file: Path, settings: Settings) -> None:
    """Start, watch or stop the search for label errors."""
    with errors_as_sentences():
        _watch(dataset, file, settings)


def _watch(dataset: FerDataset, file: Path, settings: Settings) -> None:
    store = LabelErrorStore(settings.label_errors)
    job = BackgroundJob(store.folder(dataset))
    state = job.state()
    if state == "running":
        st.progress(job.progress(), f"Looking for label errors: {job.progress():.0%}")
        st.caption("It goes on when you leave this page.")
        if not settings.public and st.button("Stop", icon=":material/stop:"):
            job.stop()
            st.rerun(scope="fragment")
        return
    try:
        if store.load(dataset) is not None:
            st.rerun()
    except DatasetError as error:
        st.caption(f":material/error: {error}")
    st.caption(
        "Small networks each judge rows they never saw, and confident learning picks the labels that do not fit. "
        "Takes minutes on a processor."
    )
    if state == "ended":
        st.caption(f":material/error: The last search ended early: {job.log(1) or 'it was stopped'}")
    if settings.public:
        st.caption("Switched off in the public demo.")
    elif st.button("Look for label errors", icon=":material/search:"):
        job.start(["dataset", "labels", str(file.resolve())])
        st.rerun(scope="fragment")
