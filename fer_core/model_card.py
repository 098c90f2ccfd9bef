"""A model's card: where it comes from, what was chosen on what, and its figures with their rows, n and interval."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.data.reading import FerDataset
from fer_core.evaluation.calibration import Blend
from fer_core.evaluation.certainty import reliability
from fer_core.evaluation.class_table import class_table
from fer_core.evaluation.crowd import agree_with_crowd, crowd_majority
from fer_core.evaluation.judging import Evaluation, judge_dataset, training_hashes
from fer_core.evaluation.metrics import measure
from fer_core.labels import LABELS, TAG_TO_POSITION
from fer_core.model_folder import ModelFolder
from fer_core.training.run_folder import RunFolder
from fer_core.vision.classifier import ExpressionClassifier

_NAMES: Final = "It names the expression a face shows, not what a person feels."
_NEVER: Final = (
    "Not for employees, pupils or minors, and never the only ground for a decision about a person."
)
_LIMITS: Final = (
    _NAMES,
    "Trained on FER-2013: small grey web pictures labelled by few people; people agree with each other on about "
    "85 % of its five-class rows.",
    "FER-2013 names neither age, sex nor origin, so no figure by group of people could be measured.",
    _NEVER,
)
_LIMITS_OF_IMPORTS: Final = (
    _NAMES,
    "What it was trained on is unknown, so figures may count faces that it learnt from.",
    _NEVER,
)


def describe_run(name: str, run: RunFolder, record: dict[str, Any], blend: Blend | None) -> dict[str, Any]:
    """A card without figures: where the model comes from and what was chosen on what.

    Args:
        name: the model's.
        run: a finished run.
        record: its record; ``parameters`` are those of the released network.
        blend: how its two heads became one, or None where it had one.
    """
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


def describe_import(name: str, labels: Sequence[str], file: str, sha256: str) -> dict[str, Any]:
    """A card without figures of a network that was brought in from elsewhere.

    Args:
        name: the model's.
        labels: what its outputs mean, in their order.
        file: the name of the file that it came in.
        sha256: of that file.
    """
    return {
        "name": name,
        "description": "A person brought this network in from a file. What it was trained on is unknown, so figures "
        "may count faces that it learnt from.",
        "labels": list(labels),
        "created": datetime.now(UTC).strftime("%Y-%m-%d"),
        "imported": {"file": file, "sha256": sha256},
        "figures": [],
        "per_class": {},
        "limits": list(_LIMITS_OF_IMPORTS),
    }


def judge_into(folder: Path, card: dict[str, Any], dataset: FerDataset) -> None:
    """Judge a model on PublicTest: evaluation.npz into its folder, the figures into ``card``.

    Neither where the data set has no such rows.

    Raises:
        ModelError: the folder cannot be used; it must hold its card already.
    """
    model = ModelFolder.open(folder)
    evaluation = judge_dataset(model, dataset, ("PublicTest",))
    if len(evaluation.predictions.row):
        evaluation.predictions.save(model.evaluation, training_hashes(dataset))
        card.update(figures_of(evaluation))
        card["figures"] += crowd_figures_of(ExpressionClassifier(model), dataset)


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write card.json into a model folder."""
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def figures_of(evaluation: Evaluation) -> dict[str, Any]:
    """The card's ``figures``, ``per_class`` and ``confusion_matrix`` of PublicTest against its original labels."""
    result = evaluation.to_json()
    known = evaluation.predictions
    clean = measure(known.truth[~known.leaked], known.probabilities[~known.leaked])
    macro = class_table(evaluation.metrics.confusion_matrix).means[0]
    error = reliability(known.truth, known.probabilities).error
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
        ("macro F1", result["macro_f1"], (macro.f1.low, macro.f1.high), n, everything),
        ("macro F2", result["macro_f2"], (macro.f2.low, macro.f2.high), n, everything),
        ("expected calibration error, 15 bins", error.value, (error.low, error.high), n, everything),
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


def crowd_figures_of(classifier: ExpressionClassifier, dataset: FerDataset) -> list[dict[str, Any]]:
    """The card's figures against the crowd on PublicTest; none without votes."""
    if dataset.votes is None:
        return []
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


def _in_words(blend: Blend) -> str:
    return (
        f"It answers {blend.label_share:.0%} by a head that learnt the original labels and {1 - blend.label_share:.0%} "
        f"by one that learnt the crowd's votes, at temperature {blend.temperature:.2f}; on {blend.rows:,} rows held "
        "back from Training this share named labels and crowd's majorities best."
    )
