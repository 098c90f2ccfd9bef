"""From a finished run to a model folder: float32 network, ONNX export with parity check, evaluation, card."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import onnxruntime

from fer_core.data.cache import content_digest
from fer_core.data.reading import FerDataset
from fer_core.data.sources import read_dataset
from fer_core.errors import DatasetError, ModelError, TrainingError
from fer_core.evaluation.calibration import Blend, choose_blend
from fer_core.labels import TAG_TO_POSITION
from fer_core.model_card import describe_run, judge_into, write_card
from fer_core.model_folder import ModelFolder, new_model_folder
from fer_core.on_device.recogniser import write_recogniser
from fer_core.preprocessing import FACE_SIZE, to_model_input
from fer_core.training.heads import pooled_heads, two_headed
from fer_core.training.networks import network_of
from fer_core.training.overrides import preset_of_record
from fer_core.training.run_folder import RunFolder

#: The largest difference allowed between a Keras and an ONNX probability.
PARITY_LIMIT: Final = 1e-4
PARITY_FACES: Final = 256


def release(run_dir: Path, name: str, into: Path, votes: Path | None = None) -> ModelFolder:
    """Make a finished run a model folder ``into/name``.

    The crowd's votes are kept beside the predictions; ``votes`` names their file for a run that trained without.

    The folder appears complete or not at all: model.keras, model.onnx and browser/network.bin (equal within PARITY_LIMIT
    on PARITY_FACES faces), evaluation.npz (PublicTest) and card.json.

    Raises:
        TrainingError: the folder is no finished run.
        DatasetError: the run's data set is gone or changed.
        ModelError: the name cannot be used or is taken, or the exported network differs from the trained one.
    """
    run = RunFolder(run_dir)
    run.record()
    # Were it resumed meanwhile, its weights and its history would be of two moments.
    with run.in_use_by_one(), new_model_folder(name, into) as folder:
        record = run.record()
        if record.get("state") not in ("finished", "stopped"):
            raise TrainingError(f"{run_dir} is not finished; run its train command again to go on.")
        dataset = _read_data(record, votes)
        # A stopped run has its best weights as well; only one that never ended an epoch has none.
        if not run.kept_weights.exists():
            raise TrainingError(f"{run_dir} has no weights yet; let it finish an epoch.")
        network, blend = _trained_network(run, record, dataset)
        save_compressed(network, folder / "model.keras")
        export_onnx(network, folder / "model.onnx")
        faces = dataset.pixels[:PARITY_FACES]
        agreement = check_parity(network, folder / "model.onnx", faces)
        # Of two heads one is left.
        card = describe_run(name, run, record | {"parameters": network.count_params()}, blend)
        card["parity"] = agreement
        card["browser_parity"] = browser_network(network, folder, card["labels"], faces)
        write_card(folder, card)
        judge_into(folder, card, dataset)
        write_card(folder, card)
        run.write_record(model=name)
    return ModelFolder.open(into / name)


def export_onnx(network: keras.Model, path: Path) -> None:
    """Write a network as ONNX: float32 (N, 48, 48, 1) in, (N, K) out, any N."""
    # Keras exports only what has been called.
    network(np.zeros((1, *network.input_shape[1:]), np.float32), training=False)
    network.export(path, format="onnx", verbose=False)


def parity(network: keras.Model, onnx: Path, faces: npt.NDArray[np.uint8]) -> float:
    """The largest difference of any probability between a Keras network and its ONNX export.

    Args:
        network: takes float32 (N, 48, 48, 1).
        onnx: its export.
        faces: (N, 48, 48) uint8.
    """
    pictures = to_model_input(faces)
    session = onnxruntime.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
    exported = session.run(None, {session.get_inputs()[0].name: pictures})[0]
    trained = keras.ops.convert_to_numpy(network(pictures, training=False))
    return float(np.abs(exported - trained).max())


def check_parity(network: keras.Model, onnx: Path, faces: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """The card's ``parity`` entry; ModelError where any probability differs by PARITY_LIMIT or more.

    Args:
        network: takes float32 (N, 48, 48, 1).
        onnx: its export.
        faces: (N, 48, 48) uint8.
    """
    difference = parity(network, onnx, faces)
    if not difference < PARITY_LIMIT:
        raise ModelError(
            f"The exported network differs from the trained one by {difference:.1e} on {len(faces)} faces; "
            f"expected less than {PARITY_LIMIT:.0e}. No model was made of it."
        )
    return {"largest_difference": difference, "faces": len(faces)}


def browser_network(
    network: keras.Model, folder: Path, labels: Sequence[str], faces: npt.NDArray[np.uint8]
) -> dict[str, Any]:
    """Write the network for the browser beside ``folder/model.onnx``; the card's ``browser_parity`` entry.

    Raises:
        ModelError: it holds a layer that the browser cannot run, or answers differently.
    """
    target = folder / "browser" / "network.bin"
    difference = write_recogniser(network, target, labels, folder / "model.onnx", faces)
    return {"largest_difference": difference, "faces": len(faces)}


def add_browser_network(model: ModelFolder) -> None:
    """Give a model that came without one (the shipped ones, and those released before) its network for the browser.

    Raises:
        ModelError: it has no Keras file, the browser cannot run it, or its folder cannot be written.
    """
    if not model.keras.is_file():
        raise ModelError(f"The model {model.name!r} has no Keras file to make the browser's network from.")
    faces = np.random.default_rng(0).integers(0, 256, (PARITY_FACES, FACE_SIZE, FACE_SIZE), np.uint8)
    try:
        browser_network(load_network(model.keras), model.path, model.output_labels, faces)
    except OSError as error:
        raise ModelError(f"{model.browser} cannot be written: {error.strerror}.") from error


def load_network(path: Path) -> keras.Model:
    """Open a ``.keras`` file that may come from anybody, without running code that it brings along.

    Raises:
        ModelError: it is no Keras model, damaged, or needs code of its own.
    """
    try:
        network = keras.saving.load_model(path, safe_mode=True, compile=False)
    except Exception as error:
        raise ModelError(
            f"The Keras file cannot be opened safely ({_first_sentence(error)}); expected a whole .keras file of "
            "plain Keras layers, without Lambda layers and classes of its own."
        ) from error
    if not isinstance(network, keras.Model):
        raise ModelError(f"Expected a Keras model, got a {type(network).__name__}; save the whole model.")
    return network


def save_compressed(network: keras.Model, path: Path) -> None:
    """Keras stores its archive uncompressed; kernels of half precision shrink to about half when it is not."""
    plain = path.with_suffix(".plain.keras")
    network.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            target.writestr(item.filename, source.read(item))
    plain.unlink()


def _first_sentence(error: Exception) -> str:
    # Keras goes on to advise a person to load the file unsafely.
    text = " ".join(str(error).split()).partition(". ")[0]
    return text[:200].rstrip(".") or type(error).__name__


def _read_data(record: dict[str, Any], votes: Path | None) -> FerDataset:
    data = record["data"]
    # Other rows at the same place would be judged under this run's name.
    for file, digest in ((data["file"], data["sha256"]), (data.get("votes_file"), data.get("votes_sha256"))):
        if file and digest and content_digest(Path(file)) != digest:
            raise DatasetError(f"{file} has changed since the run; put back what it was trained on.")
    votes = votes or (Path(data["votes_file"]) if data.get("votes_file") else None)
    return read_dataset(Path(data["file"]), votes)


def _trained_network(
    run: RunFolder, record: dict[str, Any], dataset: FerDataset
) -> tuple[keras.Model, Blend | None]:
    """The run's network with one head, and the blend of two heads it holds, or None where it was trained with one."""
    preset = preset_of_record(record["preset"])
    # Built anew so that a network trained in bfloat16 is saved and exported in float32.
    network = network_of(preset)
    trained = two_headed(network) if preset.vote_head else network
    try:
        trained.load_weights(run.kept_weights)
    except (OSError, ValueError) as error:
        raise TrainingError(f"The weights of {run.path} do not fit its record: {error}.") from error
    blend = None
    if trained is not network:
        blend = _blend_on_held_back(trained, record, dataset)
        network = pooled_heads(trained, blend.label_share, blend.temperature)
    for weight in network.trainable_weights:
        # Half precision is far finer than what training leaves certain, and lets the files compress. Biases and
        # normalisations are few and stay whole.
        if len(weight.shape) > 1:
            weight.assign(keras.ops.convert_to_numpy(weight).astype(np.float16).astype(np.float32))
    return network, blend


def _blend_on_held_back(trained: keras.Model, record: dict[str, Any], dataset: FerDataset) -> Blend:
    held = np.flatnonzero(np.isin(dataset.row, record["validation_rows"]))
    shares = trained.predict(to_model_input(dataset.pixels[held]), batch_size=256, verbose=0)
    truth = TAG_TO_POSITION[dataset.emotion[held]].astype(np.int64)
    return choose_blend(shares, truth, None if dataset.votes is None else dataset.votes[held])
