"""A trained network as a program for the browser, and the check that it answers alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime

from fer_core.errors import ModelError
from fer_core.on_device.program import Program, Step
from fer_core.preprocessing import to_model_input

#: The largest difference allowed between a probability of the program and of the ONNX export.
PARITY_LIMIT: Final = 1e-4

#: Layers that change nothing once training is over.
_IDLE: Final = ("InputLayer", "Dropout", "SpatialDropout2D")


def write_recogniser(
    network: Any, path: Path, labels: Sequence[str], onnx: Path, faces: npt.NDArray[np.uint8]
) -> float:
    """Write a Keras network for the browser and say by how much it differs from its ONNX export.

    Args:
        network: a ``keras.Model`` of one input, float32 (N, 48, 48, 1) in 0..255, and one output (N, K).
        path: the file; its folder is made.
        labels: what the K outputs mean.
        onnx: the export.
        faces: (N, 48, 48) uint8, to compare on.

    Returns:
        The largest difference of any probability.

    Raises:
        ModelError: it holds a layer that the browser cannot run, or answers differently.
    """
    program = recogniser_program(network, labels)
    session = onnxruntime.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
    pictures = to_model_input(faces)
    exported = session.run(None, {session.get_inputs()[0].name: pictures})[0]
    content = program.to_bytes()
    try:
        (found,) = Program.from_bytes(content).run(pictures)
        difference = float(np.abs(found - exported).max())
    except (ValueError, IndexError) as error:
        raise ModelError(f"The browser cannot follow this network: {error}.") from error
    if not difference < PARITY_LIMIT:
        raise ModelError(
            f"The network for the browser differs from the exported one by {difference:.1e} on {len(faces)} faces; "
            f"expected less than {PARITY_LIMIT:.0e}."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return difference


def recogniser_program(network: Any, labels: Sequence[str]) -> Program:
    """A Keras network in steps; its notes name the ``labels`` of its outputs.

    Raises:
        ModelError: it holds a layer that the browser cannot run.
    """
    steps: list[Step] = []
    names: dict[str, str] = {}
    for layer in network.layers:
        inputs = _inputs_of(layer, names)
        kind = type(layer).__name__
        if kind in _IDLE:
            names[layer.name] = inputs[0] if inputs else "input"
            continue
        if kind == "BatchNormalization" and steps and _takes_normalisation(steps[-1], inputs[0]):
            steps[-1] = _normalised(steps[-1], layer)
            names[layer.name] = steps[-1].output
            continue
        made = _steps_of(layer, kind, inputs)
        steps += made
        names[layer.name] = made[-1].output
    return Program(
        tuple(steps), (names[network.outputs[0]._keras_history.operation.name],), {"labels": list(labels)}
    )


def _inputs_of(layer: Any, names: dict[str, str]) -> tuple[str, ...]:
    if type(layer).__name__ == "InputLayer":
        return ()
    try:
        tensors = layer.input if isinstance(layer.input, list) else [layer.input]
        sources = [tensor._keras_history.operation for tensor in tensors]
        # A sequential network does not list its input among its layers.
        return tuple(
            "input" if type(source).__name__ == "InputLayer" else names[source.name] for source in sources
        )
    except (AttributeError, ValueError, KeyError) as error:
        # Such as one that lies in a network within the network.
        raise ModelError(
            f"The layer {layer.name!r} is used in a way that the browser cannot follow."
        ) from error


def _steps_of(layer: Any, kind: str, inputs: tuple[str, ...]) -> list[Step]:
    name = layer.name

    def of(operation: str, **settings: Any) -> list[Step]:
        return [Step(operation, inputs, name, settings)]

    match kind:
        case "Rescaling" if layer.offset == 0:
            return of("multiply", factor=float(layer.scale))
        case "LayerNormalization" if not (layer.center or layer.scale) and tuple(layer.axis) == (1, 2, 3):
            return of("standardise", epsilon=float(layer.epsilon))
        case "Conv2D" if (
            layer.strides[0] == layer.strides[1] and layer.dilation_rate == (1, 1) and layer.groups == 1
        ):
            settings = {"pad": "same" if layer.padding == "same" else 0, "stride": int(layer.strides[0])}
            step = Step("convolve", inputs, name, settings, _weights(layer))
            return _activated(step, layer)
        case "Dense":
            return _activated(Step("dense", inputs, name, {}, _weights(layer)), layer)
        case "MaxPooling2D" if (
            layer.pool_size == (2, 2) and layer.strides == (2, 2) and layer.padding == "valid"
        ):
            return of("pool")
        case "GlobalAveragePooling2D":
            return of("mean")
        case "Add" if len(inputs) == 2:
            return of("add")
        case "ReLU" if layer.max_value is None and not layer.negative_slope and not layer.threshold:
            return of("relu")
        case "Activation" if layer.activation.__name__ in ("relu", "softmax", "sigmoid"):
            return of(layer.activation.__name__)
        case "Softmax" if layer.axis == -1:
            return of("softmax")
        case "Flatten" | "Reshape":
            return of("reshape", shape=[int(side) for side in layer.output.shape[1:]])
        case "Permute":
            return of("permute", axes=[int(axis) for axis in layer.dims])
    raise ModelError(f"The browser cannot run the layer {name!r} ({kind}) as it is set.")


def _weights(layer: Any) -> dict[str, npt.NDArray[Any]]:
    arrays = [np.array(weight, np.float32) for weight in layer.get_weights()]
    # Half precision where nothing is lost: a release rounds its kernels to it.
    half = arrays[0].astype(np.float16)
    found: dict[str, npt.NDArray[Any]] = {
        "kernel": half if np.array_equal(half.astype(np.float32), arrays[0]) else arrays[0]
    }
    return found | ({"bias": arrays[1]} if layer.use_bias else {})


def _activated(step: Step, layer: Any) -> list[Step]:
    activation = layer.activation.__name__
    if activation == "linear":
        return [step]
    if activation not in ("relu", "softmax", "sigmoid"):
        raise ModelError(f"The browser cannot run the activation {activation!r} of the layer {layer.name!r}.")
    return [step, Step(activation, (step.output,), f"{step.output}-{activation}")]


def _takes_normalisation(step: Step, source: str) -> bool:
    return step.operation == "convolve" and step.output == source and "scale" not in step.weights


def _normalised(step: Step, layer: Any) -> Step:
    """A batch normalisation (Ioffe and Szegedy 2015) that has been trained is a factor and a shift for each filter."""
    gamma, beta, mean, variance = (np.array(each, np.float64) for each in layer.get_weights())
    scale = gamma / np.sqrt(variance + layer.epsilon)
    bias = step.weights.get("bias", np.float64(0)) * scale + beta - mean * scale
    weights = {
        "kernel": step.weights["kernel"],
        "scale": scale.astype(np.float32),
        "bias": bias.astype(np.float32),
    }
    return Step("convolve", step.inputs, step.output, step.settings, weights)
