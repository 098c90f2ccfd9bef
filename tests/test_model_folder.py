"""Model folders and the pointer to the active one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fer_core import model_folder
from fer_core.errors import ModelError
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.model_folder import ModelFolder, activate_model, active_model, find_model, model_names
from fer_core.settings import Settings


def make(folder: Path, card: Any = None, onnx: bytes = b"network") -> Path:
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(onnx)
    (folder / "card.json").write_text(json.dumps({"labels": list(LABELS)} if card is None else card))
    return folder


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with nothing in it, and one shipped model."""
    make(tmp_path / "shipped" / "facet")
    monkeypatch.setattr(model_folder, "SHIPPED_MODELS", tmp_path / "shipped")
    return Settings.from_environment({"FACET_HOME": str(tmp_path / "home")})


@pytest.mark.parametrize("labels", [LABELS, FER2013_LABELS])
def test_a_folder_opens_with_five_or_seven_outputs(tmp_path: Path, labels: tuple[str, ...]) -> None:
    folder = ModelFolder.open(make(tmp_path / "mine", {"labels": list(labels)}))
    assert folder.output_labels == labels
    assert folder.name == "mine"
    assert folder.onnx.is_file()


def test_a_missing_folder() -> None:
    with pytest.raises(ModelError, match="no model folder"):
        ModelFolder.open(Path("/nonexistent/model"))


@pytest.mark.parametrize("name", ["model.onnx", "card.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (make(tmp_path / "mine") / name).unlink()
    with pytest.raises(ModelError, match=f"has no {name}"):
        ModelFolder.open(tmp_path / "mine")


@pytest.mark.parametrize(
    "card",
    [
        pytest.param({}, id="no labels"),
        pytest.param({"labels": "angry"}, id="a text"),
        pytest.param({"labels": list(LABELS[:4])}, id="one missing"),
        pytest.param({"labels": None}, id="null"),
        pytest.param([1, 2], id="no object"),
    ],
)
def test_a_card_must_list_the_outputs(tmp_path: Path, card: Any) -> None:
    with pytest.raises(ModelError, match="labels"):
        ModelFolder.open(make(tmp_path / "mine", card))


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe\x00"])
def test_a_damaged_card(tmp_path: Path, content: bytes) -> None:
    (make(tmp_path / "mine") / "card.json").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read"):
        ModelFolder.open(tmp_path / "mine")


def test_the_shipped_model_answers_until_another_is_promoted(settings: Settings) -> None:
    assert active_model(settings).name == "facet"
    make(settings.released_models / "better")
    assert active_model(settings).name == "facet"
    assert activate_model("better", settings).name == "better"
    assert active_model(settings).path == settings.released_models / "better"
    assert activate_model("facet", settings).name == active_model(settings).name == "facet"


def test_names_are_sorted_and_each_once(settings: Settings) -> None:
    make(settings.released_models / "alpha")
    make(settings.released_models / "facet")
    assert model_names(settings) == ["alpha", "facet"]


def test_a_released_model_hides_a_shipped_one_of_its_name(settings: Settings) -> None:
    make(settings.released_models / "facet")
    assert find_model("facet", settings).path == settings.released_models / "facet"


def test_an_unknown_name_lists_the_valid_ones(settings: Settings) -> None:
    with pytest.raises(ModelError, match=r"nothing.*facet"):
        activate_model("nothing", settings)
    assert not settings.active_model_pointer.exists()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="cut off"),
        pytest.param("{}", id="no name"),
        pytest.param("[]", id="no object"),
        pytest.param('{"name": "gone"}', id="a model that was deleted"),
    ],
)
def test_a_damaged_pointer_is_an_error_not_another_model(settings: Settings, content: str) -> None:
    settings.home.mkdir()
    settings.active_model_pointer.write_text(content)
    with pytest.raises(ModelError):
        active_model(settings)
