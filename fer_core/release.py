"""From a finished run to a model folder: float32 network, ONNX export with parity check, evaluation, card."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import onnxruntime

from fer_core.data.reading import FerDataset
from fer_core.data.sources import read_dataset
from fer_core.errors import ModelError, TrainingError
from fer_core.evaluation.calibration import Blend, choose_blend
from fer_core.evaluation.judging import judge_dataset, training_hashes
from fer_core.labels import TAG_TO_POSITION
from fer_core.model_card import crowd_figures_of, describe_run, figures_of
from fer_core.model_folder import ModelFolder
from fer_core.preprocessing import to_model_input
from fer_core.training.heads import fold_heads, two_headed
from fer_core.training.networks import build_network
from fer_core.training.run_folder import RunFolder
from fer_core.vision.classifier import ExpressionClassifier

#: The largest difference allowed between a Keras and an ONNX probability.
PARITY_LIMIT: Final = 1e-4
PARITY_FACES: Final = 256


def release(run_dir: Path, name: str, into: Path, votes: Path | None = None) -> ModelFolder:
    """Make a finished run a model folder ``into/name``.

    The crowd's votes are kept beside the predictions; ``votes`` names their file for a run that trained without.

    The folder appears complete or not at all: model.keras, model.onnx (equal within PARITY_LIMIT on PARITY_FACES
    faces), evaluation.npz (PublicTest) and card.json.

    Raises:
        TrainingError: the folder is no finished run.
        DatasetError: the run's data set is gone or changed.
        ModelError: the name cannot be used or is taken, or the exported network differs from the trained one.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
        raise ModelError(f"A model's name is made of a-z, 0-9, dot, dash and underscore, got {name!r}.")
    target = into / name
    if target.exists():
        raise ModelError(f"There is a model at {target} already; choose another name or remove it first.")
    run = RunFolder(run_dir)
    record = run.record()
    if record.get("state") != "finished":
        raise TrainingError(f"{run_dir} is not finished; run its train command again to go on.")
    dataset = _read_data(record, votes)
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".releasing-") as scratch:
        folder = Path(scratch) / name
        folder.mkdir()
        network, blend = _trained_network(run, record, dataset)
        _save_compressed(network, folder / "model.keras")
        export_onnx(network, folder / "model.onnx")
        difference = parity(network, folder / "model.onnx", dataset.pixels[:PARITY_FACES])
        if not difference < PARITY_LIMIT:
            raise ModelError(
                f"The exported network differs from the trained one by {difference:.1e} on {PARITY_FACES} faces; "
                f"expected less than {PARITY_LIMIT:.0e}. Nothing was released."
            )
        # Of two heads one is left.
        card = describe_run(name, run, record | {"parameters": network.count_params()}, blend)
        card["parity"] = {"largest_difference": difference, "faces": min(PARITY_FACES, len(dataset))}
        _write_card(folder, card)
        evaluation = judge_dataset(ModelFolder.open(folder), dataset, ("PublicTest",))
        if len(evaluation.predictions.row):
            evaluation.predictions.save(folder / "evaluation.npz", training_hashes(dataset))
            card.update(figures_of(evaluation))
            card["figures"] += crowd_figures_of(ExpressionClassifier(ModelFolder.open(folder)), dataset)
        _write_card(folder, card)
        shutil.move(folder, target)
    return ModelFolder.open(target)


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


def _read_data(record: dict[str, Any], votes: Path | None) -> FerDataset:
    data = record["data"]
    votes = votes or (Path(data["votes_file"]) if data.get("votes_file") else None)
    return read_dataset(Path(data["file"]), votes)


def _trained_network(
    run: RunFolder, record: dict[str, Any], dataset: FerDataset
) -> tuple[keras.Model, Blend | None]:
    """The run's network with one head, and the blend of two heads it holds, or None where it was trained with one."""
    preset = record["preset"]
    # Built anew so that a network trained in bfloat16 is saved and exported in float32.
    network = build_network(preset["network"], len(preset["output_labels"]))
    trained = two_headed(network) if preset.get("vote_head") else network
    try:
        trained.load_weights(run.kept_weights)
    except (OSError, ValueError) as error:
        raise TrainingError(f"The weights of {run.path} do not fit its record: {error}.") from error
    blend = None
    if trained is not network:
        blend = _blend_on_held_back(trained, record, dataset)
        fold_heads(network, trained, blend.label_share, blend.temperature)
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


def _save_compressed(network: keras.Model, path: Path) -> None:
    """Keras stores its archive uncompressed; kernels of half precision shrink to about half when it is not."""
    plain = path.with_suffix(".plain.keras")
    network.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            target.writestr(item.filename, source.read(item))
    plain.unlink()


def _write_card(folder: Path, card: dict[str, Any]) -> None:
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
