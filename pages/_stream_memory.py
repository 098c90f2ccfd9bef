"""Tells a stream that goes on from one that was left behind, and ends the latter.

streamlit-webrtc 0.79 compares how often the script has finished with when the stream was last drawn, and takes a stream
for left behind (and ends it) when it missed a run. Streamlit counts a run when its last message goes out, which on a busy
machine comes late: two runs are then counted at once, and a stream that has just begun to play dies without a word.
Here it is known by itself whether the runs since have drawn the stream; and one that they have not is ended at once
instead of when the browser has been silent for half a minute.
"""

from __future__ import annotations

import threading

import streamlit as st
from streamlit_webrtc.component import _reset_context

#: Under which keys of the session stand the streams that were not left behind, and what this run has drawn so far.
_ALIVE, _DRAWING = "streams_alive", "stream_drawing"

#: What belongs to a stream stands in the session under its key and one of these.
FRAMES, ICE, WATCH, HEARING = "-frames", "-ice", "-watch", "-hearing"


def goes_on(key: str) -> None:
    """Before a stream is drawn: it is not left behind if no whole run has gone by without it."""
    alive: set[str] = st.session_state.setdefault(_ALIVE, set())
    context = st.session_state.get(key)
    if key in alive and context is not None and hasattr(context, "_last_rendered_run_count"):
        context._last_rendered_run_count = None
    alive.add(key)
    st.session_state[_DRAWING] = key


def run_ended() -> None:
    """At the end of every page's whole run: what it has not drawn is left behind."""
    drawn = st.session_state.pop(_DRAWING, None)
    alive: set[str] = st.session_state.get(_ALIVE, set())
    for key in alive - {drawn}:
        alive.discard(key)
        _end(key)


def _end(key: str) -> None:
    for name in (FRAMES, ICE, WATCH, HEARING):
        st.session_state.pop(key + name, None)
    # The context stays, since the browser may still have something to say about it.
    context = st.session_state.get(key)
    if context is not None and (worker := context._get_worker()) is not None:
        context._set_worker(None)
        _reset_context(context)
        # Aside, since hanging up takes a moment that the page need not wait for.
        threading.Thread(target=worker.stop, name="end-stream", daemon=True).start()
