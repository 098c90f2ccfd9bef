"""The dataset page's first row: which data set, and adding one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fer_core.data.reading import FerDataset
from fer_core.data.sources import KAGGLE_DATASET, MOST_UPLOADED, Registry, Source, download_from_kaggle
from fer_core.errors import FerError
from fer_core.settings import Settings
from pages._shell import progress_bar


@st.cache_resource
def registry_of(settings: Settings) -> Registry:
    """One registry for all visitors, so that nobody reads a file twice."""
    return Registry(settings)


def choose_dataset(settings: Settings) -> tuple[Registry, Source, FerDataset]:
    """The row of widgets; gives what is chosen, read."""
    registry = registry_of(settings)
    names = [source.name for source in registry.sources()]
    if (wanted := st.session_state.pop("added", None)) in names:
        st.session_state["source"] = wanted
    if st.session_state.get("source") not in names:
        st.session_state.pop("source", None)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Data set", names, key="source", persist_state="session", width=420)
        source = registry.find(name)
        if not settings.public:
            with st.popover("Add a data set", icon=":material/add:"):
                _add(registry)
            if source.added and st.button("Remove", icon=":material/delete:"):
                _confirm_removal(registry, source)
    with progress_bar("Reading") as told:
        dataset = registry.open(source, told)
    if source.synthetic:
        st.info(
            "The synthetic sample: cartoons drawn by code, to try everything with. No figure about it means anything."
            + ("" if settings.public else " Add FER-2013 to see the real thing."),
            icon=":material/draw:",
        )
    votes = "with FER+ votes" if dataset.votes is not None else "without FER+ votes"
    st.caption(f"{len(dataset):,} rows, {len(dataset.bad_rows):,} set aside, {votes}.")
    return registry, source, dataset


def _add(registry: Registry) -> None:
    way = st.segmented_control(
        "From", ("Upload", "Path on this machine", "Kaggle"), default="Upload", required=True, key="add-way"
    )
    if way == "Upload":
        content = st.file_uploader(
            "A FER-2013 CSV, or a zip of train/<class>/ and test/<class>/",
            type=["csv", "zip"],
            max_upload_size=MOST_UPLOADED // 1_000_000,
            key="add-file",
        )
        votes = st.file_uploader("FER+ votes, fer2013new.csv (optional)", type=["csv"], key="add-votes")
        if st.button("Add", type="primary", disabled=content is None) and content is not None:
            with progress_bar("Reading") as told:
                _finish(lambda: registry.add_upload(content.name, content, votes, told))
    elif way == "Kaggle":
        st.write(
            f"Downloads `{KAGGLE_DATASET}`, the re-issue as folders of pictures (about 60 MB), with the package "
            "kagglehub. It has the classes and splits, but not the file's row numbers, so FER+ votes cannot join."
        )
        if st.button("Download and add", type="primary"):
            with st.spinner("Downloading"), progress_bar("Reading") as told:
                _finish(lambda: registry.add(download_from_kaggle(), progress=told, name=KAGGLE_DATASET))
    else:
        path = st.text_input("CSV, zip or folder", placeholder="/data/fer2013.csv", key="add-path")
        votes_path = st.text_input(
            "FER+ votes (optional)",
            placeholder="/data/fer2013new.csv",
            help="A file fer2013new.csv in the same folder is found by itself.",
            key="add-votes-path",
        )
        if st.button("Add", type="primary", disabled=not path.strip()):
            with progress_bar("Reading") as told:
                votes_file = Path(votes_path.strip()) if votes_path.strip() else None
                _finish(lambda: registry.add(Path(path.strip()), votes_file, told))


def _finish(add: Callable[[], Source]) -> None:
    """Add, then choose what was added; an error stays inside the popover, beside the button."""
    try:
        source = add()
    except FerError as error:
        st.error(str(error))
        return
    st.session_state["added"] = source.name
    st.rerun()


@st.dialog("Remove this data set?")
def _confirm_removal(registry: Registry, source: Source) -> None:
    st.write(
        f"**{source.name}** goes off the list. An uploaded copy is deleted; a file of your own stays where it is."
    )
    if st.button("Remove", type="primary", key="confirm-removal"):
        registry.remove(source.name)
        st.rerun()
