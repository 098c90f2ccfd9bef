"""What a visitor agrees to before a picture is taken, and the agreement to it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

#: Where expressions are read.
SERVER, DEVICE = "On the server", "On this device"

_WHERE = {
    SERVER: """
- The picture goes from your browser, encrypted, to the computer that runs this page, and back. Nowhere else.
- There a program finds your face and reads its **expression**: angry, happy, sad, surprise or neutral.
- Each picture is forgotten once it is read. **No picture and no face is stored or sent on.**
""",
    DEVICE: """
- **Images stay in your browser; expression probabilities are sent to our server.**
- In your browser a program finds your face and reads its **expression**: angry, happy, sad, surprise or neutral. At most
  twice a second it tells this page a time, whether there is a face, and five probabilities. Nothing else.
- Before the camera opens, the frame that reads it shuts its own way to any network.
""",
}
_FOR_ADULTS = "- It is for adults who choose to try it. Not for employees, pupils or minors.\n"

#: Under which key of the session stand the ways this shopper agreed to.
_AGREED = "consent"


def ask_consent(where: str, decline: Callable[[], None]) -> bool:
    """Whether this shopper agreed to pictures being read there; shows the notice until then. ``decline`` is called on a
    no. Who agreed to one way has not agreed to the other."""
    if where in st.session_state.get(_AGREED, ()):
        return True
    with st.container(border=True):
        st.markdown(f"**Before a picture is taken**\n{_WHERE[where]}{_FOR_ADULTS}")
        with st.container(horizontal=True):
            st.button(
                "I am an adult and I agree",
                type="primary",
                icon=":material/check:",
                on_click=_agree,
                args=(where,),
            )
            st.button("No, thank you", on_click=decline, help="The shelf then follows a choice by hand.")
        st.caption(
            "Without an agreement *Clip* and *By hand* above show all of it, and no camera is asked for."
        )
    return False


def forget_consent() -> None:
    """As if nobody had agreed to anything."""
    st.session_state[_AGREED] = frozenset()


def _agree(where: str) -> None:
    st.session_state[_AGREED] = frozenset(st.session_state.get(_AGREED, ())) | {where}
