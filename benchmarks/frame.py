"""What a 640 x 480 frame costs: detection, classification and the whole, beside the package ``fer``.

    FACET_TEST_DATA=DIR python -m benchmarks.frame [--model models/facet] [--frames 60] [--repeats 5]

Both sides see the same frames, each in a process of its own that times itself; ``fer`` runs its default path (Haar
cascade and quantised network) in a virtual environment that the first run makes (about 2 GB). Frames are photographs
of one face pasted on a made-up background: from wild_dev, or without FACET_TEST_DATA the portrait that scikit-image
carries. Goal: at most a quarter of fer's CPU time a frame.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from fer_core import ExpressionAnalyzer
from fer_core.preprocessing import load_image
from fer_core.settings import PROJECT_ROOT, Settings

GOAL: Final = 0.25

#: What fer's default path really imports. Left out of its own list: PyTorch, which only its MTCNN needs, and
#: OpenCV 5, which has no cascades.
FER_PACKAGES: Final = (
    "tensorflow", "opencv-contrib-python-headless<5", "setuptools<81", "matplotlib", "pandas", "requests",
    "moviepy<2", "ffmpeg-python", "tqdm", "Pillow",
)  # fmt: skip
FER: Final = "fer==25.10.3"


def main() -> int:
    """Measure both sides; 0 when the goal is met, 1 when not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=lambda text: Path(text).absolute(), help="default: the active model")
    parser.add_argument("--detector")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--reference-env", type=Path, help="virtual environment for fer; made if absent")
    parser.add_argument("--side", type=Path, metavar="FRAMES.npy", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side is not None:
        analyzer = ExpressionAnalyzer.load(options.model, options.detector)
        print(json.dumps(measure(analyzer, np.load(options.side), options.repeats)))
        return 0

    home = Settings.from_environment().home
    python = reference_python(options.reference_env or home / "benchmarks" / FER.replace("==", "-"))
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "frames.npy"
        np.save(file, make_frames(options.frames))
        own = [
            sys.executable,
            "-m",
            "benchmarks.frame",
            "--side",
            str(file),
            "--repeats",
            str(options.repeats),
        ]
        for name in ("model", "detector"):
            if getattr(options, name) is not None:
                own += [f"--{name}", str(getattr(options, name))]
        facet = run(own)
        reference = run(
            [str(python), str(Path(__file__).with_name("fer_reference.py")), str(file), str(options.repeats)]
        )
    return report(facet, reference, options.frames)


def measure(analyzer: ExpressionAnalyzer, frames: npt.NDArray[np.uint8], repeats: int) -> dict[str, Any]:
    """Wall time of each detection and classification, CPU time a frame, milliseconds."""
    for frame in frames[:5]:
        analyzer.analyze(frame)
    detection, classification, found = [], [], 0
    cpu = time.process_time()
    for _ in range(repeats):
        for frame in frames:
            start = time.perf_counter()
            faces = analyzer.detect(frame)
            middle = time.perf_counter()
            readings = analyzer.read(frame, faces)
            end = time.perf_counter()
            detection.append(1000 * (middle - start))
            classification.append(1000 * (end - middle))
            found += bool(readings)
    cpu = time.process_time() - cpu
    # Without a face the detector looks twice; that is dearer and belongs in the open.
    empty = np.full_like(frames[0], 128)
    start = time.process_time()
    for _ in range(20):
        analyzer.analyze(empty)
    return {
        "cpu": 1000 * cpu / len(detection),
        "cpu_without_a_face": 1000 * (time.process_time() - start) / 20,
        "detector": analyzer.detector.name,
        "model": analyzer.model.name,
        "detection": detection,
        "classification": classification,
        "frames_with_a_face": found / len(detection),
    }


def make_frames(count: int) -> npt.NDArray[np.uint8]:
    """(count, 480, 640, 3) uint8: one face each, a third to a half of the height, on shapes and soft noise."""
    random = np.random.default_rng(7)
    pictures = photographs(count)
    frames = np.empty((count, 480, 640, 3), dtype=np.uint8)
    for number, frame in enumerate(frames):
        coarse = random.integers(40, 220, (6, 8, 3), dtype=np.uint8)
        frame[...] = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
        for _ in range(12):
            corner, size = random.integers(0, (640, 480)), random.integers(20, 160, 2)
            colour = [int(value) for value in random.integers(0, 256, 3)]
            cv2.rectangle(frame, corner.tolist(), (corner + size).tolist(), colour, cv2.FILLED)
        grain = random.normal(0, 6, frame.shape)
        frame[...] = np.clip(frame + grain, 0, 255)
        side = int(random.integers(220, 320))
        face = cv2.resize(pictures[number % len(pictures)], (side, side), interpolation=cv2.INTER_AREA)
        left, top = int(random.integers(0, 640 - side)), int(random.integers(0, 480 - side))
        frame[top : top + side, left : left + side] = face
    return frames


def photographs(count: int) -> list[npt.NDArray[np.uint8]]:
    """Pictures of one face, blue first: spread over wild_dev, or the one portrait."""
    folder = os.environ.get("FACET_TEST_DATA")
    if folder and (Path(folder) / "wild_dev").is_dir():
        files = sorted((Path(folder) / "wild_dev").glob("*.jpg"))
        return [load_image(file) for file in files[:: max(1, len(files) // count)][:count]]
    from skimage.data import astronaut

    return [np.ascontiguousarray(astronaut()[20:240, 110:330, ::-1])]


def reference_python(folder: Path) -> Path:
    """The Python of an environment with fer in it; made on the first call."""
    folder = folder.absolute()
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    finished = folder / "complete"
    if not finished.exists():
        print(f"making {folder} with {FER}; this takes minutes", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *FER_PACKAGES], check=True)
        subprocess.run([*install, "--no-deps", FER], check=True)
        finished.write_text(FER)
    return python


def run(command: Sequence[str]) -> dict[str, Any]:
    """Run a side and read the JSON in its last line; its errors go to the terminal."""
    # Each side is held to one thread wherever a library asks the environment.
    quiet = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT, env={**os.environ, **quiet}
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def report(facet: dict[str, Any], reference: dict[str, Any], frames: int) -> int:
    """Print the figures and the verdict."""
    whole = np.add(facet["detection"], facet["classification"])
    parts = {
        "detection": facet["detection"],
        "classification": facet["classification"],
        "whole": whole,
        "fer": reference["walls"],
    }
    wall = {name: {"median": _share(values, 50), "p95": _share(values, 95)} for name, values in parts.items()}
    for name, figures in wall.items():
        print(f"{name:>15}: median {figures['median']:6.2f} ms, p95 {figures['p95']:6.2f} ms")
    ratio = facet["cpu"] / reference["cpu"]
    print(f"CPU time a frame: {facet['cpu']:.2f} ms, fer {reference['cpu']:.2f} ms, ratio {ratio:.3f}")
    print(f"CPU time of a frame without a face: {facet['cpu_without_a_face']:.2f} ms")
    result = {
        "benchmark": "frame",
        "detector": facet["detector"],
        "model": facet["model"],
        "fer_version": reference["version"],
        "frames": frames,
        "calls": len(whole),
        "wall_ms": wall,
        "cpu_ms": {
            "facet": round(facet["cpu"], 3),
            "facet_without_a_face": round(facet["cpu_without_a_face"], 3),
            "fer": round(reference["cpu"], 3),
        },
        "frames_with_a_face": {
            "facet": facet["frames_with_a_face"],
            "fer": reference["frames_with_a_face"],
        },
        "cpu_ratio": round(ratio, 4),
        "goal": {"cpu_ratio_at_most": GOAL},
        "passed": ratio <= GOAL,
    }
    print(json.dumps(result))
    return 0 if ratio <= GOAL else 1


def _share(values: Sequence[float] | npt.NDArray[np.float64], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 3)


if __name__ == "__main__":
    sys.exit(main())
