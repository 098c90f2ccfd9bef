"""Grey faces to probabilities."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fer_core.errors import ImageError, ModelError
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.model_folder import ModelFolder
from fer_core.vision.classifier import ExpressionClassifier

FLOAT = TensorProto.FLOAT


def write(
    folder: Path, outputs: int, labels: tuple[str, ...], side: int = 48, kind: int = FLOAT
) -> ModelFolder:
    """A network whose output k is the share of grey level that row k of the face has among the first rows."""
    folder.mkdir()
    weights = np.zeros((side * side, outputs), np.float32)
    for row in range(outputs):
        weights[row * side : (row + 1) * side, row] = 1
    nodes = [
        helper.make_node("Cast", ["x"], ["c"], to=FLOAT),
        helper.make_node("Flatten", ["c"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["m"]),
        helper.make_node("ReduceSum", ["m", "axis"], ["s"], keepdims=1),
        helper.make_node("Max", ["s", "one"], ["t"]),
        helper.make_node("Div", ["m", "t"], ["y"]),
    ]
    constants = {"w": weights, "axis": np.array([1]), "one": np.ones((1, 1), np.float32)}
    graph = helper.make_graph(
        nodes,
        "rows",
        [helper.make_tensor_value_info("x", kind, ["N", side, side, 1])],
        [helper.make_tensor_value_info("y", FLOAT, ["N", outputs])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(network, folder / "model.onnx")
    (folder / "card.json").write_text(json.dumps({"labels": list(labels)}))
    return ModelFolder.open(folder)


def bright_row(row: int) -> np.ndarray:
    face = np.zeros((1, 48, 48), np.uint8)
    face[0, row] = 255
    return face


@pytest.mark.parametrize("labels", [LABELS, FER2013_LABELS])
def test_each_output_keeps_its_name(tmp_path: Path, labels: tuple[str, ...]) -> None:
    classifier = ExpressionClassifier(write(tmp_path / "m", len(labels), labels))
    for position, name in enumerate(labels):
        probabilities = classifier.classify(bright_row(position))
        assert probabilities.shape == (1, 5)
        assert probabilities.dtype == np.float32
        if name in LABELS:
            assert probabilities[0, LABELS.index(name)] == 1
        else:
            np.testing.assert_allclose(probabilities, 0.2)


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(0, id="none"),
        pytest.param(1, id="one"),
        pytest.param(256, id="one chunk"),
        pytest.param(257, id="a face more than a chunk"),
    ],
)
def test_any_number_of_faces(small_model: Path, count: int) -> None:
    classifier = ExpressionClassifier(ModelFolder.open(small_model))
    faces = np.random.default_rng(1).integers(0, 256, (count, 48, 48), dtype=np.uint8)
    probabilities = classifier.classify(faces)
    assert probabilities.shape == (count, 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    for index in range(0, count, 128):
        alone = classifier.classify(faces[index : index + 1])[0]
        np.testing.assert_allclose(probabilities[index], alone, atol=1e-5)


def test_it_knows_its_model(small_model: Path) -> None:
    assert ExpressionClassifier(ModelFolder.open(small_model)).model.path == small_model


def test_threads_may_share_it(small_model: Path) -> None:
    classifier = ExpressionClassifier(ModelFolder.open(small_model))
    faces = np.random.default_rng(2).integers(0, 256, (40, 48, 48), dtype=np.uint8)
    expected = classifier.classify(faces)
    answers: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: answers.append(classifier.classify(faces))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert all(np.array_equal(answer, expected) for answer in answers)


@pytest.mark.parametrize(
    "faces",
    [
        pytest.param(np.zeros((48, 48), np.uint8), id="a face without its axis"),
        pytest.param(np.zeros((1, 96, 96), np.uint8), id="too large"),
        pytest.param(np.zeros((1, 48, 48), np.float64), id="floats"),
    ],
)
def test_other_faces_are_refused(small_model: Path, faces: np.ndarray) -> None:
    with pytest.raises(ImageError):
        ExpressionClassifier(ModelFolder.open(small_model)).classify(faces)


@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x07" * 40])
def test_a_damaged_network(tmp_path: Path, content: bytes) -> None:
    model = write(tmp_path / "m", 5, LABELS)
    model.onnx.write_bytes(content)
    with pytest.raises(ModelError, match="cannot be opened") as caught:
        ExpressionClassifier(model)
    assert "\n" not in str(caught.value)


def test_a_network_cut_off_half_way(tmp_path: Path) -> None:
    model = write(tmp_path / "m", 5, LABELS)
    model.onnx.write_bytes(model.onnx.read_bytes()[:-2000])
    with pytest.raises(ModelError):
        ExpressionClassifier(model)


def test_a_network_that_is_gone(tmp_path: Path) -> None:
    model = write(tmp_path / "m", 5, LABELS)
    model.onnx.unlink()
    with pytest.raises(ModelError):
        ExpressionClassifier(model)


@pytest.mark.parametrize(
    ("outputs", "labels", "side", "kind", "message"),
    [
        pytest.param(7, LABELS, 48, FLOAT, "expected 5 outputs", id="seven outputs, five names"),
        pytest.param(5, FER2013_LABELS, 48, FLOAT, "expected 7 outputs", id="five outputs, seven names"),
        pytest.param(5, LABELS, 64, FLOAT, "48, 48, 1", id="another face size"),
        pytest.param(5, LABELS, 48, TensorProto.DOUBLE, "float input", id="double precision input"),
    ],
)
def test_a_network_that_does_not_fit(
    tmp_path: Path, outputs: int, labels: tuple[str, ...], side: int, kind: int, message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        ExpressionClassifier(write(tmp_path / "m", outputs, labels, side, kind))
