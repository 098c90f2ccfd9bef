"""A video that somebody brings: read while one watches, scrubbed, and taken away."""

from __future__ import annotations

import io

import streamlit as st

from fer_core.charts.live_timeline import video_timeline
from fer_core.charts.live_view import blend_bars, card_face, shelf_head
from fer_core.live.drawn_clip import LENGTH
from fer_core.live.smoothing import SmoothingSettings
from fer_core.media.sample import drawn_video
from fer_core.media.video import VideoReading
from fer_core.model_folder import active_model
from fer_core.settings import Settings
from fer_core.shop.bandit import Bandit
from fer_core.shop.recommender import Recommender
from pages._shell import errors_as_sentences
from pages._shop import shop
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


@st.fragment
def _scrub(settings: Settings, reading: VideoReading) -> None:
    states = [each.state for each in reading.pictures]
    with errors_as_sentences():
        left, right = st.columns([5, 6], gap="large")
        with left:
            if video := reading.annotated():
                st.video(video, format="video/mp4")
            st.html(video_timeline(states))
            end = states[-1].time
            at = 0.0
            if end > states[0].time:
                at = st.slider(
                    "Second", states[0].time, end, states[0].time, 0.1, format="%.1f", key="video-at"
                )
            found = reading.at(at) or reading.pictures[0]
            st.html(blend_bars(found.state))
        with right:
            start = shop(settings)
            # The same second shows the same cards.
            bandit = Bandit(round(at * 10), start.weights)
            panel = Recommender(start.catalogue, bandit, start.rules, start.others).recommend(found.state)
            st.html(shelf_head(panel))
            with st.container(horizontal=True):
                for card in panel.cards:
                    with st.container(border=True, width=165):
                        st.html(card_face(card))


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
    if reading.pictures:
        seconds = reading.pictures[-1].state.time
        told = f"**{len(reading.pictures):,} pictures, {seconds:.0f} seconds**"
        if now.state == "stopped":
            told += ": stopped here"
        elif reading.was_cut:
            told += f": the video goes on, but no more than {most / 60:.0f} minutes are read"
        st.markdown(told)
        _scrub(settings, reading)
    with st.container(horizontal=True):
        icon = ":material/download:"
        if reading.pictures:
            st.download_button(
                "Faces (CSV)", reading.table, "faces.csv", "text/csv", icon=icon, on_click="ignore"
            )
            if reading.annotated():
                st.download_button(
                    "Annotated video",
                    reading.annotated,
                    "annotated.mp4",
                    "video/mp4",
                    icon=icon,
                    on_click="ignore",
                )
        st.button("Forget it", icon=":material/delete:", on_click=_forget)
