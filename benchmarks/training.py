"""Times our fit beside a bare ``model.fit`` on arrays in memory: the same network, rows and batch, in one run.

    FACET_TEST_DATA=DIR python -m benchmarks.training [--preset report] [--rows 4096]

Goal: at least 0.95 of the bare speed without augmentation and 0.85 with that of the preset ``release``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import keras
import numpy as np
import numpy.typing as npt

from fer_core.data.balancing import Split
from fer_core.data.reading import FerDataset
from fer_core.preprocessing import to_model_input
from fer_core.training.devices import Devices
from fer_core.training.fit import compiled_network, fit_into
from fer_core.training.input import targets
from fer_core.training.presets import PRESETS, Augmentation, Preset
from fer_core.training.run_folder import RunFolder

GOALS: Final = {"plain": 0.95, "augmented": 0.85}
ROUNDS: Final = 3


def main() -> int:
    """Print the speeds and their ratios; 1 below a goal, 0 otherwise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", default="report")
    parser.add_argument("--rows", type=int, default=4_096)
    options = parser.parse_args()
    folder = os.environ.get("FACET_TEST_DATA")
    if not folder:
        print("skipped: FACET_TEST_DATA names no folder")
        return 0
    dataset = _rows(Path(folder) / "fer2013_dev.npz", options.rows)
    preset = dataclasses.replace(PRESETS[options.preset], epochs=2, augmentation=None)
    augmented = dataclasses.replace(preset, augmentation=PRESETS["release"].augmentation or Augmentation())
    cases: dict[str, Callable[[], float]] = {
        "bare": lambda: _bare(preset, dataset),
        "plain": lambda: _ours(preset, dataset),
        "augmented": lambda: _ours(augmented, dataset),
    }
    # In turn, so that a slower minute of the machine meets all three alike.
    speeds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, run in cases.items():
            speeds[name].append(run())
    figures = {name: round(statistics.median(values), 1) for name, values in speeds.items()}
    ratios = {
        name: round(
            statistics.median(ours / bare for ours, bare in zip(speeds[name], speeds["bare"], strict=True)), 3
        )
        for name in GOALS
    }
    passed = all(ratios[name] >= goal for name, goal in GOALS.items())
    print(
        json.dumps(
            {
                "benchmark": "training",
                "preset": preset.name,
                "rows": len(dataset),
                "faces_per_second": figures,
                "ratios": ratios,
                "goal": GOALS,
                "passed": passed,
            }
        )
    )
    return 0 if passed else 1


def _rows(archive: Path, count: int) -> FerDataset:
    rows = np.load(archive)
    return FerDataset(
        pixels=rows["pixels"][:count],
        emotion=rows["emotion"][:count].astype(np.uint8),
        usage=rows["usage"][:count],
        row=np.arange(count),
    )


def _bare(preset: Preset, dataset: FerDataset) -> float:
    """Faces a second of the second epoch; the first builds the graph."""
    faces: npt.NDArray[np.float32] = to_model_input(dataset.pixels)
    shares = targets(dataset, preset.output_labels, 0)
    network = compiled_network(preset, -(-len(faces) // preset.batch), Devices(()))
    clock = _Clock()
    network.fit(faces, shares, batch_size=preset.batch, epochs=2, verbose=0, callbacks=[clock])
    return len(faces) / clock.seconds[-1]


def _ours(preset: Preset, dataset: FerDataset) -> float:
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder))
        everything = np.arange(len(dataset))
        # One row validates, so that the second epoch is training and what a run writes, like the bare one's.
        split = Split(everything[1:], everything[:1], everything[:0])
        fit_into(run, preset, dataset, split, seed=0, devices=Devices(()), weighed=False)
        return (len(dataset) - 1) / run.history_rows()[-1]["seconds"]


class _Clock(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        self.seconds.append(time.perf_counter() - self._began)


if __name__ == "__main__":
    sys.exit(main())
