"""A network as a list of plain steps: what the browser runs, and the same steps in NumPy to check it by.

A program is one file: the length of its head (uint32, little-endian), the head (JSON: the steps, and where each weight
lies), and the weights (float16 or float32, little-endian, each at a multiple of 4 bytes).
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fer_core.errors import ModelError

Array = npt.NDArray[np.float32]

#: What this version writes and reads.
FORMAT: Final = 1

#: Every operation, and the weights it may have. Pictures are (N, H, W, C).
OPERATIONS: Final[Mapping[str, frozenset[str]]] = {
    "convolve": frozenset({"kernel", "scale", "bias"}),
    "depthwise": frozenset({"kernel", "bias"}),
    "dense": frozenset({"kernel", "bias"}),
    "pool": frozenset(),
    "mean": frozenset(),
    "add": frozenset(),
    "enlarge": frozenset(),
    "multiply": frozenset(),
    "standardise": frozenset(),
    "reshape": frozenset(),
    "permute": frozenset(),
    "relu": frozenset(),
    "sigmoid": frozenset(),
    "softmax": frozenset(),
}


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes:
        operation: a key of OPERATIONS.
        inputs: names of what it takes: "input", or what earlier steps gave.
        output: the name of what it gives.
        settings: numbers and words it needs: ``stride``, ``pad`` ("same", or zeros on each side), ``relu``, ``factor``, ``epsilon``, ``shape``
            (without N), ``axes`` (without N, from 1).
        weights: by name: ``kernel`` (H, W, C, filters), of depthwise (H, W, C), of dense (C, units); ``scale`` and
            ``bias`` by filter.
    """

    operation: str
    inputs: tuple[str, ...]
    output: str
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    weights: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise ModelError(f"Expected one of {', '.join(OPERATIONS)}, got {self.operation!r}.")
        if not set(self.weights) <= OPERATIONS[self.operation]:
            raise ModelError(
                f"Expected weights among {sorted(OPERATIONS[self.operation])} for {self.operation!r}, got "
                f"{sorted(self.weights)}."
            )


@dataclass(frozen=True)
class Program:
    """A network in steps.

    Attributes:
        steps: in the order they are run.
        outputs: names of what comes out.
        notes: what else its file carries for whoever runs it, JSON.
    """

    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    notes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        known = {"input"}
        for step in self.steps:
            if missing := set(step.inputs) - known:
                raise ModelError(
                    f"The step {step.output!r} takes {sorted(missing)}, which no step before it gives."
                )
            known.add(step.output)
        if missing := set(self.outputs) - known:
            raise ModelError(f"Expected outputs that a step gives, got {sorted(missing)}.")

    def run(self, pictures: Array) -> tuple[Array, ...]:
        """Its outputs for pictures, float32 (N, H, W, C)."""
        values = {"input": np.asarray(pictures, np.float32)}
        for step in self.steps:
            values[step.output] = _run(step, [values[name] for name in step.inputs])
        return tuple(values[name] for name in self.outputs)

    def to_bytes(self) -> bytes:
        """The file."""
        body, steps = bytearray(), []
        for step in self.steps:
            places = {}
            for name, weight in step.weights.items():
                if weight.dtype not in (np.float16, np.float32):
                    raise ModelError(
                        f"Expected float16 or float32 weights, got {weight.dtype} for {step.output!r}."
                    )
                places[name] = {"at": len(body), "type": str(weight.dtype), "shape": list(weight.shape)}
                body += np.ascontiguousarray(weight).astype(weight.dtype.newbyteorder("<")).tobytes()
                body += bytes(-len(body) % 4)
            steps.append(
                {
                    "operation": step.operation,
                    "inputs": list(step.inputs),
                    "output": step.output,
                    **({"settings": dict(step.settings)} if step.settings else {}),
                    **({"weights": places} if places else {}),
                }
            )
        head = json.dumps(
            {"format": FORMAT, "steps": steps, "outputs": list(self.outputs), "notes": dict(self.notes)},
            separators=(",", ":"),
        ).encode()
        head += b" " * (-len(head) % 4)
        return struct.pack("<I", len(head)) + head + bytes(body)

    @classmethod
    def from_bytes(cls, content: bytes) -> Program:
        """Read a file; ModelError where it is none, or of another version."""
        try:
            (length,) = struct.unpack_from("<I", content)
            head = json.loads(content[4 : 4 + length])
            if head["format"] != FORMAT:
                raise ModelError(
                    f"Expected a network for the browser of format {FORMAT}, got {head['format']}."
                )
            body = content[4 + length :]
            steps = tuple(
                Step(
                    step["operation"],
                    tuple(step["inputs"]),
                    step["output"],
                    step.get("settings", {}),
                    {name: _weight(body, place) for name, place in step.get("weights", {}).items()},
                )
                for step in head["steps"]
            )
            return cls(steps, tuple(head["outputs"]), head["notes"])
        except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
            raise ModelError(f"The network for the browser is damaged: {error}.") from error


def _weight(body: bytes, place: Mapping[str, Any]) -> npt.NDArray[Any]:
    kind = {"float16": "<f2", "float32": "<f4"}[place["type"]]
    count = math.prod(place["shape"])
    return np.frombuffer(body, kind, count, place["at"]).reshape(place["shape"])


def _run(step: Step, inputs: Sequence[Array]) -> Array:
    x: npt.NDArray[Any] = inputs[0]
    settings = step.settings
    weights = {name: weight.astype(np.float32) for name, weight in step.weights.items()}
    match step.operation:
        case "convolve":
            windows = _windows(x, weights["kernel"].shape[:2], settings.get("stride", 1), settings["pad"])
            x = np.tensordot(windows, weights["kernel"].transpose(2, 0, 1, 3), 3)
            x = x * weights.get("scale", np.float32(1)) + weights.get("bias", np.float32(0))
        case "depthwise":
            windows = _windows(x, weights["kernel"].shape[:2], 1, "same")
            x = np.einsum("nhwcij,ijc->nhwc", windows, weights["kernel"], optimize=True) + weights["bias"]
        case "dense":
            x = x @ weights["kernel"] + weights.get("bias", np.float32(0))
        case "pool":
            x = _windows(x, (2, 2), 2, 0).max((-1, -2))
        case "mean":
            x = x.mean((1, 2))
        case "add":
            x = x + inputs[1]
        case "enlarge":
            x = x.repeat(2, 1).repeat(2, 2)
        case "multiply":
            x = x * np.float32(settings["factor"])
        case "standardise":
            axes = (1, 2, 3)
            x = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + settings["epsilon"])
        case "reshape":
            x = x.reshape(len(x), *settings["shape"])
        case "permute":
            x = x.transpose(0, *settings["axes"])
        case "sigmoid":
            x = 1 / (1 + np.exp(-x))
        case "softmax":
            x = np.exp(x - x.max(-1, keepdims=True))
            x = x / x.sum(-1, keepdims=True)
    if settings.get("relu") or step.operation == "relu":
        x = np.maximum(x, 0)
    return np.asarray(x, np.float32)


def _windows(x: Array, size: tuple[int, ...], stride: int, pad: int | str) -> Array:
    """(N, h, w, C, *size) of (N, H, W, C) with zeros around it: ``pad`` on each side, or for "same" as TensorFlow does."""
    around = [(pad, pad)] * 2 if isinstance(pad, int) else []
    for side, window in zip(x.shape[1:3], size, strict=True) if pad == "same" else ():
        missing = max((-(-side // stride) - 1) * stride + window - side, 0)
        around.append((missing // 2, missing - missing // 2))
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, ((0, 0), *around, (0, 0))), size, axis=(1, 2)
    )
    return windows[:, ::stride, ::stride]
