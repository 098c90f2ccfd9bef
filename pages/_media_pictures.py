"""Pictures that somebody brings: looked at one by one, and taken away."""

from __future__ import annotations

import io
from typing import BinaryIO

import cv2
import streamlit as st

from fer_core.live.drawn_clip import LENGTH, POSES, clip_frame
from fer_core.media.pictures import (
    ENDINGS,
    MOST_PICTURES,
    ReadPicture,
    read_pictures,
)
from fer_core.model_folder import active_model
from fer_core.settings import Settings
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.detectors import load_detector
from pages._departed import free_departed
from pages._media_look import look, summary, take_away
from pages._shell import progress_bar
from pages._shopper import classifier

#: Under which keys of the session stand what was read, what it was read from, whether the drawn face is wanted, and which
#: uploader this is.
_KEPT, _FROM, _DRAWN, _NUMBER = "media-read", "media-from", "media-drawn", "media-number"


def _forget() -> None:
    """Nothing of the pictures remains; another uploader, since the one before holds the files while it is there."""
    number = st.session_state.get(_NUMBER, 0) + 1
    for key in (_KEPT, _FROM, _DRAWN):
        st.session_state.pop(key, None)
    st.session_state[_NUMBER] = number


def _drawn_faces() -> list[tuple[str, BinaryIO]]:
    """The drawn clip while it shows each expression, its eyes open."""
    frames = [clip_frame((at + 0.4) * LENGTH / len(POSES)) for at in range(len(POSES))]
    return [
        (f"drawn-{at}.png", io.BytesIO(cv2.imencode(".png", frame)[1].tobytes()))
        for at, frame in enumerate(frames, start=1)
    ]


def _given() -> tuple[tuple[str, ...], list[tuple[str, BinaryIO]]]:
    """What names the pictures, and the pictures: uploads, or the drawn face where that is wanted."""
    uploads = st.file_uploader(
        "Pictures, or zips of them",
        type=[*(ending.removeprefix(".") for ending in ENDINGS), "zip"],
        accept_multiple_files=True,
        key=f"media-upload-{st.session_state.get(_NUMBER, 0)}",
    )
    st.caption(
        f"Up to {MOST_PICTURES} at once. They go to the computer that runs this page, are read in its memory, and are kept "
        "nowhere. Use only pictures of adults who agreed; never of employees, pupils or minors."
    )
    if uploads:
        return tuple(each.file_id for each in uploads), [(each.name, each) for each in uploads]
    if st.session_state.get(_DRAWN):
        return ("drawn",), _drawn_faces()
    return (), []


def _read(
    settings: Settings, names: tuple[str, ...], files: list[tuple[str, BinaryIO]]
) -> tuple[ReadPicture, ...]:
    """What was read of the files; once, until files or model change."""
    folder = active_model(settings)
    if st.session_state.get(_FROM) != (folder.identity, names):
        analyzer = ExpressionAnalyzer(classifier(folder.identity, folder), load_detector())
        free_departed()
        with progress_bar("Reading") as told:
            st.session_state[_KEPT] = read_pictures(files, analyzer, told)
        st.session_state[_FROM] = folder.identity, names
    found: tuple[ReadPicture, ...] = st.session_state[_KEPT]
    return found


def pictures(settings: Settings) -> None:
    """Everything for pictures, from the empty page on."""
    names, files = _given()
    if not files:
        st.button(
            "No picture at hand? Take a drawn face",
            icon=":material/draw:",
            on_click=lambda: st.session_state.update({_DRAWN: True}),
        )
    else:
        # In a place of its own: a bar that comes and goes would move all that stands below it.
        with st.container():
            found = _read(settings, names, files)
        good = [each for each in found if not each.error]
        summary(found)
        if good:
            look(good, str(hash(names)))
        take_away(found, good, _forget)
