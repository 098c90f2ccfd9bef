"""The steps of a network for the browser: what they compute, their file, and what is refused."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest

from fer_core.errors import ModelError
from fer_core.on_device.program import FORMAT, Program, Step

PICTURES = np.random.default_rng(3).normal(0, 1, (2, 6, 8, 3)).astype(np.float32)


def run(operation: str, settings: dict[str, Any], **weights: np.ndarray) -> np.ndarray:
    (found,) = Program((Step(operation, ("input",), "out", settings, weights),), ("out",)).run(PICTURES)
    return found


def by_hand(kernel: np.ndarray, stride: int, before: tuple[int, int], after: tuple[int, int]) -> np.ndarray:
    """A convolution as its definition says, place by place."""
    padded = np.pad(PICTURES, ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)))
    high, wide = kernel.shape[:2]
    rows = range(0, padded.shape[1] - high + 1, stride)
    columns = range(0, padded.shape[2] - wide + 1, stride)
    return np.array(
        [
            [[np.tensordot(picture[y : y + high, x : x + wide], kernel, 3) for x in columns] for y in rows]
            for picture in padded
        ]
    )


@pytest.mark.parametrize(
    ("size", "stride", "pad", "before", "after"),
    [
        pytest.param(3, 1, "same", (1, 1), (1, 1), id="odd windows pad alike"),
        pytest.param(3, 2, "same", (0, 0), (1, 1), id="TensorFlow pads at the end first"),
        pytest.param(3, 2, 1, (1, 1), (1, 1), id="libfacedetection pads both ends"),
        pytest.param(5, 2, "same", (1, 1), (2, 2), id="the stem"),
        pytest.param(3, 1, 0, (0, 0), (0, 0), id="none"),
    ],
)
def test_a_convolution_is_what_its_definition_says(
    size: int, stride: int, pad: int | str, before: tuple[int, int], after: tuple[int, int]
) -> None:
    kernel = np.random.default_rng(1).normal(0, 1, (size, size, 3, 4)).astype(np.float32)
    scale, bias = np.float32([1, 2, 3, 4]), np.float32([1, 0, -1, 2])
    found = run("convolve", {"stride": stride, "pad": pad}, kernel=kernel, scale=scale, bias=bias)
    np.testing.assert_allclose(found, by_hand(kernel, stride, before, after) * scale + bias, atol=1e-4)


def test_single_operations() -> None:
    np.testing.assert_array_equal(run("pool", {})[0, 0, 0], PICTURES[0, :2, :2].max((0, 1)))
    np.testing.assert_allclose(run("mean", {}), PICTURES.mean((1, 2)), atol=1e-6)
    assert run("enlarge", {})[1, 4:6, 6:8, 2].tolist() == [[PICTURES[1, 2, 3, 2]] * 2] * 2
    np.testing.assert_allclose(run("softmax", {}).sum(-1), 1, atol=1e-6)
    standard = run("standardise", {"epsilon": 0.0})
    np.testing.assert_allclose(standard.mean((1, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(standard.std((1, 2, 3)), 1, atol=1e-6)
    assert run("permute", {"axes": [3, 1, 2]}).shape == (2, 3, 6, 8)
    assert run("reshape", {"shape": [144]}).shape == (2, 144)
    assert run("relu", {}).min() == 0


def test_a_depthwise_convolution_leaves_channels_apart() -> None:
    kernel = np.zeros((3, 3, 3), np.float32)
    kernel[1, 1] = [1, 2, 3]
    found = run("depthwise", {}, kernel=kernel, bias=np.zeros(3, np.float32))
    np.testing.assert_allclose(found, PICTURES * [1, 2, 3], atol=1e-6)


def test_a_file_says_the_same_again() -> None:
    kernel = np.random.default_rng(1).normal(0, 1, (3, 3, 3, 5)).astype(np.float16)
    steps = (
        Step(
            "convolve", ("input",), "a", {"pad": "same"}, {"kernel": kernel, "bias": np.ones(5, np.float32)}
        ),
        Step("mean", ("a",), "b"),
    )
    program = Program(steps, ("b", "a"), {"labels": ["x"]})
    again = Program.from_bytes(program.to_bytes())
    for one, other in zip(program.run(PICTURES), again.run(PICTURES), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (again.outputs, again.notes) == (("b", "a"), {"labels": ["x"]})
    assert again.steps[0].weights["kernel"].dtype == np.float16


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00\x01", id="cut off in its first number"),
        pytest.param(struct.pack("<I", 40) + b"{", id="cut off in its head"),
        pytest.param(struct.pack("<I", 2) + b"{}", id="a head that says nothing"),
        pytest.param(struct.pack("<I", 2) + b"[]", id="a head of another kind"),
    ],
)
def test_a_damaged_file_is_one_sentence(content: bytes) -> None:
    with pytest.raises(ModelError, match="damaged"):
        Program.from_bytes(content)


def test_a_file_cut_off_in_its_weights_is_damaged() -> None:
    step = Step("dense", ("input",), "a", {}, {"kernel": np.ones((3, 5), np.float32)})
    with pytest.raises(ModelError, match="damaged"):
        Program.from_bytes(Program((step,), ("a",)).to_bytes()[:-8])


def test_another_version_is_named() -> None:
    head = json.dumps({"format": FORMAT + 1}).encode()
    with pytest.raises(ModelError, match=f"format {FORMAT}, got {FORMAT + 1}"):
        Program.from_bytes(struct.pack("<I", len(head)) + head)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: Step("fly", ("input",), "a"), "Expected one of", id="no such operation"),
        pytest.param(
            lambda: Step("pool", ("input",), "a", {}, {"kernel": PICTURES}),
            "weights among",
            id="weights it has none of",
        ),
        pytest.param(
            lambda: Program((Step("pool", ("x",), "a"),), ("a",)), "no step before", id="comes from nowhere"
        ),
        pytest.param(lambda: Program((), ("a",)), "Expected outputs", id="an output that no step gives"),
        pytest.param(
            lambda: Program(
                (Step("dense", ("input",), "a", {}, {"kernel": np.ones((3, 5))}),), ("a",)
            ).to_bytes(),
            "float64",
            id="weights of another kind",
        ),
    ],
)
def test_what_makes_no_network_is_refused(make: Any, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        make()
