"""The guard and the frame that every page begins with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from starlette.formparsers import MultiPartParser

from fer_core.errors import FerError, ShopError
from fer_core.settings import PROJECT_ROOT, Settings
from pages._stream_memory import run_ended

# Streamlit leaves 6rem above a page and has no setting for it; what matters must be on the first screen.
_STYLE = "<style>.stMainBlockContainer{padding-top:4.2rem;padding-bottom:3rem}</style>"

# A file of ours: an icon by name would be fetched from Google's servers.
_ICON = PROJECT_ROOT / "data" / "icon.svg"

_REGISTERED = "facet_navigation_ran"

# Streamlit's web server would put what is larger than 1 MB, such as a visitor's photo, into a file on its way into
# memory. How large an upload may be is Streamlit's own setting.
MultiPartParser.spool_max_size = sys.maxsize


def run(pages: list[st.Page]) -> None:
    """Register the navigation and run the page that is asked for; called by app.py alone."""
    st.session_state[_REGISTERED] = True
    # Streamlit gives the default page no address of its own; this one only sends visitors on to a page that has one.
    st.set_page_config(page_title="Facet", page_icon=_ICON, layout="wide")
    home = st.Page(_home, title="Facet", url_path="home", default=True, visibility="hidden")
    st.navigation([home, *pages], position="top").run()


@contextmanager
def page(title: str, promise: str) -> Iterator[Settings]:
    """The frame of a page: one heading, a line that says what the page is for, and errors as one sentence.

    Begins with a guard: until a visitor has run app.py, Streamlit runs a file under ``pages/`` by itself, without
    the navigation. The guard registers the navigation and starts again.
    """
    if not st.session_state.get(_REGISTERED):
        from app import pages

        run(pages())
        st.rerun()
    st.set_page_config(page_title=f"{title} - Facet", page_icon=_ICON, layout="wide")
    with errors_as_sentences():
        settings = Settings.from_environment()
        st.html(_STYLE)
        st.title(title, anchor=False)
        st.markdown(promise)
        if settings.public:
            st.caption(":material/public: Public demo: training, promoting and deleting are switched off.")
        yield settings
        run_ended()


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Show what a person can mend as one sentence and stop there. A fragment or dialog that may fail needs its own:
    when it alone runs again, the page around it does not."""
    try:
        yield
    except FerError as error:
        st.error(for_all_eyes(error), icon=":material/error:")
        # Also where the settings failed and the page's own lines have nothing to run with.
        st.stop()


@contextmanager
def progress_bar(text: str) -> Iterator[Callable[[float], None]]:
    """A bar that appears with the first news and goes when the work is done; called with the share that is."""
    place = st.empty()

    def tell(share: float) -> None:
        place.progress(min(share, 1.0), f"{text}: {share:.0%}")

    try:
        yield tell
    finally:
        place.empty()


def for_all_eyes(error: FerError) -> str:
    """An error's sentence as strangers may read it: in a public demo without this machine's paths."""
    try:
        settings = Settings.from_environment()
    except FerError:
        return str(error)
    if not settings.public:
        return str(error)
    return settings.without_paths(error.for_strangers if isinstance(error, ShopError) else str(error))


def plain(text: str) -> str:
    """A catalogue's text inside Markdown, where it must not act."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+-.!|<>$:~" else sign for sign in text)


def _home() -> None:
    st.switch_page("pages/overview.py")
