"""What is said before a picture is taken, and the agreement to it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

NOTICE = """
**Before a picture is taken**
- The picture goes from your browser, encrypted, to the computer that runs this page, and back. Nowhere else.
- There a program finds your face and reads its **expression**: angry, happy, sad, surprise or neutral.
- Each picture is forgotten once it is read. **No picture and no face is stored or sent on.**
- It is for adults who choose to try it. Not for employees, pupils or minors.
"""


def ask_consent(decline: Callable[[], None]) -> bool:
    """Whether this shopper agreed; shows the notice until then. ``decline`` is called on a no."""
    if st.session_state.get("consent"):
        return True
    with st.container(border=True):
        st.markdown(NOTICE)
        with st.container(horizontal=True):
            st.button("I am an adult and I agree", type="primary", icon=":material/check:", on_click=_agree)
            st.button("No, thank you", on_click=decline, help="The shelf then follows a choice by hand.")
        st.caption(
            "Without an agreement *Clip* and *By hand* above show all of it, and no camera is asked for."
        )
    return False


def _agree() -> None:
    st.session_state.consent = True
