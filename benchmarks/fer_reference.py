"""The other side of benchmarks/frame.py: the package ``fer`` on the same frames, its default path.

Runs in a virtual environment of its own, with that environment's Python, and imports nothing of Facet:

    PYTHON fer_reference.py FRAMES.npy REPEATS
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import cv2
import numpy as np
from fer.fer import FER


def main() -> None:
    """Print one line of JSON: wall time of each call and the CPU time of all, milliseconds."""
    frames, repeats = np.load(sys.argv[1]), int(sys.argv[2])
    # One thread on both sides. It costs fer wall time, not CPU time, and CPU time is what is compared.
    cv2.setNumThreads(1)
    reader = FER()
    for frame in frames[:5]:
        reader.detect_emotions(frame)
    walls, found = [], 0
    cpu = time.process_time()
    for _ in range(repeats):
        for frame in frames:
            start = time.perf_counter()
            found += bool(reader.detect_emotions(frame))
            walls.append(1000 * (time.perf_counter() - start))
    cpu = 1000 * (time.process_time() - cpu) / len(walls)
    print(
        json.dumps(
            {"version": version("fer"), "walls": walls, "cpu": cpu, "frames_with_a_face": found / len(walls)}
        )
    )


if __name__ == "__main__":
    main()
