"""What takes long to compute of an evaluation: kept for all visitors, or, of own pictures, for one visit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

#: Under which key of the session stands what was computed of a visitor's own pictures.
OWN_KEPT = "evaluation-own-kept"

T = TypeVar("T")


def kept(identity: str, compute: Callable[[], T], *, private: bool) -> T:
    """``compute()``, or what it gave before under the same identity."""
    if not private:
        return _shared(identity, compute)
    known: dict[str, Any] = st.session_state.setdefault(OWN_KEPT, {})
    if identity not in known:
        with st.spinner("Computing"):
            known[identity] = compute()
    found: T = known[identity]
    return found


@st.cache_resource(max_entries=60, show_spinner="Computing")
def _shared(identity: str, _compute: Callable[[], T]) -> T:  # noqa: ARG001 - what it is kept under
    return _compute()
