"""The video stream between browser and pipeline, and what is wrong with it in words."""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import streamlit as st
from av import VideoFrame
from streamlit_webrtc import WebRtcMode, create_video_source_track, webrtc_streamer
from streamlit_webrtc.eventloop import get_global_event_loop

from fer_core.live.drawn_clip import RATE, clip_frame
from fer_core.live.ice import IceConfiguration, ice_configuration
from fer_core.live.pipeline import LivePipeline, LiveSnapshot
from fer_core.live.stream import video_callback
from fer_core.live.watch import StreamWatch
from fer_core.settings import Settings
from pages._camera_check import SENTENCES
from pages._stream_memory import goes_on

VIDEO = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}}, "audio": False}


@dataclass(frozen=True)
class Stream:
    """A stream as of this run: whether it plays, whether looks at it are wanted, and who watches it."""

    playing: bool
    wants_looks: bool
    watch: StreamWatch
    latest: Callable[[], LiveSnapshot]

    def trouble(self) -> str:
        """What is wrong just now and what to try, as Markdown; "" while all is well."""
        return self.watch.trouble(self.latest())


class _Hearing:
    """When the browser was last heard of. A browser that watches reports about once a second what has arrived; the
    clip's frames are made here and go on when nobody gets them."""

    def __init__(self) -> None:
        self._packets = 0
        self._at = time.monotonic()
        self._asked: concurrent.futures.Future[Any] | None = None

    def look(self, context: Any) -> float:
        """Monotonic seconds. Takes in what the look before has asked for, so that nobody waits."""
        if self._asked is not None and self._asked.done():
            # A connection that is being closed may have none to tell.
            if not self._asked.cancelled() and self._asked.exception() is None:
                found = self._asked.result().values()
                packets = sum(each.packetsReceived for each in found if each.type == "transport")
                if packets != self._packets:
                    self._packets, self._at = packets, time.monotonic()
            self._asked = None
        worker = context._get_worker()
        if self._asked is None and worker is not None:
            self._asked = asyncio.run_coroutine_threadsafe(worker.pc.getStats(), get_global_event_loop())
        return self._at


def camera_stream(settings: Settings, pipeline: LivePipeline, key: str) -> Stream:
    """The camera's START button and video."""
    return _stream(settings, pipeline, key, mode=WebRtcMode.SENDRECV, media_stream_constraints=VIDEO)


def clip_stream(settings: Settings, pipeline: LivePipeline, key: str) -> Stream:
    """The same with the drawn clip in the camera's place; the browser sends nothing."""
    track = create_video_source_track(_clip_source, key=f"{key}-source", fps=RATE)
    return _stream(
        settings,
        pipeline,
        key,
        made_here=True,
        mode=WebRtcMode.RECVONLY,
        source_video_track=track,
        media_stream_constraints={"video": True, "audio": False},
    )


def _clip_source(pts: int, time_base: Fraction) -> VideoFrame:
    return VideoFrame.from_ndarray(clip_frame(float(pts * time_base)), format="bgr24")


def _stream(
    settings: Settings, pipeline: LivePipeline, key: str, *, made_here: bool = False, **how: Any
) -> Stream:
    goes_on(key)
    ice = _ice(settings, key)
    context = webrtc_streamer(
        key=key,
        frontend_rtc_configuration=ice.for_browser(),
        server_rtc_configuration=ice.for_server(),
        video_frame_callback=video_callback(pipeline),
        translations={
            "start": "START",
            "stop": "STOP",
            "device_access_denied": SENTENCES["denied"],
            "device_not_available": SENTENCES["none"],
            "media_api_not_available": SENTENCES["insecure"],
        },
        **how,
    )
    hearing: _Hearing = st.session_state.setdefault(f"{key}-hearing", _Hearing())

    def latest() -> LiveSnapshot:
        """A result that did not arrive counts as none."""
        found = pipeline.latest
        if not made_here or found.finished_at is None:
            return found
        return dataclasses.replace(found, finished_at=min(found.finished_at, hearing.look(context)))

    playing, signalling = context.state
    watch: StreamWatch = st.session_state.setdefault(f"{key}-watch", StreamWatch(ice.relays))
    watch.see(playing=playing, signalling=signalling, latest=latest())
    return Stream(playing, playing or signalling or watch.is_asking, watch, latest)


def _ice(settings: Settings, key: str) -> IceConfiguration:
    """The same while a stream goes on, since the browser would take another one for another stream."""
    kept: IceConfiguration | None = st.session_state.get(f"{key}-ice")
    context = st.session_state.get(key)
    goes = context is not None and any(context.state)
    if kept is None or (time.time() >= kept.renew_at and not goes):
        # A number drawn by lot: the relay's log can tell visitors apart and nobody can tell who they are.
        kept = ice_configuration(settings, time.time(), visitor=secrets.token_hex(4))
        st.session_state[f"{key}-ice"] = kept
        st.session_state.pop(f"{key}-watch", None)
    return kept
