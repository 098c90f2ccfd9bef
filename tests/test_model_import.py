"""Networks from elsewhere: what fits becomes a model that works like any other, what does not leaves nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from keras import layers
from onnx import TensorProto, helper, numpy_helper

from fer_core import model_import
from fer_core.data.reading import read_csv
from fer_core.errors import ModelError
from fer_core.evaluation.judging import Predictions, judge_dataset
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.model_folder import ModelFolder, activate_model, active_model
from fer_core.model_import import import_model
from fer_core.release import PARITY_LIMIT
from fer_core.settings import PROJECT_ROOT, Settings
from fer_core.vision.classifier import ExpressionClassifier
from tests.fer_files import striped_faces, write_striped_file

pytestmark = pytest.mark.trains

FACES = striped_faces(np.arange(14) % 7)


def network(
    outputs: int = 5,
    shape: Sequence[int | None] = (48, 48, 1),
    activation: str | None = "softmax",
    batch: int | None = None,
    middle: Sequence[layers.Layer] = (),
) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input(shape, batch_size=batch),
            layers.Rescaling(1 / 255),
            *middle,
            layers.Conv2D(4, 3, strides=2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(outputs, activation=activation),
        ]
    )


def save(model: keras.Model, path: Path) -> Path:
    model.save(path)
    return path


def graph(
    nodes: Sequence[onnx.NodeProto],
    weights: Sequence[onnx.TensorProto] = (),
    shape: Sequence[object] = ("N", 48, 48, 1),
    outputs: Sequence[object] = ("N", 5),
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    return helper.make_model(
        helper.make_graph(
            nodes,
            "network",
            [helper.make_tensor_value_info("faces", kind, shape)],
            [helper.make_tensor_value_info("answers", TensorProto.FLOAT, outputs)],
            weights,
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("elsewhere", 1)],
        ir_version=9,
    )


def linear(last: str = "Softmax", scale: float = 0.01, **options: object) -> onnx.ModelProto:
    """Flatten and MatMul, then ``last``."""
    weights = np.random.default_rng(3).normal(0, scale, (2304, 5)).astype(np.float32)
    return graph(
        [
            helper.make_node("Flatten", ["faces"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
            helper.make_node(last, ["scores"], ["answers"]),
        ],
        [numpy_helper.from_array(weights, "weights")],
        **options,  # type: ignore[arg-type]
    )


def write(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture(scope="module")
def keras_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(network(7), tmp_path_factory.mktemp("given") / "theirs.keras")


@pytest.fixture(scope="module")
def imported(keras_file: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return import_model(keras_file, "theirs", FER2013_LABELS, tmp_path_factory.mktemp("models"))


def test_a_keras_file_becomes_a_folder_with_its_export(imported: ModelFolder, keras_file: Path) -> None:
    assert sorted(path.name for path in imported.path.iterdir()) == [
        "browser", "card.json", "model.keras", "model.onnx",
    ]  # fmt: skip
    assert imported.card["browser_parity"]["largest_difference"] < PARITY_LIMIT
    assert [path.name for path in imported.path.parent.iterdir()] == ["theirs"]
    answers = keras.saving.load_model(keras_file)(FACES[..., None].astype(np.float32), training=False)
    five = np.asarray(answers)[:, [FER2013_LABELS.index(name) for name in LABELS]]
    np.testing.assert_allclose(
        ExpressionClassifier(imported).classify(FACES), five / five.sum(axis=1, keepdims=True), atol=1e-4
    )
    assert keras.saving.load_model(imported.keras).output_shape == (None, 7)


def test_the_card_says_where_it_came_from_and_claims_nothing(imported: ModelFolder, keras_file: Path) -> None:
    card = imported.card
    assert card["name"] == "theirs"
    assert card["labels"] == list(FER2013_LABELS)
    assert card["imported"] == {
        "file": "theirs.keras",
        "sha256": hashlib.sha256(keras_file.read_bytes()).hexdigest(),
    }
    assert "unknown" in card["description"]
    assert (card["figures"], card["per_class"]) == ([], {})
    assert card["parity"]["largest_difference"] < PARITY_LIMIT
    assert card["parity"]["faces"] == 256
    assert card["parameters"] == network(7).count_params()
    assert card["created"]
    assert str(keras_file.parent) not in json.dumps(card)


def test_an_onnx_file_is_taken_as_it_is_and_can_be_promoted(tmp_path: Path) -> None:
    file = write(linear(), tmp_path / "Theirs.ONNX")
    settings = Settings.from_environment({"FACET_HOME": str(tmp_path / "home")})
    folder = import_model(file, "theirs", LABELS, settings.released_models)
    assert sorted(path.name for path in folder.path.iterdir()) == ["card.json", "model.onnx"]
    assert folder.onnx.read_bytes() == file.read_bytes()
    assert "parity" not in folder.card
    activate_model("theirs", settings)
    assert ExpressionClassifier(active_model(settings)).classify(FACES).shape == (14, 5)


def test_an_onnx_file_loads_no_tensorflow(tmp_path: Path) -> None:
    file = write(linear(), tmp_path / "theirs.onnx")
    code = (
        "import sys; from pathlib import Path\n"
        "from fer_core.__main__ import main\n"
        f"main(['import', sys.argv[1], '--name', 'a', '--labels', {','.join(LABELS)!r}, '--into', sys.argv[2]])\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(file), str(tmp_path)], check=True, cwd=PROJECT_ROOT)
    assert ModelFolder.open(tmp_path / "a").output_labels == LABELS


def test_labels_in_another_order_are_put_in_order(tmp_path: Path) -> None:
    file = write(linear(), tmp_path / "theirs.onnx")
    plain = ExpressionClassifier(import_model(file, "plain", LABELS, tmp_path)).classify(FACES)
    turned = ExpressionClassifier(import_model(file, "turned", LABELS[::-1], tmp_path)).classify(FACES)
    np.testing.assert_allclose(plain, turned[:, ::-1], atol=1e-6)


def test_a_data_set_gives_it_figures_like_a_released_one(tmp_path: Path) -> None:
    dataset = read_csv(write_striped_file(tmp_path / "fer.csv"))
    file = write(linear(), tmp_path / "theirs.onnx")
    folder = import_model(file, "judged", LABELS, tmp_path / "models", dataset)
    assert len(Predictions.load(folder.evaluation).row) == folder.card["figures"][0]["n"] == 50
    assert set(folder.card["per_class"]) == set(LABELS)
    unjudged = import_model(file, "unjudged", LABELS, tmp_path / "models")
    assert not unjudged.evaluation.exists()
    assert judge_dataset(unjudged, dataset, ("PublicTest",)).metrics.n == 50


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(LABELS[:4], id="one of the five missing"),
        pytest.param((*LABELS, "angry"), id="one twice"),
        pytest.param((*LABELS, ""), id="one without a name"),
        pytest.param((), id="none"),
    ],
)
def test_labels_must_name_every_output_once_and_all_five(labels: Sequence[str], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="angry, happy, sad, surprise, neutral"):
        import_model(write(linear(), tmp_path / "a.onnx"), "a", labels, tmp_path)


def lambda_network(path: Path, marker: Path) -> Path:
    """A network with a layer that writes ``marker`` whenever it is called."""
    at = str(marker)
    layer = layers.Lambda(lambda pictures: (open(at, "w").close(), pictures)[1])  # noqa: PTH123
    save(network(middle=[layer]), path)
    marker.unlink()
    return path


def from_config(path: Path, change: Callable[[str], str]) -> Path:
    """A saved network whose config.json was changed by hand."""
    plain = save(network(), path.with_suffix(".plain.keras"))
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            target.writestr(
                item, change(content.decode()).encode() if item.filename == "config.json" else content
            )
    return path


def test_a_lambda_layer_is_refused_and_never_runs(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    file = lambda_network(tmp_path / "theirs.keras", marker)
    with pytest.raises(ModelError, match="cannot be opened safely"):
        import_model(file, "theirs", LABELS, tmp_path / "models")
    assert not marker.exists()
    assert list((tmp_path / "models").iterdir()) == []
    # The layer does run for somebody who trusts the file, so its silence above means something.
    keras.saving.load_model(file, safe_mode=False)
    assert marker.exists()


def holding(content: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def truncated(path: Path) -> Path:
    whole = save(network(), path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def no_network_inside(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    return path


def two_inputs(path: Path) -> Path:
    pair = [keras.Input((48, 48, 1)), keras.Input((48, 48, 1))]
    answer = layers.Dense(5, activation="softmax")(layers.Flatten()(layers.Add()(pair)))
    return save(keras.Model(pair, answer), path)


def not_numbers(path: Path) -> Path:
    model = network()
    model.layers[-1].set_weights([np.full((4, 5), np.nan), np.zeros(5)])
    return save(model, path)


KERAS = [
    pytest.param(holding(b""), "empty", id="zero bytes"),
    pytest.param(holding(b"no zip at all"), "cut off", id="garbage"),
    pytest.param(holding(b"\x89HDF\r\n\x1a\n" + bytes(99)), "no .keras archive", id="HDF5 renamed"),
    pytest.param(truncated, "cut off", id="half a zip"),
    pytest.param(no_network_inside, "cannot be opened safely", id="a zip that is no network"),
    pytest.param(
        lambda path: from_config(path, lambda text: text.replace('"Dense"', '"Popen"').replace("keras.layers", "subprocess")),
        "cannot be opened safely",
        id="a class from outside Keras",
    ),
    pytest.param(
        lambda path: from_config(path, lambda text: text.replace('"units": 5', '"units": 6')),
        "cannot be opened safely",
        id="weights that do not fit",
    ),
    pytest.param(lambda path: save(network(shape=(64, 64, 1)), path), "one input of shape", id="64 by 64"),
    pytest.param(lambda path: save(network(shape=(48, 48, 3)), path), "one input of shape", id="coloured"),
    pytest.param(lambda path: save(network(shape=(None, None, 1)), path), "one input of shape", id="any size"),
    pytest.param(lambda path: save(network(batch=8), path), "one input of shape", id="eight at a time"),
    pytest.param(two_inputs, "one input of shape", id="two inputs"),
    pytest.param(lambda path: save(network(6), path), "one output of shape", id="an output too many"),
    pytest.param(lambda path: save(network(activation=None), path), "softmax", id="logits"),
    pytest.param(lambda path: save(network(activation="sigmoid"), path), "softmax", id="each for itself"),
    pytest.param(not_numbers, "not finite", id="weights that are no numbers"),
]  # fmt: skip


def external(nested: bool) -> Callable[[Path], Path]:
    """A network whose weights stand in another file, which is there, at the top or in a branch."""

    def make(path: Path) -> Path:
        (path.parent / "weights.bin").write_bytes(np.zeros((2304, 5), np.float32).tobytes())
        model = linear()
        (tensor,) = model.graph.initializer
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="weights.bin")
        if nested:
            branch = helper.make_graph(
                [helper.make_node("Constant", [], ["inner"], value=tensor)],
                "branch",
                [],
                [helper.make_tensor_value_info("inner", TensorProto.FLOAT, (2304, 5))],
            )
            condition = helper.make_tensor("yes", TensorProto.BOOL, (), [True])
            nodes = [
                helper.make_node("If", ["yes"], ["weights"], then_branch=branch, else_branch=branch),
                *model.graph.node,
            ]
            model = graph(nodes, [condition])
        return write(model, path)

    return make


def custom(path: Path) -> Path:
    node = helper.make_node("Mystery", ["faces"], ["answers"], domain="elsewhere")
    return write(graph([node]), path)


def one_number_of_faces(path: Path) -> Path:
    """It promises any number of faces and takes 256, which no look at its graph tells."""
    model = linear()
    model.graph.node[0].input[0] = "all"
    before = [
        helper.make_node("ReduceSum", ["faces"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Cast", ["nothing"], ["offset"], to=TensorProto.INT64),
        helper.make_node("Add", ["offset", "sides"], ["shape"]),
        helper.make_node("Reshape", ["faces", "shape"], ["all"]),
    ]
    weights = [
        *model.graph.initializer,
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
        numpy_helper.from_array(np.array([256, 48, 48, 1]), "sides"),
    ]
    return write(graph([*before, *model.graph.node], weights), path)


ONNX = [
    pytest.param(holding(b""), "empty", id="zero bytes"),
    pytest.param(holding(b"\xff" * 999), "no ONNX network", id="garbage"),
    pytest.param(holding(linear().SerializeToString()[:999]), "no ONNX network", id="half a file"),
    pytest.param(external(nested=False), "weights in other files", id="weights elsewhere"),
    pytest.param(external(nested=True), "weights in other files", id="weights elsewhere, in a branch"),
    pytest.param(custom, "cannot be opened", id="an operator of its own"),
    pytest.param(one_number_of_faces, "does not answer for 1 faces", id="one number of faces only"),
    pytest.param(
        lambda path: write(linear(shape=("N", 1, 48, 48)), path), "one input of shape", id="channels first"
    ),
    pytest.param(
        lambda path: write(linear(shape=(1, 48, 48, 1)), path), "one input of shape", id="one at a time"
    ),
    pytest.param(
        lambda path: write(graph([helper.make_node("Flatten", ["faces"], ["answers"])], outputs=("N", 2304)), path),
        "one output of shape",
        id="outputs too many",
    ),
    pytest.param(lambda path: write(linear("Identity"), path), "softmax", id="logits"),
    pytest.param(lambda path: write(linear("Log"), path), "not finite", id="logarithms of what is below 0"),
]  # fmt: skip


def refused(file: Path, sentence: str, tmp_path: Path, labels: Sequence[str] = LABELS) -> None:
    with pytest.raises(ModelError) as caught:
        import_model(file, "theirs", labels, tmp_path / "models")
    text = str(caught.value)
    assert sentence in text
    assert len(text.splitlines()) == 1
    # Nothing is left, in sight or out of it.
    assert not (tmp_path / "models").exists() or list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize(("make", "sentence"), KERAS)
def test_a_keras_file_that_does_not_fit_is_one_sentence(
    make: Callable[[Path], Path], sentence: str, tmp_path: Path
) -> None:
    refused(make(tmp_path / "theirs.keras"), sentence, tmp_path)


@pytest.mark.parametrize(("make", "sentence"), ONNX)
def test_an_onnx_file_that_does_not_fit_is_one_sentence(
    make: Callable[[Path], Path], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where a path of other weights would lead, if anything followed it.
    monkeypatch.chdir(tmp_path)
    refused(make(tmp_path / "theirs.onnx"), sentence, tmp_path)


@pytest.mark.parametrize("name", ["theirs.h5", "theirs.pkl", "theirs.pt", "theirs", "theirs.keras.zip"])
def test_other_formats_are_refused_unopened(name: str, tmp_path: Path) -> None:
    refused(tmp_path / name, "Expected a network as .keras or .onnx", tmp_path)


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    refused(tmp_path / "absent.onnx", "cannot be read: No such file", tmp_path)
    (tmp_path / "folder.keras").mkdir()
    refused(tmp_path / "folder.keras", "cannot be read: Is a directory", tmp_path)


def test_large_files_and_archives_are_refused_unopened(
    keras_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_import, "MAX_UNPACKED", 4_000)
    refused(keras_file, "unpacks to", tmp_path, FER2013_LABELS)
    monkeypatch.setattr(model_import, "MAX_BYTES", 4_000)
    refused(keras_file, "larger than", tmp_path, FER2013_LABELS)


def test_a_taken_or_impossible_name_is_refused(imported: ModelFolder, keras_file: Path) -> None:
    with pytest.raises(ModelError, match="already"):
        import_model(keras_file, imported.name, FER2013_LABELS, imported.path.parent)
    with pytest.raises(ModelError, match="name is made of"):
        import_model(keras_file, "../up", FER2013_LABELS, imported.path.parent)


def test_a_network_that_differs_from_its_export_is_not_taken(
    keras_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer_core.release.parity", lambda *_: 0.01)
    refused(keras_file, "differs from the trained one", tmp_path, FER2013_LABELS)
