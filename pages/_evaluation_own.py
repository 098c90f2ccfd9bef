"""A visitor's own labelled pictures: brought in, their faces found, kept for this visit only."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import streamlit as st

from fer_core.data.picture_files import ENDINGS, Files
from fer_core.data.sources import existing_path
from fer_core.errors import FerError
from fer_core.evaluation.own_pictures import OwnFaces, find_own_faces, uploaded_files
from fer_core.settings import Settings
from fer_core.vision.detectors import load_detector
from pages._evaluation_kept import OWN_KEPT
from pages._shell import for_all_eyes, progress_bar

_FACES = "evaluation-own-faces"
_NUMBER = "evaluation-own-number"
#: Under which key of the session stands what models said of the pictures.
OWN_ANSWERS = "evaluation-own-answers"
_MOST_MEGABYTES = 200


def own_faces(settings: Settings) -> OwnFaces | None:
    """The faces of the visitor's pictures; None before there are any. They stay in memory until forgotten."""
    faces: OwnFaces | None = st.session_state.get(_FACES)
    number = int(st.session_state.get(_NUMBER, 0))
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
                key=f"own-folder-{number}",
            )
            source = uploaded_files([(file.name, file) for file in files]) if files else None
        elif way == "Zip":
            source = st.file_uploader(
                "A zip of class folders",
                type=["zip"],
                max_upload_size=_MOST_MEGABYTES,
                key=f"own-zip-{number}",
            )
        else:
            path = st.text_input("Folder or zip", placeholder="/data/pictures", key="own-path").strip()
            source = Path(path) if path else None
        with st.container(horizontal=True):
            if st.button("Judge them", type="primary", disabled=source is None) and source is not None:
                try:
                    if isinstance(source, Path):
                        source = existing_path(source)
                    with progress_bar("Finding faces") as told:
                        st.session_state[_FACES] = find_own_faces(source, load_detector(), told)
                except FerError as error:
                    st.error(for_all_eyes(error), icon=":material/error:")
                else:
                    st.rerun()
            if faces is not None and st.button("Forget them", icon=":material/delete:"):
                for key in (_FACES, OWN_ANSWERS, OWN_KEPT):
                    st.session_state.pop(key, None)
                # Another uploader: the one before holds the files as long as it is there.
                st.session_state[_NUMBER] = number + 1
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
