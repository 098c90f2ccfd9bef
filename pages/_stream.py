"""The video stream between browser and pipeline, and what is wrong with it in words."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from fer_core.live.pipeline import LivePipeline
from fer_core.live.stream import is_stalled, video_callback
from pages._camera_check import SENTENCES

VIDEO = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}}, "audio": False}

#: Under which key of the session stands since when the stream plays, monotonic seconds.
_PLAYING_SINCE = "playing_since"


def camera_stream(pipeline: LivePipeline, key: str) -> Any:
    """The camera's START button and video; gives streamlit-webrtc's context."""
    stream = webrtc_streamer(
        key=key,
        mode=WebRtcMode.SENDRECV,
        # An empty list, not None: None means a public STUN server, and nothing may connect beyond the stream.
        rtc_configuration={"iceServers": []},
        media_stream_constraints=VIDEO,
        video_frame_callback=video_callback(pipeline),
        translations={
            "start": "START",
            "stop": "STOP",
            "device_access_denied": SENTENCES["denied"],
            "device_not_available": SENTENCES["none"],
            "media_api_not_available": SENTENCES["insecure"],
        },
    )
    if stream.state.playing:
        st.session_state.setdefault(_PLAYING_SINCE, time.monotonic())
    else:
        st.session_state.pop(_PLAYING_SINCE, None)
    return stream


def trouble(pipeline: LivePipeline) -> str:
    """What is wrong with the stream and what to try, in a sentence; "" while all is well."""
    latest = pipeline.latest
    since = st.session_state.get(_PLAYING_SINCE)
    if since is not None and is_stalled(latest.finished_at, since, time.monotonic()):
        return "The video stands still. Press STOP, then START."
    if latest.errors:
        return f"{latest.errors} pictures could not be read; the others go on."
    return ""
