"""What ships in models/: whole, small, and as good as its card says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fer_core.data.quality import pixel_hashes
from fer_core.evaluation.judging import Predictions, stored_training_hashes
from fer_core.evaluation.metrics import measure
from fer_core.labels import FER2013_LABELS, LABELS, TAG_TO_POSITION
from fer_core.model_folder import ModelFolder
from fer_core.settings import SHIPPED_MODELS
from fer_core.vision.classifier import ExpressionClassifier

MODELS = ("facet", "report")


@pytest.fixture(params=MODELS)
def folder(request: pytest.FixtureRequest) -> ModelFolder:
    return ModelFolder.open(SHIPPED_MODELS / request.param)


def test_both_are_there_and_nothing_else_and_together_they_are_small() -> None:
    assert sorted(path.name for path in SHIPPED_MODELS.iterdir() if path.is_dir()) == list(MODELS)
    # Networks for the browser are made here, not shipped.
    shipped = [path for path in SHIPPED_MODELS.rglob("*") if path.is_file() and path.parent.name != "browser"]
    assert sum(path.stat().st_size for path in shipped) <= 20_000_000


def test_a_model_is_whole(folder: ModelFolder) -> None:
    assert {path.name for path in folder.path.iterdir()} - {"browser"} == {
        "model.onnx", "model.keras", "card.json", "evaluation.npz",
    }  # fmt: skip


def test_the_outputs_are_what_the_presets_say() -> None:
    assert ModelFolder.open(SHIPPED_MODELS / "facet").output_labels == LABELS
    assert ModelFolder.open(SHIPPED_MODELS / "report").output_labels == FER2013_LABELS


def test_the_card_s_figures_follow_from_the_stored_predictions(folder: ModelFolder) -> None:
    stored = Predictions.load(folder.evaluation)
    figures = {figure["name"]: figure for figure in folder.card["figures"]}
    everything = measure(stored.truth, stored.probabilities)
    clean = measure(stored.truth[~stored.leaked], stored.probabilities[~stored.leaked])
    assert figures["accuracy"]["n"] == everything.n == 3_037
    assert figures["accuracy"]["value"] == pytest.approx(everything.accuracy)
    assert (figures["accuracy"]["low"], figures["accuracy"]["high"]) == pytest.approx(
        everything.accuracy_interval
    )
    assert figures["accuracy without leaked rows"]["n"] == clean.n == 2_819
    assert figures["accuracy without leaked rows"]["value"] == pytest.approx(clean.accuracy)
    assert figures["macro F1"]["value"] == pytest.approx(everything.macro_f1)
    assert stored.votes is not None
    assert stored.votes.shape == (3_037, 10)


def test_the_card_says_where_the_model_comes_from(folder: ModelFolder) -> None:
    card = folder.card
    assert card["parity"]["largest_difference"] < 1e-4
    assert card["parity"]["faces"] == 256
    assert card["training"]["epochs"] >= 30
    assert len(card["data"]["sha256"]) == 64
    assert card["limits"]


def test_facet_reaches_what_the_package_fer_reaches() -> None:
    """What ``benchmarks/recogniser.py`` measured for ``fer`` 25.10.3 on the same rows (benchmarks/results.md)."""
    figures = {
        figure["name"]: figure["value"]
        for figure in ModelFolder.open(SHIPPED_MODELS / "facet").card["figures"]
    }
    assert figures["accuracy"] >= 0.735
    assert figures["accuracy without leaked rows"] >= 0.720
    assert figures["agreement with the crowd's majority"] >= 0.756


def test_no_epoch_was_picked_on_reported_rows(folder: ModelFolder) -> None:
    training = folder.card["training"]
    assert training["preset"]["keep"] == "last" or training["recipe"]["held_back"] > 0


def test_on_the_real_rows_the_model_says_what_is_stored(folder: ModelFolder, test_data: Path) -> None:
    data = np.load(test_data / "fer2013_dev.npz")
    stored = Predictions.load(folder.evaluation)
    faces = data["pixels"][stored.row]
    assert (TAG_TO_POSITION[data["emotion"][stored.row]] == stored.truth).all()
    assert set(data["usage"][stored.row]) == {"PublicTest"}
    said = ExpressionClassifier(folder).classify(faces)
    # Another processor may round differently; the answers stay.
    np.testing.assert_allclose(said, stored.probabilities, atol=1e-3)
    training = pixel_hashes(data["pixels"][data["usage"] == "Training"])
    assert (np.isin(pixel_hashes(faces), training) == stored.leaked).all()
    assert (np.unique(training) == stored_training_hashes(folder)).all()


@pytest.mark.trains
def test_the_keras_file_and_the_onnx_file_agree(folder: ModelFolder) -> None:
    import keras

    from fer_core.release import PARITY_LIMIT, parity

    network = keras.models.load_model(folder.keras)
    faces = np.random.default_rng(0).integers(0, 256, (64, 48, 48)).astype(np.uint8)
    assert parity(network, folder.onnx, faces) < PARITY_LIMIT
