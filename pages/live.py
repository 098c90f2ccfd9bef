"""Live: consent, a camera (or a picture, or a choice by hand), the expression, and the shelf it drives."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from fer_core.charts.live_view import blend_bars
from fer_core.labels import LABELS
from fer_core.preprocessing import load_image
from fer_core.settings import Settings
from fer_core.shop.recommender import Panel
from fer_core.shop.shopper import Shopper
from fer_core.vision.annotation import Annotation, annotate
from fer_core.vision.faces import FaceReading
from pages._camera import video
from pages._camera_check import forget_camera
from pages._consent import DEVICE, SERVER, ask_consent
from pages._on_device import why_not
from pages._shelf import shelf
from pages._shelf_tools import blocked
from pages._shell import page
from pages._shopper import ENDED, FORGET_CAMERA, shopper, start_over, uncertain_below
from pages._visit import visit_report

CAMERA, CLIP, PHOTO, BY_HAND = "Camera", "Clip", "Photo", "By hand"
PICTURES = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"]


def camera_where(key: str) -> str:
    """Where the camera's pictures are read."""
    return (
        st.segmented_control(
            "Pictures are read",
            (SERVER, DEVICE),
            default=SERVER,
            required=True,
            key=f"where-{key}",
            help="On this device no picture leaves your browser; only five probabilities do, a few times a second.",
        )
        or SERVER
    )


@st.fragment
def still_shelf(settings: Settings, current: Shopper, see: Callable[[], Panel]) -> None:
    """The shelf of an expression that stands still."""
    shelf(settings, current, see)


def photo(settings: Settings, current: Shopper, key: str, left: st.delta_generator.DeltaGenerator) -> None:
    upload = left.file_uploader(
        "A picture with a face", type=PICTURES, max_upload_size=50, key=f"photo-{key}"
    )
    readings: tuple[FaceReading, ...] = ()
    if upload is not None:
        picture = load_image(upload.getvalue())
        readings = current.pipeline.analyzer.analyze(picture)
        drawn = annotate(picture, [Annotation.of(reading) for reading in readings])
        left.image(drawn, channels="BGR", width="stretch", alt="Your picture with every face found framed")
        if not readings:
            left.info("No face was found. Try a picture that shows one from the front.")
    still_shelf(settings, current, lambda: current.see_picture(readings, time.monotonic(), blocked())[1])
    left.html(blend_bars(current.state))


def by_hand(settings: Settings, current: Shopper, key: str, left: st.delta_generator.DeltaGenerator) -> None:
    label = left.pills("Expression", LABELS, default="happy", key=f"label-{key}", required=True)
    strength = left.slider("How clear it is", 40, 100, 80, 5, format="%d%%", key=f"strength-{key}")
    still_shelf(
        settings,
        current,
        lambda: current.pick(label or "happy", strength / 100, time.monotonic(), blocked())[1],
    )
    left.html(blend_bars(current.state))


with page(
    "Live", "Show an expression, and the shelf follows. Look happy, then surprised, and watch it change."
) as now:
    guest = shopper(now)
    if ended := st.session_state.pop(ENDED, ""):
        st.toast(ended, icon=":material/check:")
    if st.session_state.pop(FORGET_CAMERA, False):
        forget_camera(f"forget-camera-{st.session_state.round}")
    turn = str(st.session_state.get("round", 0))
    left, right = st.columns([5, 6], gap="large")
    # Below both, so that on a narrow screen the shelf comes before what is wanted less often.
    below = st.container()
    with left.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        source = st.segmented_control(
            "Read the expression from",
            (CAMERA, CLIP, PHOTO, BY_HAND),
            default=CAMERA,
            required=True,
            key=f"source-{turn}",
        )
        st.button("New shopper", icon=":material/restart_alt:", on_click=start_over)
    left.caption(
        f"The model that answers: {guest.pipeline.analyzer.model.name}. Below {uncertain_below():.0%} it says "
        "uncertain; the evaluation page shows what that costs."
    )
    with right:
        if source == BY_HAND:
            by_hand(now, guest, turn, left)
        elif source == CLIP:
            video(now, guest, turn, left, below, drawn=True)
        else:
            with left:
                where = camera_where(turn) if source == CAMERA else SERVER
                hindered = why_not(guest.pipeline.analyzer.model) if where == DEVICE else ""
                if hindered:
                    st.info(hindered)
                agreed = not hindered and ask_consent(
                    where, lambda: st.session_state.update({f"source-{turn}": BY_HAND})
                )
            if not agreed:
                still_shelf(now, guest, lambda: guest.see_picture((), time.monotonic(), blocked())[1])
            elif source == PHOTO:
                photo(now, guest, turn, left)
            else:
                video(now, guest, turn, left, below, on_device=where == DEVICE)
    if source in (PHOTO, BY_HAND):
        with below:
            visit_report(guest)
