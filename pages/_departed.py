"""Frees what visitors who left have held: sessions that ended refer to themselves, and Python may leave them for hours."""

from __future__ import annotations

import gc

import streamlit as st


@st.cache_resource(show_spinner=False)
def _imports_are_no_garbage() -> None:
    """What was imported stays; nobody need look through it for garbage again, which makes looking quick."""
    gc.collect()
    gc.freeze()


def free_departed() -> None:
    """Before somebody new takes memory; some milliseconds."""
    _imports_are_no_garbage()
    gc.collect()
