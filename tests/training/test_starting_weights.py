from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from fer_core.data.synthetic import synthetic_sample
from fer_core.errors import TrainingError
from fer_core.preprocessing import to_model_input
from fer_core.settings import Settings
from fer_core.training.heads import two_headed
from fer_core.training.networks import build_network
from fer_core.training.request import TrainingRequest
from fer_core.training.starting_weights import (
    begin_from,
    fetch_starting_weights,
    load_starting_weights,
    read_graph,
)
from fer_core.training.train import train
from tests.fer_files import write_striped_file

pytestmark = pytest.mark.trains


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    """Weights of the names and shapes that the package has, with values of ours."""
    random = np.random.default_rng(5)
    made: dict[str, np.ndarray] = {}
    for layer in build_network("mobile", 5).layers:
        if layer.name == "conv1":
            made["conv1/convolution/merged_input"] = random.normal(0, 2e-3, (3, 3, 3, 32))
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            made[f"{layer.name}/depthwise_kernel"] = random.normal(0, 0.3, layer.kernel.shape)
        elif isinstance(layer, keras.layers.Conv2D):
            made[f"{layer.name}/convolution/merged_input"] = random.normal(0, 0.2, layer.kernel.shape)
        elif isinstance(layer, keras.layers.BatchNormalization):
            made[f"{layer.name}/batchnorm_1/sub"] = random.normal(0.3, 0.3, layer.gamma.shape)
            if layer.name.startswith("conv_dw"):
                made[f"{layer.name}/batchnorm_1/mul"] = random.uniform(0.3, 2.0, layer.gamma.shape)
    return {name: value.astype(np.float32) for name, value in made.items()}


def test_the_network_computes_what_the_package_s_network_does(weights: dict[str, np.ndarray]) -> None:
    faces = synthetic_sample(60, 3).pixels
    network = build_network("mobile", 5)
    begin_from(network, weights, faces[:40])
    enlarged = next(layer for layer in network.layers if isinstance(layer, keras.layers.Resizing))
    x = keras.Model(network.inputs[0], enlarged.output)(to_model_input(faces), training=False)
    for layer in network.layers:
        if layer.name == "conv1":
            kernel = weights["conv1/convolution/merged_input"].sum(axis=2, keepdims=True) * 55
            x = ops.conv(x, kernel, strides=2, padding="same")
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            kernel = weights[f"{layer.name}/depthwise_kernel"]
            x = ops.depthwise_conv(x, kernel, strides=layer.strides, padding="same")
        elif isinstance(layer, keras.layers.Conv2D):
            x = ops.conv(x, weights[f"{layer.name}/convolution/merged_input"], padding="same")
        elif isinstance(layer, keras.layers.BatchNormalization):
            gain = weights.get(f"{layer.name}/batchnorm_1/mul", np.float32(1))
            x = ops.clip(x * gain + weights[f"{layer.name}/batchnorm_1/sub"], 0, 6)
    pooled = network.layers[-3]
    trunk = keras.Model(network.inputs[0], pooled.output)
    np.testing.assert_allclose(
        np.asarray(trunk(to_model_input(faces), training=False)), np.asarray(x).mean(axis=(1, 2)), atol=2e-3
    )


def test_training_sees_the_same_as_answering_at_first(weights: dict[str, np.ndarray]) -> None:
    """Mean and variance are the faces' own, so the first steps do not have to find them."""
    faces = synthetic_sample(64, 3).pixels
    network = build_network("mobile", 5)
    begin_from(network, weights, faces)
    last = keras.Model(network.inputs[0], network.get_layer("conv_pw_11_bn").output)
    pictures = to_model_input(faces)
    trained, answered = (np.asarray(last(pictures, training=mode)) for mode in (True, False))
    assert np.abs(trained - answered).mean() < 0.05 * answered.std()


def test_two_heads_on_the_trunk_share_it(weights: dict[str, np.ndarray]) -> None:
    faces = synthetic_sample(60, 3).pixels[:8]
    network = build_network("mobile", 5)
    begin_from(two_headed(network), weights, faces)
    kernel = np.asarray(network.get_layer("conv_pw_3").kernel)
    np.testing.assert_array_equal(kernel, weights["conv_pw_3/convolution/merged_input"])


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_a_graph_s_weights_are_read_in_their_order(kind: str) -> None:
    values = {"a": np.array([[1.5, -2.0]], np.float32), "b": np.array(3.0, np.float32)}
    entries = []
    for name, value in values.items():
        entry: dict[str, object] = {"name": name, "shape": list(value.shape), "dtype": "float32"}
        if kind == "float16":
            entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
        entries.append(entry)
    entries.insert(1, {"name": "axes", "shape": [2], "dtype": "int32"})
    raw = values["a"].astype(kind).tobytes() + np.array([1, 2], np.int32).tobytes()
    raw += values["b"].astype(kind).tobytes()
    read = read_graph(json.dumps({"weightsManifest": [{"weights": entries}]}).encode(), raw)
    for name, value in values.items():
        np.testing.assert_array_equal(read[name], value)
        assert read[name].dtype == np.float32


def _npm(folder: Path, script: str) -> None:
    folder.mkdir()
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "npm is not installed"),
        ("echo 'npm error code E404' >&2; exit 1", "could not bring .* npm error code E404"),
        ("exit 0", "no reason given"),
        ("/bin/cp {archive} x.tgz", "another file than the one that is known"),
    ],
    ids=["no npm", "npm fails", "npm brings nothing", "another package"],
)
def test_weights_that_cannot_be_brought_end_in_a_sentence(
    script: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "other.tgz"
    with tarfile.open(archive, "w:gz") as package:
        for name in ("faceres.json", "faceres.bin"):
            member = tarfile.TarInfo(f"package/models/{name}")
            member.size = 2
            package.addfile(member, io.BytesIO(b"{}"))
    if script is not None:
        _npm(tmp_path / "bin", script.format(archive=archive))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(TrainingError, match=said):
        fetch_starting_weights(tmp_path / "weights" / "faces.npz")
    assert not (tmp_path / "weights").exists()


def test_what_was_not_brought_is_none_and_what_is_damaged_is_said(tmp_path: Path) -> None:
    assert load_starting_weights(tmp_path / "faces.npz") is None
    (tmp_path / "faces.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(TrainingError, match="damaged"):
        load_starting_weights(tmp_path / "faces.npz")


@pytest.mark.parametrize("brought", [True, False])
def test_a_run_says_what_it_began_from(
    brought: bool,
    weights: dict[str, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FACET_HOME", str(tmp_path / "home"))
    if brought:
        path = Settings.from_environment().starting_weights
        path.parent.mkdir(parents=True)
        np.savez(path, **weights)  # type: ignore[arg-type]
    data = write_striped_file(tmp_path / "fer.csv")
    request = TrainingRequest(data, "release", tmp_path / "run", epochs=1, limit=40)
    record = train(request).record()
    assert ("VGGFace2" in record["began_from"]) is brought
    assert ("begins from nothing" in capsys.readouterr().out) is not brought
