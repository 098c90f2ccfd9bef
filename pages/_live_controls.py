"""The live page's controls and its figures of speed; what one changes acts on the next frame, and the stream goes on."""

from __future__ import annotations

import time

import streamlit as st

from fer_core.live.pipeline import Pace, View
from fer_core.live.smoothing import SmoothingSettings
from fer_core.shop.shopper import Shopper
from fer_core.vision.detectors import available_detectors
from pages._shopper import DETECTOR, HALF_LIFE, UNCERTAIN_BELOW, uncertain_below

#: Under which key of the session stands whether the picture is mirrored.
MIRROR = "live-mirror"

_EVERY, _LARGEST = "Every face", "The largest alone"
_WORDS = {
    "libfacedetection": "libfacedetection (quickest)",
    "mtcnn": "MTCNN",
    "haar": "Haar (misses most faces that are turned)",
}


def controls(current: Shopper, *, on_device: bool = False) -> None:
    """The popover of controls; ``on_device``: without those that a browser has no choice of."""
    faces: str | None = _EVERY
    with st.popover("Settings", icon=":material/tune:"):
        if not on_device:
            faces = st.segmented_control(
                "Read",
                (_EVERY, _LARGEST),
                default=_EVERY,
                required=True,
                key="live-faces",
                persist_state="session",
            )
        mirrored = st.toggle("As in a mirror", value=True, key=MIRROR, persist_state="session")
        if not on_device:
            st.selectbox(
                "Face finder",
                available_detectors(),
                format_func=lambda name: _WORDS.get(name, name),
                key=DETECTOR,
                persist_state="session",
            )
        st.slider(
            "Half-life of a reading",
            0.1,
            2.0,
            SmoothingSettings().half_life,
            0.1,
            format="%.1f s",
            key=HALF_LIFE,
            persist_state="session",
            help="After so long an old reading counts half: short is quick, long is calm.",
        )
        below = st.slider("Uncertain below", 20, 95, round(uncertain_below() * 100), 5, format="%d%%")
        if below != round(uncertain_below() * 100):
            st.session_state[UNCERTAIN_BELOW] = below
            st.rerun()
    current.pipeline.show(View(faces == _EVERY, mirrored))


def speed(current: Shopper) -> str:
    """Frame rate, age of the last result and milliseconds, in one line of Markdown; "" before the first frame."""
    pace: Pace = current.pipeline.pace()
    finished = current.pipeline.latest.finished_at
    if pace.detection_ms is None or pace.classification_ms is None or finished is None:
        return ""
    rate = "" if pace.frames_per_second is None else f"{pace.frames_per_second:.0f} frames a second, "
    return (
        f"{rate}the last result {1000 * (time.monotonic() - finished):.0f} ms old; finding faces "
        f"{pace.detection_ms[0]:.1f} ms (95 %: {pace.detection_ms[1]:.1f}), reading them "
        f"{pace.classification_ms[0]:.1f} ms (95 %: {pace.classification_ms[1]:.1f})"
    )
