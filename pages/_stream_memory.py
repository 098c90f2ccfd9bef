"""Tells a stream that goes on from one that was left behind.

streamlit-webrtc 0.79 compares how often the script has finished with when the stream was last drawn, and takes a stream
for left behind (and ends it) when it missed a run. Streamlit counts a run when its last message goes out, which on a busy
machine comes late: two runs are then counted at once, and a stream that has just begun to play dies without a word.
Here it is known by itself whether the run before drew the stream.
"""

from __future__ import annotations

import streamlit as st

#: Under which keys of the session stand the stream that the last whole run drew, and the one this run has drawn so far.
_DRAWN, _DRAWING = "stream_drawn", "stream_drawing"


def goes_on(key: str) -> None:
    """Before a stream is drawn: it is not left behind if the last whole run, or one cut short since, drew it."""
    context = st.session_state.get(key)
    drawn = key in (st.session_state.get(_DRAWN), st.session_state.get(_DRAWING))
    if drawn and context is not None and hasattr(context, "_last_rendered_run_count"):
        context._last_rendered_run_count = None
    st.session_state[_DRAWING] = key


def run_ended() -> None:
    """At the end of every page's whole run: what it has not drawn is left behind."""
    st.session_state[_DRAWN] = st.session_state.pop(_DRAWING, None)
