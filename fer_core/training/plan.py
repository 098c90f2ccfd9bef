"""What a training request would build, on what, and how long an epoch would take; found out in a process of its own."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Final

from fer_core.errors import TrainingError
from fer_core.settings import PROJECT_ROOT
from fer_core.training.request import TrainingRequest

#: Steps that are not timed (the first ones build the graph), and how long the others are timed.
_WARM_UP: Final = 3
_TIMED_SECONDS: Final = 4.0
_FEWEST_TIMED: Final = 5
_LONGEST_WAIT: Final = 300
_ONE_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True)
class Layer:
    """A row of the layer table; ``shape`` is the output's, without the batch."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Plan:
    """What a run would be.

    Attributes:
        layers: from the input on.
        parameters: of the whole network.
        device: a sentence on what trains.
        train_rows, validation_rows: after balancing and the limit.
        faces_per_second: of the training steps timed, or None where none was.
        seconds_per_epoch: training alone; validation comes on top.
    """

    layers: tuple[Layer, ...]
    parameters: int
    device: str
    train_rows: int
    validation_rows: int
    faces_per_second: float | None
    seconds_per_epoch: float | None


def make_plan(request: TrainingRequest, *, timed: bool = True) -> Plan:
    """Build the network and time a few steps, in this process; ``run_dir`` is not touched.

    Raises:
        TrainingError: settings that cannot be used, or no rows to train on.
        DatasetError: the data set, votes or recipe cannot be used.
    """
    # Seconds to import, and the page asks for the rest of this file without them.
    import numpy as np

    from fer_core.data.balancing import split_dataset
    from fer_core.data.sources import read_dataset
    from fer_core.training.devices import find_devices, training_scope
    from fer_core.training.fit import compiled_network, limit_split
    from fer_core.training.input import FaceBatches, head_targets, targets
    from fer_core.training.networks import network_of

    preset, recipe = request.settled()
    dataset = read_dataset(request.csv, request.votes)
    split = limit_split(split_dataset(dataset, recipe), request.limit, request.seed)
    if not len(split.train):
        raise TrainingError("The recipe leaves no rows of this data set to train on.")
    devices = find_devices()
    shares = (
        head_targets(dataset, preset.output_labels)
        if preset.vote_head
        else targets(dataset, preset.output_labels, preset.vote_weight)
    )
    batches = FaceBatches(
        dataset.pixels[split.train],
        shares[split.train],
        preset.batch,
        seed=request.seed,
        shuffle=True,
        augmentation=preset.augmentation,
    )
    speed = None
    if timed:
        with training_scope(devices):
            network = compiled_network(preset, len(batches), devices)
        for step in range(_WARM_UP):
            network.train_on_batch(*batches[step % len(batches)])
        faces, started = 0, time.perf_counter()
        step = _WARM_UP
        while time.perf_counter() - started < _TIMED_SECONDS or step < _WARM_UP + _FEWEST_TIMED:
            batch = batches[step % len(batches)]
            network.train_on_batch(*batch)
            faces, step = faces + len(batch[0]), step + 1
        speed = faces / (time.perf_counter() - started)
    shown = network_of(preset)
    layers = tuple(
        Layer(
            layer.name,
            type(layer).__name__,
            tuple(int(n) for n in np.atleast_1d(layer.output.shape[1:])),
            layer.count_params(),
        )
        for layer in shown.layers
    )
    return Plan(
        layers=layers,
        parameters=shown.count_params(),
        device=devices.sentence(preset.precision),
        train_rows=len(split.train),
        validation_rows=len(split.validation),
        faces_per_second=speed,
        seconds_per_epoch=len(split.train) / speed if speed else None,
    )


def ask_for_plan(request: TrainingRequest, *, timed: bool = True) -> Plan:
    """``make_plan`` in a process of its own, so that the app need not load TensorFlow.

    Raises:
        TrainingError: what that process says, or that it took too long.
    """
    # Settings that cannot be used are told at once, without a process.
    request.settled()
    # Two that time their steps at once would both be told half of what the machine can do.
    with _ONE_AT_A_TIME:
        return _asked(request, timed)


def _asked(request: TrainingRequest, timed: bool) -> Plan:
    words = ["plan", *request.arguments()[1:], "--json", *([] if timed else ["--no-timing"])]
    try:
        result = subprocess.run(
            [sys.executable, "-m", "fer_core", *words],
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            timeout=_LONGEST_WAIT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TrainingError(
            f"The steps took more than {_LONGEST_WAIT} s. Take a smaller network or batch."
        ) from None
    if result.returncode != 0:
        said = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise TrainingError(said.removeprefix("facet: "))
    found = json.loads(result.stdout.strip().splitlines()[-1])
    found["layers"] = tuple(Layer(**{**layer, "shape": tuple(layer["shape"])}) for layer in found["layers"])
    return Plan(**found)


def plan_as_json(plan: Plan) -> dict[str, object]:
    """The plan as the command line prints it."""
    return dataclasses.asdict(plan)
