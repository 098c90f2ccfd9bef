"""A page opened without a browser, on a machine of its own."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from streamlit.testing.v1 import AppTest

from fer_core.settings import PROJECT_ROOT
from fer_core.shop.recommender import starting_weights
from pages import _shop

_remembered_weights = functools.lru_cache(starting_weights)


@pytest.fixture
def home(tmp_path: Path, small_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A FACET_HOME whose active model is a small one with figures, whatever the project ships."""
    home = tmp_path / "home"
    shutil.copytree(small_model, home / "models" / "small")
    (home / "active_model.json").write_text(json.dumps({"name": "small"}))
    monkeypatch.setenv("FACET_HOME", str(home))
    monkeypatch.setenv("FACET_PUBLIC", "0")
    monkeypatch.delenv("FACET_CATALOGUE", raising=False)
    return home


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    import streamlit as st

    st.cache_resource.clear()
    # A second and a half that only the tests of the recommender need to wait for each time.
    monkeypatch.setattr(_shop, "starting_weights", _remembered_weights)
    monkeypatch.chdir(PROJECT_ROOT)

    def run(name: str) -> AppTest:
        # Outside a browser there is no session for the stream to hang on.
        with patch("streamlit_webrtc.component.get_this_session_info", return_value=None):
            app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=60).run()
            return app.switch_page(f"pages/{name}.py").run()

    return run


def labels_of(app: AppTest) -> list[str]:
    """What the buttons say."""
    return [button.label for button in app.button]


def press(app: AppTest, words: str) -> AppTest:
    """Press the only button of these words."""
    (button,) = [button for button in app.button if button.label == words]
    return button.click().run()
