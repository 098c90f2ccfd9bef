"""The video stream between browser and pipeline, and what is wrong with it in words."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from fer_core.live.ice import IceConfiguration, ice_configuration
from fer_core.live.pipeline import LivePipeline, LiveSnapshot
from fer_core.live.stream import video_callback
from fer_core.live.watch import StreamWatch
from fer_core.settings import Settings
from pages._camera_check import SENTENCES
from pages._frames import CameraFrames, ClipFrames, Frames
from pages._hearing import Hearing
from pages._stream_memory import FRAMES, HEARING, ICE, WATCH, goes_on
from pages._tracks import Player, ReadTrack

#: More pictures a second would only be left out where several people watch, and cost the network twice as much.
VIDEO = {
    "video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 15}},
    "audio": False,
}


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


def camera_stream(settings: Settings, pipeline: LivePipeline, key: str) -> Stream:
    """The camera's START button and video."""
    return _stream(settings, pipeline, key, CameraFrames, mode=WebRtcMode.SENDRECV, constraints=VIDEO)


def clip_stream(settings: Settings, pipeline: LivePipeline, key: str) -> Stream:
    """The same with the drawn clip in the camera's place; the browser sends nothing."""
    constraints = {"video": True, "audio": False}
    return _stream(settings, pipeline, key, ClipFrames, mode=WebRtcMode.RECVONLY, constraints=constraints)


def _stream(
    settings: Settings,
    pipeline: LivePipeline,
    key: str,
    make_frames: type[CameraFrames] | type[ClipFrames],
    *,
    mode: WebRtcMode,
    constraints: dict[str, Any],
) -> Stream:
    goes_on(key)
    ice = _ice(settings, key)
    frames = _frames(key, make_frames)

    def player() -> Any:
        return Player(ReadTrack(frames, video_callback(pipeline)))

    context = webrtc_streamer(
        key=key,
        mode=mode,
        media_stream_constraints=constraints,
        frontend_rtc_configuration=ice.for_browser(),
        server_rtc_configuration=ice.for_server(),
        sink_video_track=frames,
        player_factory=player,
        translations={
            "start": "START",
            "stop": "STOP",
            "device_access_denied": SENTENCES["denied"],
            "device_not_available": SENTENCES["none"],
            "media_api_not_available": SENTENCES["insecure"],
        },
    )
    hearing: Hearing = st.session_state.setdefault(key + HEARING, Hearing())

    def latest() -> LiveSnapshot:
        """A result that did not arrive counts as none."""
        found = pipeline.latest
        if mode is not WebRtcMode.RECVONLY or found.finished_at is None:
            return found
        return dataclasses.replace(found, finished_at=min(found.finished_at, hearing.look(context)))

    playing, signalling = context.state
    watch: StreamWatch = st.session_state.setdefault(key + WATCH, StreamWatch(ice.relays))
    watch.see(playing=playing, signalling=signalling, latest=latest())
    return Stream(playing, playing or signalling or watch.is_asking, watch, latest)


def _frames(key: str, make: type[CameraFrames] | type[ClipFrames]) -> Frames:
    """The same until a stream has ended: a second START gets new ones."""
    kept: Frames | None = st.session_state.get(key + FRAMES)
    if kept is None or kept.ended:
        kept = st.session_state[key + FRAMES] = make()
    return kept


def _ice(settings: Settings, key: str) -> IceConfiguration:
    """The same while a stream goes on, since the browser would take another one for another stream."""
    kept: IceConfiguration | None = st.session_state.get(key + ICE)
    context = st.session_state.get(key)
    goes = context is not None and any(context.state)
    if kept is None or (time.time() >= kept.renew_at and not goes):
        # A number drawn by lot: the relay's log can tell visitors apart and nobody can tell who they are.
        kept = ice_configuration(settings, time.time(), visitor=secrets.token_hex(4))
        st.session_state[key + ICE] = kept
        st.session_state.pop(key + WATCH, None)
    return kept
