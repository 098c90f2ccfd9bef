"""Making a run the model that answers, and its files to take away."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from fer_core.errors import FerError
from fer_core.model_folder import ModelFolder, activate_model, find_model, model_names
from fer_core.settings import Settings
from fer_core.training.background import BackgroundJob
from fer_core.training.runs import RunSummary
from pages._download import download_when_made


def promotion(settings: Settings, summary: RunSummary) -> None:
    """Export, check, judge and promote a run, by a process of its own; then its files."""
    run = summary.run
    job = BackgroundJob(run.path / "release")
    st.subheader("Let it answer", anchor=False)
    if job.state() == "running":
        _follow(run.path / "release")
        return
    model = _model_of(settings, summary)
    if model is not None:
        _files(model)
    if job.state() == "ended" and model is None:
        st.error(job.log(1).removeprefix("facet: ") or "The export ended without a word.")
    if model is None:
        st.caption("Exports it to ONNX, compares both, judges it on PublicTest and writes its card.")
    name = _free_name(run.name, settings) if model is None else model.name
    with st.container(horizontal=True):
        if model is None:
            for words, extra in (("Promote", ["--promote"]), ("Export only", [])):
                if st.button(words, key=f"{words}-{run.name}", type="primary" if extra else "secondary"):
                    job.start(["release", str(run.path), "--name", name, *extra])
                    st.rerun()
        elif st.button("Promote", key=f"promote-{run.name}", type="primary"):
            activate_model(model.name, settings)
            st.rerun()


@st.fragment(run_every=1.0)
def _follow(folder: Path) -> None:
    job = BackgroundJob(folder)
    if job.state() != "running":
        st.rerun()
    st.progress(0.5, "Exporting, comparing, judging: about a minute")
    if said := job.log(1):
        st.caption(said[:200])


def _model_of(settings: Settings, summary: RunSummary) -> ModelFolder | None:
    name = summary.record.get("model")
    if not name:
        return None
    try:
        return find_model(str(name), settings)
    except FerError:
        return None


def _free_name(name: str, settings: Settings) -> str:
    taken, free, number = model_names(settings), name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _files(model: ModelFolder) -> None:
    st.markdown(f"It is the model **{model.name}**.")
    with st.container(horizontal=True):
        for path, words, kind in (
            (model.keras, "Keras", "application/zip"),
            (model.onnx, "ONNX", "application/octet-stream"),
            (model.path / "card.json", "Card", "application/json"),
        ):
            if path.is_file():
                download_when_made(
                    words,
                    path.read_bytes,
                    f"{model.name}-{path.name}" if path.name == "card.json" else f"{model.name}{path.suffix}",
                    kind,
                    key=f"{words}-{model.name}",
                )
