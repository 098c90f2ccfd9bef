"""Several devices and another backend, each in a process of its own, because Keras chooses once."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fer_core.settings import PROJECT_ROOT
from fer_core.training.devices import GPU_INSTALL, Devices, processor_has_bfloat16
from fer_core.training.presets import Precision
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


@pytest.mark.parametrize(
    ("bfloat16", "wanted", "used", "told"),
    [
        pytest.param(True, "mixed_bfloat16", "mixed_bfloat16", False, id="what is wanted where it is quick"),
        pytest.param(False, "mixed_bfloat16", "float32", True, id="ten times as slow without instructions"),
        pytest.param(True, "float32", "float32", False, id="never finer or coarser than wanted"),
        pytest.param(False, "float32", "float32", False, id="nothing to tell"),
    ],
)
def test_the_precision_that_is_used(bfloat16: bool, wanted: Precision, used: Precision, told: bool) -> None:
    devices = Devices((), bfloat16)
    assert devices.precision(wanted) == used
    assert ("it computes in float32" in devices.sentence(wanted)) == told


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("flags\t\t: fpu avx2 avx512_bf16 avx512vl\n", True, id="Zen 4, Cooper Lake"),
        pytest.param("flags\t\t: fpu avx512f amx_bf16\n", True, id="Sapphire Rapids"),
        pytest.param("flags\t\t: fpu avx2 avx512f avx512_vnni\n", False, id="AVX-512 without it"),
        pytest.param("bugs\t\t: amx_bf16\nflags\t\t: fpu avx2\n", False, id="only the flags count"),
        pytest.param("Features\t: fp asimd bf16\n", False, id="an Arm processor, never measured"),
        pytest.param("", False, id="an empty file"),
        pytest.param(None, False, id="no such file: not Linux"),
    ],
)
def test_a_processor_says_whether_it_has_bfloat16(tmp_path: Path, text: str | None, found: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if text is not None:
        cpuinfo.write_text(text, encoding="utf-8")
    assert processor_has_bfloat16(cpuinfo) is found


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({}, "1", id="switched on, also where TensorFlow would not"),
        pytest.param({"TF_ENABLE_ONEDNN_OPTS": "0"}, "0", id="somebody's own choice stays"),
    ],
)
def test_onednn_is_chosen_before_tensorflow_asks(given: dict[str, str], told: str) -> None:
    script = (
        "import os, sys, fer_core.training\n"
        "assert 'tensorflow' not in sys.modules\n"
        "print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    )
    own = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT_ROOT,
        env=own | given,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout.strip() == told


@pytest.mark.trains
def test_a_run_says_in_which_precision_it_computed(tmp_path: Path) -> None:
    data = write_striped_file(tmp_path / "fer.csv")
    words = ["train", str(data), "--preset", "tiny", "--run-dir", str(tmp_path / "run"), "--epochs", "1"]
    words += ["--set", "precision=mixed_bfloat16"]
    result = run_python("-m", "fer_core", *words)
    assert result.returncode == 0, result.stderr[-2_000:]
    quick = processor_has_bfloat16()
    record = RunFolder(tmp_path / "run").record()
    assert record["precision"] == ("mixed_bfloat16" if quick else "float32")
    assert ("it computes in float32" in result.stdout) is not quick


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
