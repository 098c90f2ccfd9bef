"""The live page's video, from a camera or the drawn clip: what it shows, and the shelf that follows."""

from __future__ import annotations

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.settings import Settings
from fer_core.shop.recommender import Panel
from fer_core.shop.shopper import Shopper
from pages._camera_check import camera_check
from pages._hold import hold
from pages._live_controls import controls, speed
from pages._on_device import A_FRAME, DeviceStream, device_stream
from pages._readout import Readout, follow_device, panel_bell, rerun_for_another_model
from pages._shelf import shelf
from pages._shelf_tools import blocked
from pages._shopper import end_and_forget
from pages._stream import Stream, camera_stream, clip_stream
from pages._visit import visit_report

_MARK = """<style>
.facet-on{{display:flex;align-items:center;gap:.5rem;font-weight:600}}
.facet-on i{{flex:none;width:.7rem;height:.7rem;border-radius:50%;background:#d0342c;animation:facet-pulse 1.6s infinite}}
@keyframes facet-pulse{{50%{{opacity:.25}}}}
@media (prefers-reduced-motion:reduce){{.facet-on i{{animation:none}}}}
</style><div class="facet-on" role="status"><i></i>Camera on. {}</div>"""
_ON_SERVER = "Each picture is read and forgotten."
_ON_DEVICE = "Images stay in your browser; expression probabilities are sent to our server."


def video(
    settings: Settings,
    current: Shopper,
    key: str,
    left: DeltaGenerator,
    below: DeltaGenerator,
    *,
    drawn: bool = False,
    on_device: bool = False,
) -> None:
    """Everything for a video: it, the blend and the last minute in the left column, the shelf in this one, and what
    else one can do below both. ``drawn``: the clip instead of the camera. ``on_device``: read in the browser."""
    source = "drawn clip" if drawn else "camera, on this device" if on_device else "camera"
    with left:
        mark = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
        stage = st.container()
        readout = Readout(st.empty(), st.empty(), st.empty())

    def see() -> Panel:
        return current.follow_stream(time.monotonic(), blocked(), drawn=drawn)[1]

    with stage:
        stream: Stream | DeviceStream
        if drawn:
            stream = clip_stream(settings, current.pipeline, f"clip-{key}")
        elif on_device:
            stream = device_stream(
                current.pipeline,
                f"on-device-{key}",
                lambda trouble: follow_device(settings, current, readout, see, trouble),
            )
        else:
            stream = camera_stream(settings, current.pipeline, f"camera-{key}")
        playing = stream.playing
        if drawn:
            st.caption("A drawn face, nobody's: it shows how the shelf follows, not how well faces are read.")
        elif not playing:
            camera_check(f"camera-check-{key}")
    if playing and not drawn:
        with mark:
            st.html(_MARK.format(_ON_DEVICE if on_device else _ON_SERVER), width="content")
            st.button(
                "End and forget",
                icon=":material/power_settings_new:",
                key="end-and-forget",
                on_click=end_and_forget,
                args=(settings, current),
            )
    with below:
        hold(current, source, playing=playing, frame=A_FRAME if on_device else "")
        with st.container(horizontal=True, vertical_alignment="center"):
            controls(current, on_device=on_device)
            visit_report(current)
            pace = st.empty()

    @st.fragment(run_every=0.5 if stream.wants_looks and not on_device else None)
    def follow() -> None:
        rerun_for_another_model(settings)
        shelf(settings, current, see)
        if on_device:
            # Messages have the rest drawn anew; the shelf only needs it for another panel.
            panel_bell(current.panels_shown)
        else:
            readout.draw(current, stream.trouble())
            pace.caption(speed(current) or "Speed: after the first frame.")

    follow()
