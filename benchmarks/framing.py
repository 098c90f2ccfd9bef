"""Calibrates how each detector's box becomes the square that FER-2013 shows, and prints what fits best.

First by geometry: where eyes, nose and mouth lie in FER-2013's own Training faces, and the scale and shift that bring
them there from a detector's boxes on the wild_dev photographs. Then, where a model is given, by how many labels of
those photographs it finds. Only rows of wild_dev with an even number in labels.csv are used; the odd ones stay
unseen, and no choice may look at them.

    FACET_TEST_DATA=DIR python -m benchmarks.framing [--model models/facet]

Goal, a detector: with a model the framing in the code loses at most 0.02 accuracy against the best of the grid, each
taken with its eight neighbours, as they are and mirrored, so that no lucky cell wins; with no model it lies within 0.1
(scale) and 0.05 (shift) of the geometry.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.labels import LABELS
from fer_core.model_folder import ModelFolder
from fer_core.preprocessing import FACE_SIZE, load_image, to_gray
from fer_core.vision.classifier import ExpressionClassifier
from fer_core.vision.detectors import Detector, available_detectors, load_detector
from fer_core.vision.faces import Face
from fer_core.vision.framing import Framing, crop_faces

SCALES: Final = np.arange(0.60, 1.301, 0.05).round(2)
SHIFTS: Final = np.arange(-0.12, 0.121, 0.04).round(2)
MOST_LOST: Final = 0.02

Points = npt.NDArray[np.float64]


def main() -> int:
    """Calibrate every installed detector; 1 when the code's framing misses the goal, 0 otherwise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path)
    parser.add_argument("--every", type=int, default=20, help="take every Nth FER-2013 Training face")
    options = parser.parse_args()
    folder = os.environ.get("FACET_TEST_DATA")
    if not folder:
        print("skipped: FACET_TEST_DATA names no folder")
        return 0
    landmarks = load_detector("mtcnn")
    target = fer_points(Path(folder) / "fer2013_dev.npz", landmarks, options.every)
    print(
        "FER-2013, shares of the square (left eye, right eye, nose, mouth corners):", target.round(3).tolist()
    )
    pictures, labels = even_photographs(Path(folder) / "wild_dev")
    points = [_largest(landmarks.detect(picture)) for picture in pictures]
    classifier = ExpressionClassifier(ModelFolder.open(options.model)) if options.model else None
    results = {}
    for name in available_detectors():
        detector = load_detector(name)
        faces = [_largest(detector.detect(picture)) for picture in pictures]
        results[name] = calibrate(detector, pictures, faces, points, target, classifier, labels)
        print(name, json.dumps(results[name]))
    passed = all(result["passed"] for result in results.values())
    goal = {"most_accuracy_lost": MOST_LOST, "scale_within": 0.1, "shift_within": 0.05}
    print(json.dumps({"benchmark": "framing", "goal": goal, "passed": passed, "detectors": results}))
    return 0 if passed else 1


def fer_points(archive: Path, detector: Detector, every: int) -> Points:
    """Mean place of the five landmarks (5, 2) in FER-2013's Training faces, as shares of the square."""
    rows = np.load(archive)
    faces = rows["pixels"][rows["usage"] == "Training"][::every]
    border = FACE_SIZE // 4
    found = []
    for face in faces:
        # MTCNN wants some air round a face; FER-2013 leaves none.
        airy = cv2.copyMakeBorder(face, border, border, border, border, cv2.BORDER_REPLICATE)
        large = cv2.resize(airy, None, fx=3, fy=3, interpolation=cv2.INTER_LINEAR)
        faces_found = detector.detect(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR))
        if len(faces_found) == 1 and faces_found[0].landmarks is not None:
            found.append((faces_found[0].landmarks / 3 - border) / FACE_SIZE)
    print(f"landmarks in {len(found)} of {len(faces)} FER-2013 faces")
    return np.mean(found, axis=0)


def even_photographs(folder: Path) -> tuple[list[npt.NDArray[np.uint8]], list[str]]:
    """The photographs in even rows of labels.csv, blue first, and their labels."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::2]
    return [load_image(folder / row["image"]) for row in rows], [row["emotion"] for row in rows]


def calibrate(
    detector: Detector,
    pictures: Sequence[npt.NDArray[np.uint8]],
    faces: Sequence[Face | None],
    landmarks: Sequence[Face | None],
    target: Points,
    classifier: ExpressionClassifier | None,
    labels: Sequence[str],
) -> dict[str, Any]:
    """What geometry and the labels say of one detector, and whether its own framing meets the goal."""
    geometry = fit(faces, landmarks, target)
    own = detector.framing
    result: dict[str, Any] = {
        "photographs": len(pictures),
        "found": sum(face is not None for face in faces),
        "own": _numbers(own),
        "geometry": _numbers(geometry),
    }
    if classifier is None:
        near = abs(own.scale - geometry.scale) <= 0.1
        near = near and max(abs(own.dx - geometry.dx), abs(own.dy - geometry.dy)) <= 0.05
        return {**result, "passed": near}

    shots = [
        (to_gray(picture), face, label)
        for picture, face, label in zip(pictures, faces, labels, strict=True)
        if face is not None
    ]
    truth = np.array([LABELS.index(label) for _, _, label in shots])

    def accuracy(framing: Framing) -> float:
        crops = np.concatenate([crop_faces(gray, [face], framing) for gray, face, _ in shots])
        # A mirrored face is the same expression once more, so the mean of both is a calmer measure of the framing.
        both = [classifier.classify(crops), classifier.classify(np.ascontiguousarray(crops[:, :, ::-1]))]
        return float(np.mean([shares.argmax(axis=1) == truth for shares in both]))

    def calm(scale: float, dy: float) -> float:
        """Mean over the cell and its neighbours."""
        return float(
            np.mean(
                [
                    accuracy(Framing(scale + step, own.dx, dy + shift))
                    for step in (-0.05, 0, 0.05)
                    for shift in (-0.04, 0, 0.04)
                ]
            )
        )

    grid = np.array([[accuracy(Framing(scale, own.dx, dy)) for dy in SHIFTS] for scale in SCALES])
    means = np.array(
        [
            [grid[i - 1 : i + 2, j - 1 : j + 2].mean() for j in range(1, len(SHIFTS) - 1)]
            for i in range(1, len(SCALES) - 1)
        ]
    )
    at = np.unravel_index(means.argmax(), means.shape)
    best = Framing(float(SCALES[at[0] + 1]), own.dx, float(SHIFTS[at[1] + 1]))
    for scale, row in zip(SCALES, grid, strict=True):
        print(f"  {detector.name} scale {scale:.2f}:", " ".join(f"{value:.3f}" for value in row))
    own_mean = calm(own.scale, own.dy)
    return {
        **result,
        "best": _numbers(best),
        "best_accuracy": round(float(means.max()), 4),
        "own_accuracy": round(own_mean, 4),
        "own_accuracy_single": round(accuracy(own), 4),
        "geometry_accuracy": round(accuracy(geometry), 4),
        "passed": bool(means.max() - own_mean <= MOST_LOST),
    }


def fit(faces: Sequence[Face | None], landmarks: Sequence[Face | None], target: Points) -> Framing:
    """Scale and shift that bring the mean landmarks to their targets, by least squares over the five points."""
    relative = []
    for face, reference in zip(faces, landmarks, strict=True):
        if face is None or reference is None or reference.landmarks is None:
            continue
        box = face.box
        centre = np.array([box.x + box.w / 2, box.y + box.h / 2])
        relative.append((reference.landmarks - centre) / max(box.w, box.h))
    # The median forgives the photographs in which the two detectors chose different faces.
    mean = np.median(relative, axis=0)
    centred = target - 0.5
    design = np.zeros((10, 3))
    design[:, 0] = centred.ravel()
    design[0::2, 1] = 1
    design[1::2, 2] = 1
    scale, dx, dy = np.linalg.lstsq(design, mean.ravel(), rcond=None)[0]
    return Framing(float(scale), float(dx), float(dy))


def _largest(faces: Sequence[Face]) -> Face | None:
    return faces[0] if faces else None


def _numbers(framing: Framing) -> dict[str, float]:
    return {"scale": round(framing.scale, 3), "dx": round(framing.dx, 3), "dy": round(framing.dy, 3)}


if __name__ == "__main__":
    sys.exit(main())
