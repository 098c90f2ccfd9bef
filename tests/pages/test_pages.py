"""Every page opens, in normal and in public mode, with what is missing said in one sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_core.labels import LABELS
from fer_core.settings import PROJECT_ROOT

PAGES = sorted(path.stem for path in (PROJECT_ROOT / "pages").glob("[!_]*.py"))


def html_of(app: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in app.get("html"))


def test_every_page_is_registered_under_its_own_name() -> None:
    # Outside a running app a st.Page knows no address, so the registry's text is read instead.
    registry = (PROJECT_ROOT / "app.py").read_text(encoding="utf-8")
    assert sorted(re.findall(r'st\.Page\("pages/(\w+)\.py"', registry)) == PAGES


@pytest.mark.parametrize("public", ["0", "1"], ids=["normal", "public"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_with_one_heading(
    name: str, public: str, home: Path, open_page: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_PUBLIC", public)
    app = open_page(name)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1
    assert any("Public demo" in caption.value for caption in app.caption) == (public == "1")


def break_model(home: Path) -> None:
    (home / "models" / "small" / "model.onnx").write_bytes(b"cut")
    (home / "models" / "small" / "card.json").write_text("{")


def lose_model(home: Path) -> None:
    (home / "active_model.json").write_text(json.dumps({"name": "gone"}))


@pytest.mark.parametrize("name", ["overview", "live"])
@pytest.mark.parametrize("damage", [break_model, lose_model])
def test_what_is_broken_is_one_sentence_and_no_trace(
    name: str, damage: Callable[[Path], None], home: Path, open_page: Callable[[str], AppTest]
) -> None:
    damage(home)
    app = open_page(name)
    assert not app.exception
    assert len(app.error) == 1
    assert len(app.error[0].value.splitlines()) == 1


def test_a_missing_catalogue_is_one_sentence(
    home: Path, open_page: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FACET_CATALOGUE", str(tmp_path / "absent.csv"))
    app = open_page("live")
    assert not app.exception
    assert "no product catalogue" in app.error[0].value


def test_a_setting_that_makes_no_sense_is_one_sentence(
    home: Path, open_page: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_PUBLIC", "perhaps")
    app = open_page("overview")
    assert not app.exception
    assert "FACET_PUBLIC must be 1 or 0" in app.error[0].value


def test_public_mode_shows_no_path_of_the_server(
    home: Path, open_page: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def texts(app: AppTest) -> str:
        return " ".join(str(element.value) for element in app.markdown)

    assert str(PROJECT_ROOT) in texts(open_page("overview"))
    monkeypatch.setenv("FACET_PUBLIC", "1")
    assert str(PROJECT_ROOT) not in texts(open_page("overview"))


def test_the_overview_shows_figures_with_their_rows(home: Path, open_page: Callable[[str], AppTest]) -> None:
    path = home / "models" / "small" / "card.json"
    figure = {"name": "accuracy", "value": 0.5, "low": 0.4, "high": 0.6, "n": 100, "rows": "some rows"}
    per_class = {
        label: {
            "tp": 5,
            "fp": 5,
            "fn": 5,
            "tn": 85,
            "precision": 0.5,
            "recall": 0.5,
            "f1": 0.5,
            "f2": 0.5,
            "support": 10,
        }
        for label in LABELS
    }
    path.write_text(json.dumps({"labels": list(LABELS), "figures": [figure], "per_class": per_class}))
    app = open_page("overview")
    assert not app.exception
    assert app.metric[0].value == "50.0%"
    assert "n = 100" in app.caption[0].value
    assert app.dataframe[0].value["rows"].tolist() == ["some rows"]


def switch(app: AppTest, source: str) -> AppTest:
    with patch("streamlit_webrtc.component.get_this_session_info", return_value=None):
        return app.segmented_control[0].set_value(source).run()


def press(app: AppTest, words: str) -> AppTest:
    (button,) = [button for button in app.button if words in button.label]
    with patch("streamlit_webrtc.component.get_this_session_info", return_value=None):
        return button.click().run()


def test_nothing_is_asked_of_a_camera_before_consent(home: Path, open_page: Callable[[str], AppTest]) -> None:
    with patch("streamlit_webrtc.webrtc_streamer") as streamer:
        app = open_page("live")
        assert any("No picture and no face is stored" in text.value for text in app.markdown)
        streamer.assert_not_called()
    assert not app.get("file_uploader")


def test_a_photo_needs_consent_too(home: Path, open_page: Callable[[str], AppTest]) -> None:
    app = switch(open_page("live"), "Photo")
    assert not app.get("file_uploader")
    app = press(app, "I agree")
    assert len(app.get("file_uploader")) == 1


def on_device(app: AppTest) -> AppTest:
    with patch("streamlit_webrtc.component.get_this_session_info", return_value=None):
        return app.segmented_control[1].set_value("On this device").run()


@pytest.mark.parametrize(
    ("built", "said"),
    [
        pytest.param(False, "`python -m fer_core on-device`", id="the build is missing"),
        pytest.param(
            True, "The model small has no version for the browser", id="the model has no network for it"
        ),
    ],
)
def test_where_nothing_is_read_on_the_device_the_page_says_why(
    built: bool,
    said: str,
    home: Path,
    open_page: Callable[[str], AppTest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pages._on_device.is_built", lambda: built)
    app = on_device(open_page("live"))
    assert [said in info.value for info in app.info] == [True]
    assert not any("I agree" in button.label for button in app.button)
    assert not app.exception


def test_reading_on_the_device_says_exactly_what_is_sent(
    home: Path, open_page: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages._on_device.is_built", lambda: True)
    (home / "models" / "small" / "browser").mkdir()
    (home / "models" / "small" / "browser" / "network.bin").write_bytes(b"")
    app = on_device(open_page("live"))
    exact = "Images stay in your browser; expression probabilities are sent to our server."
    assert any(exact in text.value for text in app.markdown)
    with patch("pages._on_device._frame", return_value=None) as frame:
        app = press(app, "I agree")
        assert frame.call_args.kwargs["recogniser"].endswith("/network.bin")
    assert not app.exception


def test_an_expression_picked_by_hand_needs_no_consent_and_moves_the_shelf(
    home: Path, open_page: Callable[[str], AppTest]
) -> None:
    app = switch(open_page("live"), "By hand")
    before = html_of(app)
    assert 'class="facet-shelf" data-label="happy"' in before
    app.get("button_group")[-1].set_value("sad").run()
    assert 'class="facet-shelf" data-label="sad"' in html_of(app)
    assert not app.exception


def test_a_new_shopper_is_asked_anew(home: Path, open_page: Callable[[str], AppTest]) -> None:
    app = press(switch(open_page("live"), "Photo"), "I agree")
    app = press(app, "New shopper")
    assert any("I agree" in button.label for button in app.button)
    assert app.segmented_control[0].value == "Camera"


def picture_bytes(tmp_path: Path, content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    path = tmp_path / "p.png"
    Image.fromarray(content).save(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(np.full((60, 80, 3), 120, np.uint8), "No face was found", id="a picture without a face"),
        pytest.param(b"no picture", "not a picture", id="no picture at all"),
    ],
)
def test_a_photo_of_no_use_is_one_sentence(
    content: Any, words: str, home: Path, open_page: Callable[[str], AppTest], tmp_path: Path
) -> None:
    app = press(switch(open_page("live"), "Photo"), "I agree")
    app.get("file_uploader")[0].upload("p.png", picture_bytes(tmp_path, content), "image/png").run()
    assert not app.exception
    assert any(words in str(element.value) for element in [*app.info, *app.error])


def test_opening_every_page_never_imports_tensorflow(home: Path) -> None:
    script = f"""
import sys
from unittest.mock import patch
from streamlit.testing.v1 import AppTest
with patch("streamlit_webrtc.component.get_this_session_info", return_value=None):
    app = AppTest.from_file("app.py", default_timeout=60).run()
    for name in {PAGES!r}:
        app.switch_page(f"pages/{{name}}.py").run()
        assert not app.exception and not app.error, name
    app.switch_page("pages/live.py").run()
    app.segmented_control[0].set_value("By hand").run()
    assert not app.exception
print(sorted({{"tensorflow", "keras", "torch", "jax"}} & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


def live_by_hand(open_page: Callable[[str], AppTest]) -> AppTest:
    return switch(open_page("live"), "By hand")


def key(app: AppTest, start: str) -> Any:
    """The first button whose key begins so."""
    return next(button for button in app.button if (button.key or "").startswith(start))


def test_the_shelf_s_buttons_say_what_they_do_and_change_only_this_visit(
    home: Path, open_page: Callable[[str], AppTest]
) -> None:
    app = live_by_hand(open_page)
    bought = key(app, "basket-").click().run()
    assert any("Your basket" in text.value for text in bought.markdown)
    assert key(bought, "basket-").label == "Take out"
    emptied = key(bought, "out-").click().run()
    assert not any("Your basket" in text.value for text in emptied.markdown)
    rejected = key(emptied, "reject-").click().run()
    assert key(rejected, "undo-").label == "Not for you: undo"
    assert not rejected.exception
    assert not (home / "reactions").exists()


def test_blocked_categories_never_show(home: Path, open_page: Callable[[str], AppTest]) -> None:
    app = live_by_hand(open_page)
    (never,) = [each for each in app.multiselect if each.label == "Never show"]
    app = never.set_value(["Gifts", "Games", "Music"]).run()
    html = html_of(app)
    assert html.count("facet-card") >= 6
    assert not any(f'data-category="{name}"' in html for name in ("Gifts", "Games", "Music"))
    blocked_all = next(each for each in app.multiselect if each.label == "Never show")
    app = blocked_all.set_value(blocked_all.options).run()
    assert not app.exception
    assert any("Every category is blocked" in error.value for error in app.error)
