"""Which stream was left behind: told from the whole runs that went by without it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import streamlit as st
from streamlit_webrtc import WebRtcStreamerContext
from streamlit_webrtc.component import WebRtcStreamerState

from pages import _stream_memory as memory


class Worker:
    def __init__(self) -> None:
        self.stopped = threading.Event()

    def stop(self) -> None:
        self.stopped.set()


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", kept)
    return kept


def stream(state: dict[str, Any], key: str) -> Worker:
    worker = Worker()
    context = WebRtcStreamerContext(worker=worker, state=WebRtcStreamerState(playing=True, signalling=False))
    context._last_rendered_run_count = 3
    context._sdp_answer_json = "an answer"
    # streamlit-webrtc holds its workers weakly; its connection keeps them.
    state[key] = context
    state[key + memory.WATCH] = state[key + memory.FRAMES] = "its own"
    return worker


def test_a_stream_that_each_run_draws_goes_on(state: dict[str, Any]) -> None:
    worker = stream(state, "camera")
    for _ in range(3):
        memory.goes_on("camera")
        memory.run_ended()
    assert state["camera"]._last_rendered_run_count is None
    assert not worker.stopped.is_set()


def test_a_run_cut_short_leaves_nothing_behind(state: dict[str, Any]) -> None:
    worker = stream(state, "camera")
    memory.goes_on("camera")
    memory.run_ended()
    # A rerun before the stream was drawn, then one right after it.
    memory.goes_on("camera")
    memory.goes_on("camera")
    memory.run_ended()
    assert "camera" in state
    assert not worker.stopped.is_set()


def test_a_stream_that_a_whole_run_left_out_is_ended(state: dict[str, Any]) -> None:
    worker = stream(state, "camera")
    other = stream(state, "clip")
    memory.goes_on("camera")
    memory.run_ended()
    memory.goes_on("clip")
    memory.run_ended()
    assert worker.stopped.wait(10)
    assert not other.stopped.is_set()
    assert [key for key in state if key.startswith("camera")] == ["camera"]
    # What the browser may still say is taken; a new START begins anew.
    assert not state["camera"].state.playing
    assert state["camera"]._get_worker() is None
    assert state["camera"]._sdp_answer_json is None
    assert other is state["clip"]._get_worker()
    assert state["clip" + memory.WATCH] == "its own"
    memory.run_ended()
    assert other.stopped.wait(10)


def test_one_drawn_in_a_run_cut_short_is_ended_too(state: dict[str, Any]) -> None:
    worker = stream(state, "camera")
    memory.goes_on("camera")
    memory.goes_on("clip")
    memory.run_ended()
    assert worker.stopped.wait(10)


def test_one_that_comes_back_is_a_new_one(state: dict[str, Any]) -> None:
    stream(state, "camera")
    memory.goes_on("camera")
    memory.run_ended()
    memory.run_ended()
    stream(state, "camera")
    memory.goes_on("camera")
    # Not vouched for before its first run: streamlit-webrtc decides.
    assert state["camera"]._last_rendered_run_count == 3
