"""The live page's camera: the stream, what it shows, and the shelf that follows."""

from __future__ import annotations

import time

import streamlit as st

from fer_core.charts.live_timeline import SECONDS, blend_timeline
from fer_core.charts.live_view import blend_bars
from fer_core.settings import Settings
from fer_core.shop.shopper import Shopper
from pages._camera_check import camera_check
from pages._live_controls import controls, speed
from pages._shelf import shelf
from pages._shelf_tools import blocked
from pages._shell import errors_as_sentences
from pages._shopper import another_model_answers
from pages._stream import camera_stream, trouble


def camera(settings: Settings, current: Shopper, key: str, left: st.delta_generator.DeltaGenerator) -> None:
    """Everything for a camera: video, blend, last minute, controls in the left column, the shelf in this one."""
    with left:
        stream = camera_stream(current.pipeline, f"camera-{key}")
        if not stream.state.playing:
            camera_check(f"camera-check-{key}")
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
        if wrong := trouble(current.pipeline):
            warning.warning(wrong, icon=":material/hourglass:")
        elif current.pipeline.latest.faces > 1:
            warning.caption(f"{current.pipeline.latest.faces} faces: the largest drives the shelf.")
        else:
            warning.empty()

    follow()
