"""From a finished run to a model folder: float32 network, ONNX export with parity check, evaluation, card."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import tempfile
import zipfile
from datetime import UTC, datetime
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
from fer_core.evaluation.crowd import agree_with_crowd, crowd_majority
from fer_core.evaluation.judging import Evaluation, judge_dataset, training_hashes
from fer_core.evaluation.metrics import calibration_interval, measure
from fer_core.labels import LABELS, TAG_TO_POSITION
from fer_core.model_folder import ModelFolder
from fer_core.preprocessing import to_model_input
from fer_core.training.heads import fold_heads, two_headed
from fer_core.training.networks import build_network
from fer_core.training.run_folder import RunFolder
from fer_core.vision.classifier import ExpressionClassifier

#: The largest difference allowed between a Keras and an ONNX probability.
PARITY_LIMIT: Final = 1e-4
PARITY_FACES: Final = 256

_LIMITS: Final = (
    "It names the expression a face shows, not what a person feels.",
    "Trained on FER-2013: small grey web pictures labelled by few people; people agree with each other on about "
    "85 % of its five-class rows.",
    "FER-2013 names neither age, sex nor origin, so no figure by group of people could be measured.",
    "Not for employees, pupils or minors, and never the only ground for a decision about a person.",
)


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
        card = _card(name, run, record, blend)
        card["parity"] = {"largest_difference": difference, "faces": min(PARITY_FACES, len(dataset))}
        _write_card(folder, card)
        evaluation = judge_dataset(ModelFolder.open(folder), dataset, ("PublicTest",))
        if len(evaluation.predictions.row):
            evaluation.predictions.save(folder / "evaluation.npz", training_hashes(dataset))
            card.update(_figures(evaluation))
            card["figures"] += _crowd_figures(ModelFolder.open(folder), dataset)
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


def _card(name: str, run: RunFolder, record: dict[str, Any], blend: Blend | None) -> dict[str, Any]:
    preset = record["preset"]
    history = run.history_rows()
    best = preset["keep"] == "best"
    kept = max(history, key=lambda row: row["val_accuracy"]) if best else history[-1]
    chosen = (
        "the epoch with the highest accuracy on rows held back from Training"
        if best
        else "the last epoch; nothing was picked on the validation rows"
    )
    return {
        "name": name,
        "description": f"Preset {preset['name']}: {record['parameters']:,} parameters, {len(history)} epochs on "
        f"{record.get('train_rows', sum(record['train_counts'].values())):,} FER-2013 faces. Kept: {chosen}."
        + (f" {_in_words(blend)}" if blend is not None else ""),
        "labels": list(preset["output_labels"]),
        "created": datetime.now(UTC).strftime("%Y-%m-%d"),
        "parameters": record["parameters"],
        "data": {
            **{key: record["data"][key] for key in ("sha256", "rows", "bad_rows", "votes_sha256")},
            "file": Path(record["data"]["file"]).name,
            "train": record["train_counts"],
            "validation": record["validation_counts"],
        },
        "training": {
            "preset": preset,
            "recipe": record["recipe"],
            "seed": record["seed"],
            "limit": record["limit"],
            "epochs": len(history),
            "kept_epoch": int(kept["epoch"]),
            "kept_because": chosen,
            "validation_accuracy": kept["val_accuracy"],
            "seconds": record["seconds"],
            "versions": record["versions"],
        },
        "blend": None if blend is None else dataclasses.asdict(blend),
        "figures": [],
        "per_class": {},
        "limits": list(_LIMITS),
    }


def _in_words(blend: Blend) -> str:
    return (
        f"It answers {blend.label_share:.0%} by a head that learnt the original labels and {1 - blend.label_share:.0%} "
        f"by one that learnt the crowd's votes, at temperature {blend.temperature:.2f}; on {blend.rows:,} rows held "
        "back from Training this share named labels and crowd's majorities best."
    )


def _crowd_figures(folder: ModelFolder, dataset: FerDataset) -> list[dict[str, Any]]:
    """The card's figures against the crowd on PublicTest; none without votes."""
    if dataset.votes is None:
        return []
    classifier = ExpressionClassifier(folder)
    public = dataset.usage == "PublicTest"
    clear = np.flatnonzero(public & (crowd_majority(dataset.votes) >= 0))
    named = np.flatnonzero(public & (TAG_TO_POSITION[dataset.emotion] >= 0))
    majority = agree_with_crowd(classifier.classify(dataset.pixels[clear]), dataset.votes[clear])
    distance = agree_with_crowd(classifier.classify(dataset.pixels[named]), dataset.votes[named])
    found = []
    if majority.interval is not None:
        found.append(
            {
                "name": "agreement with the crowd's majority",
                "value": majority.accuracy,
                "low": majority.interval[0],
                "high": majority.interval[1],
                "n": majority.n,
                "rows": "FER-2013 PublicTest, rows where more than half of the FER+ votes name one of the five",
            }
        )
    if distance.floor is not None:
        found.append(
            {
                "name": "cross-entropy against the crowd's votes, nats",
                "value": distance.cross_entropy,
                "low": None,
                "high": None,
                "n": distance.rows,
                "rows": "FER-2013 PublicTest, 5 classes, rows with votes for them; no model can go below "
                f"{distance.floor:.3f}",
            }
        )
    return found


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    result = evaluation.to_json()
    known = evaluation.predictions
    clean = measure(known.truth[~known.leaked], known.probabilities[~known.leaked])
    n, leaked = result["n"], result["leaked_rows"]
    everything = f"FER-2013 PublicTest, original labels, {len(LABELS)} classes"
    rows = [
        ("accuracy", result["accuracy"], result["accuracy_interval"], n, everything),
        (
            "accuracy without leaked rows",
            clean.accuracy,
            clean.accuracy_interval,
            clean.n,
            f"{everything}, without the {leaked} whose exact pixels are also in Training",
        ),
        ("macro F1", result["macro_f1"], None, n, everything),
        ("macro F2", result["macro_f2"], None, n, everything),
        (
            "expected calibration error, 15 bins",
            result["ece"],
            calibration_interval(known.truth, known.probabilities),
            n,
            everything,
        ),
    ]
    return {
        "figures": [
            {
                "name": name,
                "value": value,
                "low": interval[0] if interval else None,
                "high": interval[1] if interval else None,
                "n": count,
                "rows": which,
            }
            for name, value, interval, count, which in rows
        ],
        "per_class": result["per_class"],
        "confusion_matrix": result["confusion_matrix"],
    }


def _write_card(folder: Path, card: dict[str, Any]) -> None:
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
