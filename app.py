"""The page registry: which pages there are, and nothing else. Start with ``streamlit run app.py``."""

from __future__ import annotations

import streamlit as st


def pages() -> list[st.Page]:
    """Every page, in the order of the navigation; its address is its file's name."""
    return [
        st.Page("pages/overview.py", title="Overview", icon=":material/insights:"),
        st.Page("pages/live.py", title="Live", icon=":material/videocam:"),
    ]


if __name__ == "__main__":
    from pages._shell import run

    run(pages())
