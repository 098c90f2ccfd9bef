"""The evaluation page without a browser: on a fresh machine, on data, on own pictures, and what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.data.synthetic import SYNTHETIC
from fer_core.evaluation.judging import Predictions
from fer_core.settings import PROJECT_ROOT, SHIPPED_MODELS
from fer_core.vision.faces import Box, Face
from fer_core.vision.framing import Framing
from pages import _evaluation_own
from tests.pages.conftest import labels_of, press
from tests.pages.test_training_page import make_run

TABS = ("Classes", "Certainty", "Crowd", "Compare", "Download")
STORED = "Stored with the model"
OWN = "Your own pictures"


@pytest.fixture
def shipped(home: Path) -> Path:
    """The machine as it is fresh from the repository: the shipped model answers."""
    (home / "active_model.json").unlink()
    shutil.rmtree(home / "models")
    return home


@pytest.fixture
def open_tab(home: Path, open_page: Callable[[str], AppTest]) -> Callable[..., AppTest]:
    def run(tab: str = "Classes", **state: Any) -> AppTest:
        app = open_page("evaluation")
        for name, value in {"evaluation-tab": tab, **state}.items():
            app.session_state[name] = value
        return app.run()

    return run


def box(app: AppTest, label: str) -> Any:
    (found,) = [each for each in app.selectbox if each.label == label]
    return found


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.parametrize("public", ["0", "1"], ids=["normal", "public"])
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_on_a_fresh_machine(
    tab: str, public: str, shipped: Path, open_tab: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_PUBLIC", public)
    app = open_tab(tab)
    assert not app.exception
    assert not app.error
    assert box(app, "Model").value == "facet"
    assert box(app, "Judged on").value == STORED


def test_the_headline_is_of_the_stored_predictions(shipped: Path, open_tab: Callable[..., AppTest]) -> None:
    known = Predictions.load(SHIPPED_MODELS / "facet" / "evaluation.npz")
    accuracy = (known.probabilities.argmax(axis=1) == known.truth).mean()
    app = open_tab()
    assert metrics(app)["Accuracy"] == f"{accuracy:.1%}"
    assert any(f"n = {len(known.row):,}" in caption.value for caption in app.caption)


def test_without_the_data_a_cell_says_where_its_faces_are(
    shipped: Path, open_tab: Callable[..., AppTest]
) -> None:
    app = open_tab()
    assert any("not the faces" in info.value for info in app.info)


def test_beta_adds_its_own_column(shipped: Path, open_tab: Callable[..., AppTest]) -> None:
    app = open_tab(beta=3.0)
    table = next(
        each.value for each in app.dataframe if "F2" in each.value.columns and "TP" in each.value.columns
    )
    assert "F3" in table.columns
    assert list(table["class"][-2:]) == ["macro mean", "weighted mean"]


def test_a_model_is_judged_on_the_rows_of_a_data_set_and_shows_faces(
    home: Path, open_tab: Callable[..., AppTest]
) -> None:
    app = open_tab(**{"evaluation-data": SYNTHETIC})
    assert not app.exception
    assert not app.error
    app.session_state["cell-label"] = "happy"
    shown = []
    for answer in ("angry", "happy", "sad", "surprise", "neutral"):
        app.session_state["cell-answer"] = answer
        app = app.run()
        shown.append(sum("facet-faces" in each.proto.body for each in app.get("html")))
    # The small network's answers are arbitrary, but they must lie somewhere: a grid, and one face with its reasons.
    assert max(shown) == 2
    assert list((home / "cache" / "evaluations").glob("*.npz"))


def test_a_model_without_stored_predictions_is_judged_on_data_first(
    home: Path, open_tab: Callable[..., AppTest]
) -> None:
    app = open_tab()
    assert STORED not in box(app, "Judged on").options
    assert not app.error


def test_another_model_without_stored_predictions_is_one_sentence(
    home: Path, open_tab: Callable[..., AppTest]
) -> None:
    app = box(open_tab("Compare"), "Model").select("facet").run()
    app = box(app, "Judged on").select(STORED).run()
    app = box(app, "Set it beside").select("small").run()
    assert not app.exception
    assert ["carries no stored predictions" in error.value for error in app.error] == [True]


def test_facet_is_set_beside_report_by_default(shipped: Path, open_tab: Callable[..., AppTest]) -> None:
    app = open_tab("Compare")
    assert box(app, "Set it beside").value == "report"
    assert any("McNemar" in text.value for text in app.markdown)
    table = next(each.value for each in app.dataframe if "difference" in each.value.columns)
    assert {"accuracy", "macro F2", "recall of sad"} <= set(table["figure"])


def test_the_faces_where_two_models_part_are_shown_of_either_side(
    home: Path, open_tab: Callable[..., AppTest]
) -> None:
    app = box(open_tab("Compare"), "Set it beside").select("facet").run()
    (side,) = [each for each in app.get("button_group") if each.label.startswith("Faces that only one")]
    for name in side.options:
        app = side.set_value(name).run()
        assert not app.exception
        assert not app.error
        shown = sum("facet-faces" in each.proto.body for each in app.get("html"))
        assert shown or any("No face lies here" in info.value for info in app.info)


def test_the_threshold_is_taken_over_by_the_live_page(
    shipped: Path, open_tab: Callable[..., AppTest]
) -> None:
    app = open_tab("Certainty")
    (slider,) = [each for each in app.slider if each.label == "Uncertain below"]
    app = slider.set_value(70).run()
    assert any("below 70%" in text.value for text in app.markdown)
    app = app.switch_page("pages/live.py").run()
    assert any("Below 70%" in caption.value for caption in app.caption)
    assert app.session_state["shopper"].pipeline.smoothing.threshold == pytest.approx(0.7)


class _Finder:
    """Finds one face in every picture that is not of a single grey."""

    framing = Framing(1.0)

    def detect(self, bgr: np.ndarray) -> tuple[Face, ...]:
        height, width = bgr.shape[:2]
        return (Face(Box(0, 0, width, height), 0.9),) if bgr.std() > 1 else ()


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(_evaluation_own, "load_detector", _Finder)
    folder = tmp_path / "pictures"
    random = np.random.default_rng(0)
    for label in ("happy", "sad", "fear"):
        (folder / label).mkdir(parents=True)
        for number in range(3):
            face = random.integers(0, 255, (60, 60, 3)).astype(np.uint8)
            cv2.imwrite(str(folder / label / f"{number}.png"), face)
    cv2.imwrite(str(folder / "sad" / "blank.png"), np.full((60, 80, 3), 90, np.uint8))
    (folder / "happy" / "broken.png").write_bytes(b"no picture")
    return folder


def judge_own(open_tab: Callable[..., AppTest], path: Path, **state: Any) -> AppTest:
    app = open_tab(**{"evaluation-data": OWN, "own-way": "Path on this machine", **state})
    (field,) = [each for each in app.text_input if each.label == "Folder or zip"]
    return press(field.set_value(str(path)).run(), "Judge them")


def test_own_pictures_count_a_missed_face_as_wrong_and_tell_what_is_left_out(
    pictures: Path, open_tab: Callable[..., AppTest]
) -> None:
    app = judge_own(open_tab, pictures)
    assert not app.exception
    assert metrics(app)["No face found"] == "1 of 7"
    assert any("disgust or fear" in caption.value for caption in app.caption)
    assert any("broken.png" in warning.value for warning in app.warning)
    assert "no face" in box(app, "Answered").options


@pytest.mark.parametrize("tab", TABS[1:])
def test_own_pictures_open_every_tab(tab: str, pictures: Path, open_tab: Callable[..., AppTest]) -> None:
    app = judge_own(open_tab, pictures)
    app.session_state["evaluation-tab"] = tab
    app = app.run()
    assert not app.exception
    assert not app.error


def test_own_pictures_are_forgotten_and_leave_nothing_behind(
    pictures: Path, home: Path, open_tab: Callable[..., AppTest]
) -> None:
    app = judge_own(open_tab, pictures)
    # Those of the data set that the page opened with.
    kept = set(home.rglob("*.npz"))
    assert not any(Predictions.load(path).row.size == 7 for path in kept)
    app = press(app, "Forget them")
    assert "Forget them" not in labels_of(app)
    assert not metrics(app)
    assert set(home.rglob("*.npz")) == kept


def test_a_path_without_class_folders_is_one_sentence(
    tmp_path: Path, open_tab: Callable[..., AppTest]
) -> None:
    (tmp_path / "empty").mkdir()
    app = judge_own(open_tab, tmp_path / "empty")
    assert not app.exception
    assert ["folder of a class" in error.value for error in app.error] == [True]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("~nosuchuser/pictures", id="no such home"),
        pytest.param("/" + "x" * 300, id="longer than a name may be"),
        pytest.param("/nowhere/at/all", id="not there"),
    ],
)
def test_an_odd_path_is_one_sentence(path: str, home: Path, open_tab: Callable[..., AppTest]) -> None:
    app = judge_own(open_tab, Path(path))
    assert not app.exception
    assert len(app.error) == 1


def test_strangers_cannot_read_paths_of_the_server(
    open_tab: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_PUBLIC", "1")
    app = open_tab(**{"evaluation-data": OWN})
    (way,) = [each for each in app.get("button_group") if each.label == "From"]
    assert way.options == ["Folder", "Zip"]


@pytest.mark.parametrize("public", ["0", "1"], ids=["normal", "public"])
def test_a_run_that_is_no_model_yet_offers_to_become_one(
    public: str, home: Path, open_tab: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(home, "mine", "stopped")
    run.backup.mkdir()
    run.kept_weights.write_bytes(b"weights")
    monkeypatch.setenv("FACET_PUBLIC", public)
    app = open_tab()
    assert ("run mine" in box(app, "Model").options) == (public == "0")
    if public == "0":
        app = box(app, "Model").select("run mine").run()
        assert not app.exception
        assert "Export only" in labels_of(app)


def test_training_rows_carry_a_warning(home: Path, open_tab: Callable[..., AppTest]) -> None:
    app = open_tab(**{"evaluation-data": SYNTHETIC, "evaluation-rows": "Training"})
    assert any("learnt by heart" in warning.value for warning in app.warning)


def test_the_page_is_short() -> None:
    assert len((PROJECT_ROOT / "pages" / "evaluation.py").read_text().splitlines()) < 60
