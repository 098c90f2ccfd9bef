"""Bringing in a model from elsewhere."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from fer_core.settings import Settings
from fer_core.training.background import BackgroundJob

_MOST_MEGABYTES = 100


def import_form(settings: Settings, label_sets: Sequence[tuple[str, ...]]) -> None:
    """A .keras or ONNX file, its name and what its outputs mean."""
    with st.expander("Bring in a model from elsewhere"):
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
        job = BackgroundJob(settings.home / "import")
        if st.button("Bring in", disabled=file is None or job.state() == "running") and file is not None:
            folder = Path(tempfile.mkdtemp(prefix="facet-import-"))
            path = folder / f"model{Path(file.name).suffix.lower()}"
            with path.open("wb") as target:
                shutil.copyfileobj(file, target)
            names = ",".join(part.strip() for part in labels.split(","))
            job.start(["import", str(path), "--name", name.strip(), "--labels", names])
        if job.state() != "none":
            _follow(settings.home / "import")


@st.fragment(run_every=1.0)
def _follow(folder: Path) -> None:
    job = BackgroundJob(folder)
    if job.state() == "running":
        st.progress(0.5, "Opening and checking the model")
        return
    said = job.log(1)
    if said.startswith("facet:"):
        st.error(said.removeprefix("facet: "))
    elif said:
        st.success(said)
