"""Bringing in a model from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer_core.errors import ModelError
from fer_core.settings import Settings
from fer_core.training.background import BackgroundJob
from pages._shell import errors_as_sentences

_MOST_MEGABYTES = 100


def import_form(settings: Settings, label_sets: Sequence[tuple[str, ...]]) -> None:
    """A .keras or ONNX file, its name and what its outputs mean."""
    folder = settings.home / "import"
    job = BackgroundJob(folder)
    busy = job.state() == "running"
    with st.expander("Bring in a model from elsewhere", expanded=busy):
        st.caption(
            "A .keras or ONNX network that takes (N, 48, 48, 1) grey values in 0..255 and ends in a softmax. It is "
            "opened without running any code in it, checked, and then stands beside the others."
        )
        file = st.file_uploader(
            "Model", type=["keras", "onnx"], max_upload_size=_MOST_MEGABYTES, key="import-file"
        )
        name = st.text_input("Name", "imported", max_chars=60, key="import-name")
        labels = st.text_input(
            "What its outputs mean, in their order",
            ", ".join(label_sets[0]),
            help=f"Seven outputs in FER-2013's order: {', '.join(label_sets[-1])}",
            key="import-labels",
        )
        if st.button("Bring in", disabled=file is None or busy) and file is not None:
            names = ",".join(part.strip() for part in labels.split(","))
            path = _kept(file, folder)
            job.start(["import", str(path), f"--name={name.strip()}", f"--labels={names}"])
            st.session_state["importing"] = True
            st.rerun()
        if busy:
            _follow(folder)
        elif st.session_state.get("importing"):
            _result(job, folder)


def _kept(file: UploadedFile, folder: Path) -> Path:
    """The upload as a file that the command line takes; only one is kept at a time."""
    path = folder / f"model{Path(file.name).suffix.lower()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            shutil.copyfileobj(file, target)
    except OSError as error:
        raise ModelError(f"The file cannot be kept in {folder}: {error.strerror}.") from error
    return path


@st.fragment(run_every=1.0)
def _follow(folder: Path) -> None:
    with errors_as_sentences():
        if BackgroundJob(folder).state() != "running":
            st.rerun()
        st.progress(0.5, "Opening and checking the model")


def _result(job: BackgroundJob, folder: Path) -> None:
    for path in folder.glob("model.*"):
        path.unlink(missing_ok=True)
    said = job.log(1)
    if said.startswith("imported:"):
        st.success(said)
    else:
        st.error(said.removeprefix("facet: ")[:300] or "The import ended without a word.")
