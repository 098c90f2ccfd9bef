"""Model folders and the pointer to the active one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fer_core import model_folder
from fer_core.errors import ModelError
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.model_folder import (
    MOST_PREVIOUS,
    ModelFolder,
    activate_model,
    active_model,
    deactivate_model,
    delete_model,
    find_model,
    model_names,
    new_model_folder,
    previous_model,
)
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


def released(settings: Settings, *names: str) -> None:
    for name in names:
        make(settings.released_models / name)


def promote(settings: Settings, *names: str) -> None:
    for name in names:
        activate_model(name, settings)


def test_the_pointer_remembers_what_was_active_before(settings: Settings) -> None:
    released(settings, "a", "b")
    promote(settings, "a", "b", "b", "a")
    assert json.loads(settings.active_model_pointer.read_text()) == {"name": "a", "previous": ["b", "a"]}
    assert sorted(path.name for path in settings.home.iterdir() if path.name[0] != ".") == [
        "active_model.json", "models",
    ]  # fmt: skip


def test_going_back_retraces_every_step_to_the_default(settings: Settings) -> None:
    released(settings, "a", "b")
    promote(settings, "a", "b", "a")
    gone_back = []
    while previous_model(settings) is not None:
        expected = previous_model(settings)
        gone_back.append(deactivate_model(settings).name)
        assert active_model(settings).name == gone_back[-1] == expected
    assert gone_back == ["b", "a", "facet"]
    with pytest.raises(ModelError, match="none to go back to"):
        deactivate_model(settings)
    assert active_model(settings).name == "facet"


def test_nothing_answered_before_the_default(settings: Settings) -> None:
    assert previous_model(settings) is None
    promote(settings, "facet")
    assert previous_model(settings) is None


def test_a_pointer_without_a_history_goes_back_to_the_default(settings: Settings) -> None:
    released(settings, "old", "new")
    settings.active_model_pointer.write_text('{"name": "old"}')
    assert active_model(settings).name == "old"
    assert previous_model(settings) == "facet"
    promote(settings, "new")
    assert previous_model(settings) == "old"


@pytest.mark.parametrize(
    ("gone", "before"),
    [
        pytest.param([], "b", id="none"),
        pytest.param(["b"], "a", id="the one before"),
        pytest.param(["c"], "b", id="the active one itself"),
        pytest.param(["a", "b"], "facet", id="all before"),
    ],
)
def test_models_that_are_gone_are_passed_over(settings: Settings, gone: list[str], before: str) -> None:
    released(settings, "a", "b", "c")
    promote(settings, "a", "b", "c")
    for name in gone:
        shutil.rmtree(settings.released_models / name)
    assert previous_model(settings) == before
    assert deactivate_model(settings).name == before


def test_the_history_does_not_grow_for_ever(settings: Settings) -> None:
    released(settings, "a", "b")
    promote(settings, *("a", "b") * MOST_PREVIOUS)
    assert len(json.loads(settings.active_model_pointer.read_text())["previous"]) == MOST_PREVIOUS


def test_promoting_mends_a_damaged_pointer(settings: Settings) -> None:
    released(settings, "a")
    settings.active_model_pointer.write_text('{"name": "a", "previous": 7}')
    with pytest.raises(ModelError, match="damaged"):
        deactivate_model(settings)
    promote(settings, "a")
    assert active_model(settings).name == "a"
    assert previous_model(settings) == "facet"


def test_many_who_promote_at_once_take_turns(settings: Settings) -> None:
    names = [f"m{number}" for number in range(12)]
    released(settings, *names)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: activate_model(name, settings), names))
    pointer = json.loads(settings.active_model_pointer.read_text())
    assert sorted([pointer["name"], *pointer["previous"]]) == sorted(names)


def test_a_home_that_cannot_be_written_is_one_sentence(settings: Settings) -> None:
    settings.home.write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="cannot be written"):
        activate_model("facet", settings)


def test_a_released_model_is_deleted_and_can_be_released_again(settings: Settings) -> None:
    released(settings, "a")
    delete_model("a", settings)
    assert list(settings.released_models.iterdir()) == []
    released(settings, "a")
    assert find_model("a", settings).name == "a"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        pytest.param("facet", "comes with Facet", id="shipped"),
        pytest.param("active", "is the active one", id="active"),
        pytest.param(
            "gone", r"no model named 'gone' released here; there are \['active', 'other'\]", id="none"
        ),
        pytest.param("", "no model named", id="no name"),
        pytest.param(".", "no model named", id="the folder of all models"),
        pytest.param("..", "no model named", id="FACET_HOME"),
        pytest.param("../runs", "no model named", id="outside"),
        pytest.param("other/../other", "no model named", id="a way round"),
    ],
)
def test_what_must_not_be_deleted_stays(settings: Settings, name: str, sentence: str) -> None:
    released(settings, "active", "other")
    make(settings.runs)
    promote(settings, "active")
    with pytest.raises(ModelError, match=sentence):
        delete_model(name, settings)
    assert model_names(settings) == ["active", "facet", "other"]
    assert (settings.runs / "card.json").exists()


def test_a_released_model_that_hides_the_default_and_answers_stays(settings: Settings) -> None:
    released(settings, "facet", "a")
    with pytest.raises(ModelError, match="active one"):
        delete_model("facet", settings)
    promote(settings, "a")
    delete_model("facet", settings)
    assert find_model("facet", settings).path.parent.name == "shipped"


def test_a_damaged_model_can_be_deleted(settings: Settings) -> None:
    released(settings, "a")
    (settings.released_models / "a" / "card.json").unlink()
    delete_model("a", settings)
    assert not (settings.released_models / "a").exists()


def test_the_identity_stays_while_nothing_changes(tmp_path: Path) -> None:
    path = make(tmp_path / "mine")
    assert ModelFolder.open(path).identity == ModelFolder.open(path).identity


def again(path: Path) -> Path:
    """Deleted, and released a moment later with files of the same size."""
    shutil.rmtree(path)
    make(path)
    for file in path.iterdir():
        os.utime(file, ns=(1, 1))
    return path


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(again, id="deleted and released again"),
        pytest.param(lambda path: path.rename(path.with_name("other")), id="another folder"),
        pytest.param(
            lambda path: (path / "model.onnx").write_bytes(b"longer network") and path, id="network"
        ),
        pytest.param(lambda path: (path / "card.json").open("a").write("\n") and path, id="card"),
    ],
)
def test_the_identity_tells_apart_what_has_changed(tmp_path: Path, change: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "mine")
    before = ModelFolder.open(path).identity
    assert ModelFolder.open(change(path)).identity != before


def test_a_folder_that_vanished_has_no_identity(tmp_path: Path) -> None:
    folder = ModelFolder.open(make(tmp_path / "mine"))
    folder.onnx.unlink()
    with pytest.raises(ModelError, match=r"has lost model\.onnx"):
        _ = folder.identity


def test_a_new_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with new_model_folder("mine", tmp_path / "models") as folder:
        (folder / "card.json").write_text("{}")
        assert not (tmp_path / "models" / "mine").exists()
    assert (tmp_path / "models" / "mine" / "card.json").exists()
    with pytest.raises(RuntimeError), new_model_folder("other", tmp_path / "models") as folder:
        raise RuntimeError
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]


@pytest.mark.parametrize("name", [".releasing-x", ".deleting-x"])
def test_what_was_killed_long_ago_is_swept_and_what_is_under_way_is_not(tmp_path: Path, name: str) -> None:
    old, new = tmp_path / f"{name}1", tmp_path / f"{name}2"
    for folder in (old, new):
        folder.mkdir()
        (folder / "model.onnx").write_bytes(b"half")
    os.utime(old, (0, 0))
    with new_model_folder("mine", tmp_path):
        assert (old.exists(), new.exists()) == (False, True)


def test_a_name_that_was_taken_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="already"), new_model_folder("mine", tmp_path):
        make(tmp_path / "mine")
    assert ModelFolder.open(tmp_path / "mine").onnx.read_bytes() == b"network"


def test_a_place_that_cannot_hold_models_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="No model can be written"), new_model_folder("a", tmp_path / "file"):
        pass
