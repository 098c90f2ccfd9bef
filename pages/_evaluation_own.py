"""A visitor's own labelled pictures: brought in, their faces found, kept for this visit only."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import streamlit as st

from fer_core.data.picture_files import ENDINGS, Files
from fer_core.errors import DatasetError, FerError
from fer_core.evaluation.own_pictures import OwnFaces, find_own_faces, uploaded_files
from fer_core.settings import Settings
from fer_core.vision.detectors import load_detector
from pages._shell import progress_bar

_FACES = "evaluation-own-faces"
_MOST_MEGABYTES = 200


def own_faces(settings: Settings) -> OwnFaces | None:
    """The faces of the visitor's pictures; None before there are any. They stay in memory until forgotten."""
    faces: OwnFaces | None = st.session_state.get(_FACES)
    with st.expander("Your pictures", icon=":material/folder_open:", expanded=faces is None):
        st.caption(
            "One folder a class, such as happy/1.jpg and sad/2.jpg. Faces are found first; a picture without one counts "
            "as wrong. Pictures and faces stay in this visit's memory and are gone with it. Use only pictures of adults "
            "who agreed."
        )
        ways = ("Folder", "Zip") if settings.public else ("Folder", "Zip", "Path on this machine")
        way = st.segmented_control("From", ways, default=ways[0], required=True, key="own-way")
        source: Path | BinaryIO | Files | None = None
        if way == "Folder":
            files = st.file_uploader(
                "A folder of class folders",
                type=[ending.removeprefix(".") for ending in ENDINGS],
                accept_multiple_files="directory",
                max_upload_size=_MOST_MEGABYTES,
                key="own-folder",
            )
            source = uploaded_files([(file.name, file) for file in files]) if files else None
        elif way == "Zip":
            source = st.file_uploader(
                "A zip of class folders", type=["zip"], max_upload_size=_MOST_MEGABYTES, key="own-zip"
            )
        else:
            path = st.text_input("Folder or zip", placeholder="/data/pictures", key="own-path").strip()
            source = Path(path).expanduser() if path else None
        with st.container(horizontal=True):
            if st.button("Judge them", type="primary", disabled=source is None) and source is not None:
                try:
                    if isinstance(source, Path) and not source.exists():
                        raise DatasetError(f"There is no file or folder at {source}.")
                    with progress_bar("Finding faces") as told:
                        st.session_state[_FACES] = find_own_faces(source, load_detector(), told)
                except FerError as error:
                    st.error(str(error), icon=":material/error:")
                else:
                    st.rerun()
            if faces is not None and st.button("Forget them", icon=":material/delete:"):
                del st.session_state[_FACES]
                st.session_state.pop("evaluation-own-answers", None)
                st.rerun()
    if faces is not None:
        _told(faces)
    return faces


def _told(faces: OwnFaces) -> None:
    if faces.skipped:
        st.caption(
            f"{faces.skipped:,} in folders named disgust or fear, which no answer can name, are left out."
        )
    if faces.unreadable:
        st.warning(
            f"{len(faces.unreadable):,} cannot be opened and count nowhere. The first: {faces.unreadable[0]}"
        )
