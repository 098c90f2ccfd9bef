"""The other side of benchmarks/recogniser.py: the package ``fer`` on the same rows and photographs, its default path.

Runs in a virtual environment of its own, with that environment's Python, and imports nothing of Facet:

    PYTHON fer_recogniser_reference.py ROWS.npz ANSWERS.npz

ROWS.npz holds ``faces`` (N, 48, 48) uint8 and ``photographs`` (M,) paths; ANSWERS.npz gets ``faces`` (N, 7) and
``photographs`` (M, 7), NaN where fer finds no face.
"""

from __future__ import annotations

import sys

import cv2
import numpy as np
from fer.fer import FER

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SIDE = 64


def main() -> None:
    """Answer for every row and photograph."""
    rows = np.load(sys.argv[1])
    reader = FER()
    enlarged = np.stack([cv2.resize(face, (SIDE, SIDE)) for face in rows["faces"]]).astype(np.float32)
    # fer scales its crops to -1..1 before its network sees them.
    faces = reader._classify_emotions((enlarged / 255 - 0.5) * 2)
    photographs = np.full((len(rows["photographs"]), len(LABELS)), np.nan)
    for answer, path in zip(photographs, rows["photographs"], strict=True):
        found = reader.detect_emotions(cv2.imread(str(path)))
        if found:
            largest = max(found, key=lambda each: each["box"][2] * each["box"][3])
            answer[:] = [largest["emotions"][label] for label in LABELS]
    np.savez(sys.argv[2], faces=faces, photographs=photographs)


if __name__ == "__main__":
    main()
