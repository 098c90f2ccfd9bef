"""The page registry: which pages there are, and nothing else. Start with ``streamlit run app.py``."""

from __future__ import annotations

import streamlit as st


def pages() -> list[st.Page]:
    """Every page, in the order of the navigation; its address is its file's name.

    No page carries an icon: Streamlit fetches such an icon for the browser's tab from Google's servers.
    """
    return [
        st.Page("pages/overview.py", title="Overview"),
        st.Page("pages/live.py", title="Live"),
        st.Page("pages/dataset.py", title="Dataset"),
        st.Page("pages/training.py", title="Training"),
        st.Page("pages/evaluation.py", title="Evaluation"),
        st.Page("pages/media.py", title="Media"),
        st.Page("pages/insights.py", title="Insights"),
    ]


if __name__ == "__main__":
    from pages._shell import run

    run(pages())
