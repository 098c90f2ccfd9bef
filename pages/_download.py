"""The button for a file that is made when it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx


def download_when_made(
    words: str, make: Callable[[], str | bytes], name: str, kind: str, *, key: str | None = None
) -> None:
    """A button that makes a file and saves it.

    Streamlit throws such a file away after two runs of anybody's page, and every open stream makes two a second: a
    browser that is slow to fetch it gets nothing. Here it also belongs to the page that it was made for, like a
    picture in it, and goes with it.

    Args:
        words: on the button.
        make: what is in the file; called without the visitor's session, so it may ask the session for nothing.
        name, kind: of the file; kind is a media type.
        key: of the button.
    """
    visit = get_script_run_ctx()

    def made() -> bytes:
        content = make()
        data = content.encode() if isinstance(content, str) else content
        # Of a thread that belongs to the visit, because that is how Streamlit tells whose a file is.
        keep = partial(
            runtime.get_instance().media_file_mgr.add,
            data,
            kind,
            f"made-{key or words}",
            name,
            is_for_static_download=True,
        )
        keeping = threading.Thread(target=keep)
        add_script_run_ctx(keeping, visit)
        keeping.start()
        keeping.join()
        return data

    st.download_button(words, made, name, kind, icon=":material/download:", on_click="ignore", key=key)
