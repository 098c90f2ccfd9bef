"""Live: consent, a camera (or a picture, or a choice by hand), the expression, and the shelf it drives."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from fer_core.charts.live_timeline import SECONDS, blend_timeline
from fer_core.charts.live_view import blend_bars
from fer_core.labels import LABELS
from fer_core.live.stream import is_stalled, video_callback
from fer_core.preprocessing import load_image
from fer_core.settings import Settings
from fer_core.shop.recommender import Panel
from fer_core.shop.shopper import Shopper
from fer_core.vision.annotation import Annotation, annotate
from fer_core.vision.faces import FaceReading
from pages._camera_check import SENTENCES, camera_check
from pages._consent import ask_consent
from pages._live_controls import controls, speed
from pages._shelf import shelf
from pages._shelf_tools import blocked
from pages._shell import errors_as_sentences, page
from pages._shopper import another_model_answers, shopper, start_over, uncertain_below

CAMERA, PHOTO, BY_HAND = "Camera", "Photo", "By hand"
VIDEO = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}}, "audio": False}
PICTURES = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"]


@st.fragment
def still_shelf(settings: Settings, current: Shopper, see: Callable[[], Panel]) -> None:
    """The shelf of an expression that stands still."""
    shelf(settings, current, see)


def camera(settings: Settings, current: Shopper, key: str, left: st.delta_generator.DeltaGenerator) -> None:
    with left:
        stream = webrtc_streamer(
            key=f"camera-{key}",
            mode=WebRtcMode.SENDRECV,
            # An empty list, not None: None means a public STUN server, and nothing may connect beyond the stream.
            rtc_configuration={"iceServers": []},
            media_stream_constraints=VIDEO,
            video_frame_callback=video_callback(current.pipeline),
            translations={
                "start": "START",
                "stop": "STOP",
                "device_access_denied": SENTENCES["denied"],
                "device_not_available": SENTENCES["none"],
                "media_api_not_available": SENTENCES["insecure"],
            },
        )
        if not stream.state.playing:
            st.session_state.pop("playing_since", None)
            camera_check(f"camera-check-{key}")
    if stream.state.playing:
        st.session_state.setdefault("playing_since", time.monotonic())
    bars, minute, warning = left.empty(), left.empty(), left.empty()
    with left:
        controls(current)
    pace = left.empty()

    @st.fragment(run_every=0.5 if stream.state.playing else None)
    def follow() -> None:
        with errors_as_sentences():
            if another_model_answers(settings):
                st.rerun()
        now = time.monotonic()
        shelf(settings, current, lambda: current.follow_stream(now, blocked())[1])
        bars.html(blend_bars(current.state))
        # Each is filled from the first run on: a fragment may fill no place that was left empty.
        minute.html(blend_timeline(current.session.newest(SECONDS)) or "<span></span>")
        pace.caption(speed(current) or "Speed: after the first frame.")
        latest = current.pipeline.latest
        since = st.session_state.get("playing_since")
        if since is not None and is_stalled(latest.finished_at, since, now):
            warning.warning("The video stands still. Press STOP, then START.", icon=":material/hourglass:")
        elif latest.errors:
            warning.warning(f"{latest.errors} pictures could not be read; the others go on.")
        elif latest.faces > 1:
            warning.caption(f"{latest.faces} faces: the largest drives the shelf.")
        else:
            warning.empty()

    follow()


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
    turn = str(st.session_state.get("round", 0))
    left, right = st.columns([5, 6], gap="large")
    with left.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        source = st.segmented_control(
            "Read the expression from",
            (CAMERA, PHOTO, BY_HAND),
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
        else:
            with left:
                agreed = ask_consent()
            if not agreed:
                still_shelf(now, guest, lambda: guest.see_picture((), time.monotonic(), blocked())[1])
            elif source == PHOTO:
                photo(now, guest, turn, left)
            else:
                camera(now, guest, turn, left)
