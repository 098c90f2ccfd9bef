"""What is said before a picture is taken, and the agreement to it."""

from __future__ import annotations

import streamlit as st

NOTICE = """
**Before a picture is taken**
- The picture goes from your browser, encrypted, to the computer that runs this page, and back. Nowhere else.
- There a program finds your face and reads its **expression**: angry, happy, sad, surprise or neutral.
- Each picture is forgotten once it is read. **No picture and no face is stored or sent on.**
- It is for adults who choose to try it. Not for employees, pupils or minors.
"""


def ask_consent() -> bool:
    """Whether this shopper agreed; shows the notice until then."""
    if st.session_state.get("consent"):
        return True
    with st.container(border=True):
        st.markdown(NOTICE)
        if st.button("I am an adult and I agree", type="primary", icon=":material/check:"):
            st.session_state.consent = True
            st.rerun()
        st.caption("You would rather not? *By hand* above works without a picture.")
    return False
