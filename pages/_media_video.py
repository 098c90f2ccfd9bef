"""A video that somebody brings: read while one watches, scrubbed, and taken away."""

from __future__ import annotations

import io

import streamlit as st

from fer_core.live.drawn_clip import LENGTH
from fer_core.live.smoothing import SmoothingSettings
from fer_core.media.sample import drawn_video
from fer_core.media.video import VideoReading
from fer_core.model_folder import active_model
from fer_core.settings import Settings
from pages._departed import free_departed
from pages._media_scrub import scrub
from pages._shopper import uncertain_below

#: Under which keys of the session stand the reading, what it reads, whether the drawn face is wanted, and which uploader
#: this is.
_READING, _FROM, _DRAWN, _NUMBER = "video-reading", "video-from", "video-drawn", "video-number"
_MOST_SECONDS, _MOST_SECONDS_PUBLIC = 3_600.0, 600.0


def _forget() -> None:
    reading: VideoReading | None = st.session_state.pop(_READING, None)
    if reading is not None:
        reading.stop()
    for key in (_FROM, _DRAWN):
        st.session_state.pop(key, None)
    st.session_state[_NUMBER] = st.session_state.get(_NUMBER, 0) + 1


def _reading(settings: Settings, name: str, content: bytes) -> VideoReading:
    """The one that reads this file; another file or model ends it."""
    folder = active_model(settings)
    wanted = (name, folder.identity)
    if st.session_state.get(_FROM) != wanted:
        if (before := st.session_state.pop(_READING, None)) is not None:
            before.stop()
        free_departed()
        st.session_state[_READING] = VideoReading(
            io.BytesIO(content),
            folder.path,
            smoothing=SmoothingSettings(threshold=uncertain_below()),
            most_seconds=_MOST_SECONDS_PUBLIC if settings.public else _MOST_SECONDS,
        )
        st.session_state[_FROM] = wanted
    reading: VideoReading = st.session_state[_READING]
    return reading


@st.fragment(run_every=0.5)
def _progress(reading: VideoReading) -> None:
    now = reading.look()
    if now.state not in ("waiting", "reading"):
        st.rerun()
    if now.state == "waiting":
        text = "Waiting until another video is read"
    else:
        of = f" of {now.length:.0f}" if now.length else ""
        left = f", {now.seconds_left:.0f} s left" if now.seconds_left is not None else ""
        text = f"{now.seconds:.0f}{of} seconds read{left}"
    st.progress(now.share, text)
    st.button("Stop and keep what was read", icon=":material/stop:", on_click=reading.stop)


def _told(reading: VideoReading, state: str, most: float) -> str:
    told = f"**{len(reading.pictures):,} pictures, {reading.pictures[-1].state.time:.0f} seconds**"
    if state == "stopped":
        return f"{told}: stopped here"
    return (
        f"{told}: the video goes on, but no more than {most / 60:.0f} minutes are read"
        if reading.was_cut
        else told
    )


def _take_away(reading: VideoReading, annotated: bytes) -> None:
    icon = ":material/download:"
    st.download_button("Faces (CSV)", reading.table, "faces.csv", "text/csv", icon=icon, on_click="ignore")
    if annotated:
        st.download_button(
            "Annotated video", annotated, "annotated.mp4", "video/mp4", icon=icon, on_click="ignore"
        )


def video(settings: Settings) -> None:
    """Everything for videos, from the empty page on."""
    most = _MOST_SECONDS_PUBLIC if settings.public else _MOST_SECONDS
    upload = st.file_uploader(
        "A video", type=["mp4", "mov", "webm", "m4v"], key=f"video-upload-{st.session_state.get(_NUMBER, 0)}"
    )
    st.caption(
        f"Up to {most / 60:.0f} minutes. It goes to the computer that runs this page, is read there, and is kept nowhere. Use "
        "only videos of adults who agreed; never of employees, pupils or minors."
    )
    if upload is not None:
        reading = _reading(settings, upload.file_id, upload.getvalue())
    elif st.session_state.get(_DRAWN):
        reading = _reading(settings, "drawn", drawn_video(LENGTH))
    else:
        st.button(
            "No video at hand? Take a drawn face",
            icon=":material/draw:",
            on_click=lambda: st.session_state.update({_DRAWN: True}),
        )
        return
    now = reading.look()
    if now.state in ("waiting", "reading"):
        _progress(reading)
        return
    if now.error:
        st.error(now.error, icon=":material/error:")
    film, beside = st.columns([5, 6], gap="large")
    annotated = reading.annotated()
    if annotated:
        film.video(annotated, format="video/mp4")
    with beside:
        if reading.pictures:
            st.markdown(_told(reading, now.state, most))
            _take_away(reading, annotated)
        st.button("Forget it", icon=":material/delete:", on_click=_forget)
    if reading.pictures:
        scrub(settings, reading, st.session_state[_FROM][0])
