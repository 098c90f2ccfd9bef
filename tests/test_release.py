"""From a run to a model that answers: export, parity, evaluation and card, on a tiny network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from fer_core import release as release_module
from fer_core.data.reading import read_csv
from fer_core.errors import DatasetError, ModelError, TrainingError
from fer_core.evaluation.judging import Predictions, judge_dataset
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.model_folder import ModelFolder
from fer_core.on_device import recogniser
from fer_core.on_device.program import Program
from fer_core.on_device.recogniser import recogniser_program
from fer_core.release import PARITY_LIMIT, add_browser_network, browser_network, export_onnx, parity, release
from fer_core.training.networks import NETWORKS, build_network
from fer_core.training.presets import PRESETS, Preset
from fer_core.training.request import TrainingRequest
from fer_core.training.run_folder import RunFolder
from fer_core.training.train import train
from fer_core.vision.classifier import ExpressionClassifier
from tests.fer_files import write_striped_file, write_votes

pytestmark = pytest.mark.trains


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_striped_file(tmp_path_factory.mktemp("data") / "fer.csv")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train(TrainingRequest(data, "tiny", tmp_path_factory.mktemp("runs") / "run", epochs=1))


@pytest.fixture(scope="module")
def released(run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return release(run.path, "striped", tmp_path_factory.mktemp("models"))


def test_the_folder_holds_its_files_and_no_scratch(released: ModelFolder) -> None:
    assert sorted(path.name for path in released.path.iterdir()) == [
        "browser", "card.json", "evaluation.npz", "model.keras", "model.onnx",
    ]  # fmt: skip
    assert [path.name for path in released.browser.parent.iterdir()] == ["network.bin"]
    assert [path.name for path in released.path.parent.iterdir()] == ["striped"]


def test_a_run_that_is_trained_meanwhile_is_refused(run: RunFolder, tmp_path: Path) -> None:
    with run.in_use_by_one(), pytest.raises(TrainingError, match="is in use"):
        release(run.path, "mine", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_the_card_says_what_was_chosen_on_what_and_every_figure_has_its_n(released: ModelFolder) -> None:
    card = released.card
    assert card["labels"] == list(LABELS)
    assert card["training"]["kept_epoch"] == 1
    assert card["parity"]["largest_difference"] < PARITY_LIMIT
    assert card["figures"][0]["name"] == "accuracy"
    assert all(figure["n"] > 0 and figure["rows"] for figure in card["figures"])
    assert card["figures"][0]["low"] < card["figures"][0]["value"] < card["figures"][0]["high"]
    assert set(card["per_class"]) == set(LABELS)
    assert card["limits"]


def test_the_card_names_no_path_of_the_machine_it_was_made_on(released: ModelFolder, data: Path) -> None:
    text = (released.path / "card.json").read_text()
    assert str(data.parent) not in text


def test_the_stored_evaluation_is_what_the_model_says(released: ModelFolder, data: Path) -> None:
    stored = Predictions.load(released.evaluation)
    dataset = read_csv(data)
    assert set(stored.usage) == {"PublicTest"}
    faces = dataset.pixels[np.isin(dataset.row, stored.row)]
    np.testing.assert_allclose(
        ExpressionClassifier(released).classify(faces), stored.probabilities, atol=1e-5
    )
    assert not stored.leaked.any()


def test_a_run_without_votes_keeps_those_named_at_its_release(
    run: RunFolder, data: Path, released: ModelFolder, tmp_path: Path
) -> None:
    assert Predictions.load(released.evaluation).votes is None
    usages = [str(usage) for usage in read_csv(data).usage]
    votes = write_votes(tmp_path / "votes.csv", usages, [[0, 10] + [0] * 8] * len(usages))
    folder = release(run.path, "voted", tmp_path / "models", votes)
    stored = Predictions.load(folder.evaluation)
    assert stored.votes is not None
    assert stored.votes.tolist() == [[0, 10] + [0] * 8] * len(stored.row)


def test_two_heads_are_released_as_one_and_the_card_says_how(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = Preset("pair", "tiny", "release", LABELS, epochs=1, vote_head=True, keep="best")
    monkeypatch.setitem(PRESETS, "pair", preset)
    usages = [str(usage) for usage in read_csv(data).usage]
    votes = write_votes(tmp_path / "votes.csv", usages, [[3, 7] + [0] * 8] * len(usages))
    run = train(TrainingRequest(data, "pair", tmp_path / "run", votes=votes))
    folder = release(run.path, "pair", tmp_path / "models")
    blend = folder.card["blend"]
    assert 0 <= blend["label_share"] <= 1
    assert blend["rows"] == blend["crowd_rows"] == len(run.record()["validation_rows"])
    assert "a head that learnt the original labels" in folder.card["description"]
    crowd = {figure["name"]: figure for figure in folder.card["figures"]}[
        "agreement with the crowd's majority"
    ]
    assert (crowd["n"], crowd["low"] <= crowd["value"] <= crowd["high"]) == (70, True)
    # Its Keras file is an ordinary network with one head.
    network = keras.models.load_model(folder.keras)
    assert network.output_shape == (None, len(LABELS))
    assert network.count_params() == folder.card["parameters"] == 1_420


def test_the_keras_file_opens_and_is_compressed(released: ModelFolder) -> None:
    import zipfile

    with zipfile.ZipFile(released.keras) as archive:
        weights = archive.getinfo("model.weights.h5")
        assert weights.compress_type == zipfile.ZIP_DEFLATED
    network = keras.models.load_model(released.keras)
    faces = np.random.default_rng(0).integers(0, 256, (8, 48, 48)).astype(np.uint8)
    assert parity(network, released.onnx, faces) < PARITY_LIMIT


def test_leaks_are_known_without_the_training_file(released: ModelFolder, data: Path, tmp_path: Path) -> None:
    header, *lines = data.read_text().splitlines()
    copied = lines[0].removesuffix("Training") + "PublicTest"
    path = tmp_path / "public.csv"
    path.write_text("\n".join((header, copied, *lines[140:])) + "\n")
    evaluation = judge_dataset(released, read_csv(path), ("PublicTest",)).to_json()
    assert evaluation["leaked_rows"] == 1
    assert evaluation["n"] == 51
    assert evaluation["skipped"] == 20


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_network_exports_faithfully(name: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    network = build_network(name, 7)
    for weight in network.weights:
        # Fresh biases and normalisations are trivial; an export that lost them would pass unseen.
        noise = np.random.default_rng(2).normal(0, 0.05, weight.shape)
        weight.assign(np.abs(np.asarray(weight) + noise) if "variance" in weight.path else weight + noise)
    export_onnx(network, tmp_path / "model.onnx")
    faces = np.random.default_rng(0).integers(0, 256, (256, 48, 48)).astype(np.uint8)
    assert parity(network, tmp_path / "model.onnx", faces) < PARITY_LIMIT
    found = browser_network(network, tmp_path, FER2013_LABELS, faces)
    assert found == {"largest_difference": pytest.approx(0, abs=PARITY_LIMIT), "faces": 256}
    program = Program.from_bytes((tmp_path / "browser" / "network.bin").read_bytes())
    assert program.notes == {"labels": list(FER2013_LABELS)}


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        pytest.param(keras.layers.Conv2D(5, 3, dilation_rate=2), "Conv2D", id="dilated"),
        pytest.param(keras.layers.Conv2D(5, 3, activation="gelu"), "'gelu'", id="another activation"),
        pytest.param(keras.layers.AveragePooling2D(2), "AveragePooling2D", id="another layer"),
        pytest.param(keras.layers.MaxPooling2D(3), "MaxPooling2D", id="a larger pool"),
        pytest.param(keras.layers.ReLU(6), "ReLU", id="a ReLU with a lid"),
        pytest.param(keras.layers.BatchNormalization(), "BatchNormalization", id="nothing to take it in"),
    ],
)
def test_what_the_browser_cannot_run_is_said(layer: keras.Layer, said: str) -> None:
    network = keras.Sequential(
        [keras.Input((48, 48, 1)), layer, keras.layers.Flatten(), keras.layers.Dense(5, activation="softmax")]
    )
    with pytest.raises(ModelError, match=f"browser cannot run .*{said}"):
        recogniser_program(network, LABELS)


def test_a_network_within_a_network_and_a_layer_used_twice_are_refused(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()])
    picture = keras.Input((48, 48, 1))
    nested = keras.Model(picture, keras.layers.Dense(5, activation="softmax")(inner(picture)))
    twice = keras.layers.Conv2D(1, 3, padding="same")
    looped = keras.layers.Flatten()(twice(twice(picture)))
    again = keras.Model(picture, keras.layers.Dense(5, activation="softmax")(looped))
    with pytest.raises(ModelError, match="browser cannot"):
        recogniser_program(nested, LABELS)
    # Told by what it answers, since a layer does not say how often this network uses it.
    export_onnx(again, tmp_path / "model.onnx")
    faces = np.random.default_rng(0).integers(0, 256, (16, 48, 48), np.uint8)
    with pytest.raises(ModelError, match="for the browser differs"):
        browser_network(again, tmp_path, LABELS, faces)
    assert not (tmp_path / "browser").exists()


def test_a_network_that_differs_in_the_browser_is_not_released(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recogniser, "PARITY_LIMIT", -1.0)
    with pytest.raises(ModelError, match="for the browser differs"):
        release(run.path, "wrong", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_one_gets_its_network_for_the_browser(released: ModelFolder, tmp_path: Path) -> None:
    shutil.copytree(released.path, tmp_path / "older")
    older = ModelFolder.open(tmp_path / "older")
    older.browser.unlink()
    add_browser_network(older)
    assert older.browser.read_bytes() == released.browser.read_bytes()
    older.keras.unlink()
    with pytest.raises(ModelError, match="no Keras file"):
        add_browser_network(older)


def test_a_network_that_differs_from_its_export_is_not_released(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_module, "parity", lambda *_: 0.01)
    with pytest.raises(ModelError, match="differs from the trained one"):
        release(run.path, "wrong", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("../up", id="would leave the folder"),
        pytest.param("", id="empty"),
        pytest.param("Über", id="not every file system keeps it"),
        pytest.param("a/b", id="a folder inside"),
    ],
)
def test_names_that_cannot_be_folders_are_refused(run: RunFolder, name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="name is made of"):
        release(run.path, name, tmp_path)


def test_a_taken_name_is_refused(run: RunFolder, released: ModelFolder) -> None:
    with pytest.raises(ModelError, match="already"):
        release(run.path, released.name, released.path.parent)


def test_an_unfinished_run_is_refused(run: RunFolder, tmp_path: Path) -> None:
    copy = RunFolder(tmp_path / "copy")
    copy.path.mkdir()
    (copy.path / "run.json").write_text(json.dumps(run.record() | {"state": "running"}))
    with pytest.raises(TrainingError, match="not finished"):
        release(copy.path, "early", tmp_path / "models")


def test_data_that_is_gone_is_named(run: RunFolder, tmp_path: Path) -> None:
    copy = RunFolder(tmp_path / "copy")
    copy.path.mkdir()
    record = run.record()
    record["data"]["file"] = str(tmp_path / "gone.csv")
    (copy.path / "run.json").write_text(json.dumps(record))
    with pytest.raises(DatasetError, match=r"gone\.csv"):
        release(copy.path, "orphan", tmp_path / "models")


def test_data_that_changed_since_the_run_are_refused(run: RunFolder, data: Path, tmp_path: Path) -> None:
    copy = RunFolder(shutil.copytree(run.path, tmp_path / "copy"))
    other = tmp_path / "other.csv"
    other.write_bytes(data.read_bytes() + b"\n")
    copy.write_record(data={**copy.record()["data"], "file": str(other)})
    with pytest.raises(DatasetError, match="has changed"):
        release(copy.path, "other", tmp_path / "models")
