"""How well expressions are read: a model of ours, the source report's network and the package ``fer``, on the same rows.

    FACET_TEST_DATA=DIR python -m benchmarks.recogniser [--model models/facet] [--without-fer]

Rows: FER-2013's PublicTest, and the photographs in odd rows of wild_dev/labels.csv through each side's own face finder
(a face that is not found is wrong). Nothing may be chosen by what this prints: these rows are for reporting alone.
``fer`` runs its default path in a virtual environment that the first run makes (about 2 GB). Exits 1 where a goal is
missed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.frame import FER, reference_python
from fer_core import ExpressionAnalyzer
from fer_core.data.quality import pixel_hashes
from fer_core.evaluation.certainty import reliability
from fer_core.evaluation.crowd import agree_with_crowd, crowd_majority
from fer_core.evaluation.metrics import measure, wilson_interval
from fer_core.labels import FER2013_LABELS, LABELS, TAG_TO_POSITION, to_five
from fer_core.model_folder import ModelFolder
from fer_core.preprocessing import load_image
from fer_core.settings import PROJECT_ROOT, SHIPPED_MODELS, Settings

#: Figure -> what a release must reach: at least, or at most.
AT_LEAST: Final = {
    "accuracy without leaked rows": 0.745,
    "accuracy": 0.76,
    "crowd majority named": 0.90,
    "photographs, mean recall": 0.76,
}
AT_MOST: Final = {
    "cross-entropy against votes": 0.60,
    "calibration error": 0.045,
    "milliseconds a face": 4.0,
    "megabytes": 15.0,
}


@dataclass(frozen=True)
class Rows:
    """What every side answers: PublicTest, and photographs of one face each.

    Attributes:
        faces, truth, votes, leaked: of the N PublicTest rows; truth is a position in LABELS or -1.
        photographs, labels: M paths and positions in LABELS.
    """

    faces: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.int64]
    votes: npt.NDArray[np.uint8]
    leaked: npt.NDArray[np.bool_]
    photographs: list[Path]
    labels: npt.NDArray[np.int64]


def read_rows(folder: Path) -> Rows:
    """The rows of FACET_TEST_DATA."""
    with np.load(folder / "fer2013_dev.npz") as content:
        pixels, usage, emotion = content["pixels"], content["usage"], content["emotion"]
        votes = content["ferplus_votes"].astype(np.uint8)
    public = usage == "PublicTest"
    training = pixel_hashes(pixels[usage == "Training"])
    with (folder / "wild_dev" / "labels.csv").open(encoding="utf-8", newline="") as file:
        odd = list(csv.DictReader(file))[1::2]
    return Rows(
        faces=pixels[public],
        truth=TAG_TO_POSITION[emotion[public]].astype(np.int64),
        votes=votes[public],
        leaked=np.isin(pixel_hashes(pixels[public]), training),
        photographs=[folder / "wild_dev" / row["image"] for row in odd],
        labels=np.array([LABELS.index(row["emotion"]) for row in odd]),
    )


def judge(
    rows: Rows, faces: npt.NDArray[np.floating], photographs: npt.NDArray[np.integer]
) -> dict[str, object]:
    """The figures of one side.

    Args:
        rows: what was asked.
        faces: (N, 5) probabilities of the PublicTest rows.
        photographs: (M,) position in LABELS that was named, -1 where no face was found.
    """
    named = rows.truth >= 0
    clean = named & ~rows.leaked
    clear = crowd_majority(rows.votes) >= 0
    every, apart = (measure(rows.truth[chosen], faces[chosen]) for chosen in (named, clean))
    majority = agree_with_crowd(faces[clear], rows.votes[clear])
    votes = agree_with_crowd(faces[named], rows.votes[named])
    right = photographs == rows.labels
    recalls = [float(right[rows.labels == at].mean()) for at in range(len(LABELS))]
    calibration = reliability(rows.truth[named], faces[named]).error
    return {
        "accuracy without leaked rows": apart.accuracy,
        "accuracy without leaked rows, interval": apart.accuracy_interval,
        "n without leaked rows": apart.n,
        "accuracy": every.accuracy,
        "accuracy, interval": every.accuracy_interval,
        "n": every.n,
        "recall": {label: figures.recall for label, figures in every.per_class.items()},
        "crowd majority named": majority.accuracy,
        "crowd majority named, interval": majority.interval,
        "n of majorities": majority.n,
        "cross-entropy against votes": votes.cross_entropy,
        "floor of that": votes.floor,
        "n with votes": votes.rows,
        "calibration error": calibration.value,
        "calibration error, interval": (calibration.low, calibration.high),
        "photographs": len(photographs),
        "photographs, no face": int((photographs < 0).sum()),
        "photographs, accuracy": float(right.mean()),
        "photographs, interval": wilson_interval(int(right.sum()), len(right)),
        "photographs, mean recall": float(np.mean(recalls)),
        "photographs, recall": dict(zip(LABELS, recalls, strict=True)),
    }


def judge_model(rows: Rows, model: Path, detector: str | None = None) -> dict[str, object]:
    """A model folder of ours, with its speed and size."""
    analyzer = ExpressionAnalyzer.load(model, detector)
    named = []
    for path in rows.photographs:
        readings = analyzer.analyze(load_image(path))
        shares = readings[0].probabilities if readings else None
        named.append(LABELS.index(max(shares, key=lambda each: shares[each])) if shares else -1)
    folder = ModelFolder.open(model)
    return {
        **judge(rows, analyzer.classify(rows.faces), np.array(named)),
        "milliseconds a face": milliseconds(analyzer, rows.faces),
        "megabytes": sum(file.stat().st_size for file in folder.path.iterdir()) / 1e6,
        "detector": analyzer.detector.name,
    }


def milliseconds(analyzer: ExpressionAnalyzer, faces: npt.NDArray[np.uint8], calls: int = 300) -> float:
    """Median wall time of one face through ONNX Runtime, one thread."""
    times = []
    for at in range(calls + 20):
        face = faces[at % len(faces)][np.newaxis]
        start = time.perf_counter()
        analyzer.classify(face)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times[20:]))


def judge_fer(rows: Rows) -> dict[str, object]:
    """The package fer, in its own virtual environment."""
    python = reference_python(Settings.from_environment().home / "benchmarks" / FER.replace("==", "-"))
    with tempfile.TemporaryDirectory() as scratch:
        asked, answered = Path(scratch) / "rows.npz", Path(scratch) / "answers.npz"
        np.savez(asked, faces=rows.faces, photographs=np.array([str(path) for path in rows.photographs]))
        script = Path(__file__).with_name("fer_recogniser_reference.py")
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        subprocess.run(
            [str(python), str(script), str(asked), str(answered)],
            check=True,
            cwd=PROJECT_ROOT,
            env={**os.environ, **quiet},
        )
        with np.load(answered) as content:
            faces, photographs = content["faces"], content["photographs"]
    found = ~np.isnan(photographs).any(axis=1)
    named = np.where(found, to_five(np.nan_to_num(photographs), FER2013_LABELS).argmax(axis=1), -1)
    return judge(rows, to_five(faces, FER2013_LABELS), named)


def missed(figures: dict[str, object]) -> list[str]:
    """The goals that these figures do not reach, in words."""
    low = [
        f"{name}: {figures[name]:.4f}, at least {goal}"
        for name, goal in AT_LEAST.items()
        if not float(str(figures[name])) >= goal
    ]
    high = [
        f"{name}: {figures[name]:.4f}, at most {goal}"
        for name, goal in AT_MOST.items()
        if not float(str(figures[name])) <= goal
    ]
    return low + high


def main() -> int:
    """Print the table; 0 when the model reaches every goal, 1 when not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=SHIPPED_MODELS / "facet")
    parser.add_argument("--without-fer", action="store_true")
    options = parser.parse_args()
    folder = os.environ.get("FACET_TEST_DATA")
    if not folder:
        print("skipped: FACET_TEST_DATA names no folder")
        return 0
    rows = read_rows(Path(folder))
    sides = {options.model.name: judge_model(rows, options.model)}
    sides["report"] = judge_model(rows, SHIPPED_MODELS / "report")
    if not options.without_fer:
        sides["fer"] = judge_fer(rows)
    print(f"{'':32}" + "".join(f"{name:>12}" for name in sides) + f"{'goal':>12}")
    for name in (*AT_LEAST, *AT_MOST):
        goal = f">= {AT_LEAST[name]}" if name in AT_LEAST else f"<= {AT_MOST[name]}"
        values = (side.get(name) for side in sides.values())
        cells = "".join(f"{'-' if value is None else f'{value:.3f}':>12}" for value in values)
        print(f"{name:32}{cells}{goal:>12}")
    short = missed(sides[options.model.name])
    for line in short:
        print("missed:", line)
    print(json.dumps({"benchmark": "recogniser", "sides": sides, "missed": short, "passed": not short}))
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
