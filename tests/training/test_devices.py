"""Several devices and another backend, each in a process of its own, because Keras chooses once."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fer_core.settings import PROJECT_ROOT
from fer_core.training.devices import GPU_INSTALL, Devices
from fer_core.training.run_folder import RunFolder
from tests.fer_files import write_striped_file

#: Two halves of the processor stand for two cards.
_TWO_DEVICES = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
mirrored = tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"])
tf.distribute.MirroredStrategy = lambda: mirrored
from fer_core.training import fit
from fer_core.training.devices import Devices
fit.find_devices = lambda: Devices(("one", "two"))
from fer_core.__main__ import main
code = main(sys.argv[1:])
assert mirrored.num_replicas_in_sync == 2
sys.exit(code)
"""


def run_python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        check=False,
    )


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        pytest.param((), GPU_INSTALL, id="none: what would bring one"),
        pytest.param(("NVIDIA L4",), "Trains on NVIDIA L4.", id="one is named"),
        pytest.param(("A", "B"), "2 graphics cards at once: A, B", id="several are used together"),
    ],
)
def test_the_devices_in_a_sentence(cards: tuple[str, ...], words: str) -> None:
    assert words in Devices(cards).sentence()


@pytest.mark.trains
def test_two_devices_share_the_batches(tmp_path: Path) -> None:
    data = write_striped_file(tmp_path / "fer.csv")
    words = ["train", str(data), "--preset", "tiny", "--run-dir", str(tmp_path / "run"), "--epochs", "2"]
    result = run_python("-c", _TWO_DEVICES, *words)
    assert result.returncode == 0, result.stderr[-2_000:]
    assert "2 graphics cards at once" in result.stdout
    run = RunFolder(tmp_path / "run")
    assert run.state()[0] == "finished"
    assert run.record()["devices"] == ["one", "two"]
    losses = [row["loss"] for row in run.history_rows()]
    assert losses[1] < losses[0]


@pytest.mark.trains
def test_tiny_trains_on_another_backend(tmp_path: Path) -> None:
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed; requirements-dev.txt brings it")
    data = write_striped_file(tmp_path / "fer.csv")
    words = ["train", str(data), "--preset", "tiny", "--run-dir", str(tmp_path / "run"), "--epochs", "2"]
    result = run_python("-m", "fer_core", *words, KERAS_BACKEND="jax")
    assert result.returncode == 0, result.stderr[-2_000:]
    run = RunFolder(tmp_path / "run")
    assert run.record()["backend"] == "jax"
    losses = [row["loss"] for row in run.history_rows()]
    assert losses[1] < losses[0]
