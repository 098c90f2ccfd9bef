"""Which precision and which kernels train quickest on this processor, and whether a run takes them.

    python -m benchmarks.precision [--seconds 10] [--rounds 2]

Steps of the presets ``report`` and ``release`` on made-up faces: float32 and bfloat16, each with TensorFlow's own kernels
and with oneDNN's, each in a process of its own, round after round. Goal: what a run here would take
(``training/devices.py``, ``training/__init__.py``) is at least 0.9 times as quick as the quickest of the four.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from typing import Final, cast

import numpy as np

from fer_core.settings import PROJECT_ROOT
from fer_core.training.devices import Devices, processor_has_bfloat16
from fer_core.training.presets import PRECISIONS, Precision, find_preset

PRESETS: Final = ("report", "release")
LEAST: Final = 0.9


def main() -> int:
    """Print a table and a line of JSON; 1 where a run would take something slower."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--side", nargs=2, metavar=("PRESET", "PRECISION"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        name, precision = options.side
        print(faces_a_second(name, precision, options.seconds))
        return 0
    found: dict[str, dict[str, float]] = {name: {} for name in PRESETS}
    for _ in range(options.rounds):
        for name in PRESETS:
            for precision in PRECISIONS:
                for onednn in ("0", "1"):
                    kind = f"{precision}, {'oneDNN' if onednn == '1' else 'plain'}"
                    speed = _side(name, precision, onednn, options.seconds)
                    # The quickest round: whatever else the machine does only slows.
                    found[name][kind] = max(speed, found[name].get(kind, 0.0))
    taken = Devices((), processor_has_bfloat16())
    ratios = {}
    for name, speeds in found.items():
        kind = f"{taken.precision(find_preset(name).precision)}, oneDNN"
        ratios[name] = speeds[kind] / max(speeds.values())
        for each, speed in speeds.items():
            print(f"{name:10} {each:24} {speed:8.1f} faces/s{'  <- a run' if each == kind else ''}")
    passed = all(ratio >= LEAST for ratio in ratios.values())
    print(
        json.dumps(
            {"benchmark": "precision", "faces_a_second": found, "of_the_quickest": ratios, "passed": passed}
        )
    )
    return 0 if passed else 1


def faces_a_second(name: str, precision: str, seconds: float) -> float:
    """Steps of a preset in a precision, in this process; building and the first step do not count."""
    import dataclasses

    from fer_core.training.fit import compiled_network

    preset = dataclasses.replace(find_preset(name), precision=cast(Precision, precision))
    network = compiled_network(preset, 100, Devices((), bfloat16=True))
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (preset.batch, 48, 48, 1)).astype(np.float32)
    shares = np.full((preset.batch, *network.output_shape[1:]), 1 / network.output_shape[-1], np.float32)
    network.train_on_batch(faces, shares)
    steps, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        network.train_on_batch(faces, shares)
        steps += 1
    return steps * preset.batch / (time.perf_counter() - began)


def _side(name: str, precision: str, onednn: str, seconds: float) -> float:
    words = [sys.executable, "-m", "benchmarks.precision", "--seconds", str(seconds)]
    result = subprocess.run(
        [*words, "--side", name, precision],
        cwd=PROJECT_ROOT,
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": onednn, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(result.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
