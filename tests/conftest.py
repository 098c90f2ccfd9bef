"""What several test folders share."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

# TensorFlow brings symbols of BoringSSL along; pylibsrtp (of streamlit-webrtc) loaded after it binds to them and
# ends the process. The app never holds both (tests/test_imports.py); this test run does, so order matters here.
import pylibsrtp  # noqa: F401
import pytest

from fer_core.store.reaction_store import ReactionStore
from tests.postgres_server import PostgresServer, programs

_DATABASES = itertools.count()

#: What wants every core: Ray, which takes them, and two app processes whose answers are timed.
_ALONE = ("tests/archive/test_scoring.py", "tests/sweep/test_sweeping.py", "tests/browser/test_replicas.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What one worker runs in one go: first all tests with a browser, which share an app and mostly wait, beside them
    file by file the others, and last what wants every core.

    First of all hooks, since pytest-xdist reads the groups in its own."""
    turns = {"browser": 0, "alone": 2}

    def group(item: pytest.Item) -> str:
        file = item.nodeid.partition("::")[0]
        if file in _ALONE:
            return "alone"
        return "browser" if file.startswith("tests/browser/") else file

    items.sort(key=lambda item: turns.get(group(item), 1))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The real data's folder (FACET_TEST_DATA), or a skip that says so."""
    folder = os.environ.get("FACET_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("FACET_TEST_DATA names no folder; the real rows are not part of the project")
    return Path(folder)


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a network small enough to write by hand: it weighs brightness by quarter of the face."""
    import json

    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from fer_core.labels import LABELS

    folder = tmp_path_factory.mktemp("models") / "small"
    folder.mkdir()
    weights = np.random.default_rng(5).normal(0, 0.02, (4, len(LABELS))).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Transpose", ["faces"], ["planes"], perm=[0, 3, 1, 2]),
            helper.make_node(
                "AveragePool", ["planes"], ["quarters"], kernel_shape=[24, 24], strides=[24, 24]
            ),
            helper.make_node("Flatten", ["quarters"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        ],
        "small",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["N", 48, 48, 1])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", len(LABELS)])],
        [numpy_helper.from_array(weights, "weights")],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(network, folder / "model.onnx")
    (folder / "card.json").write_text(json.dumps({"labels": list(LABELS)}), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if programs() is None:
        reason = "PostgreSQL is not installed; apt-get install postgresql"
        if os.environ.get("FACET_REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'reactions.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create(f"facet{next(_DATABASES)}")


@pytest.fixture
def store(database_url: str) -> Iterator[ReactionStore]:
    """A new empty store, on SQLite and on PostgreSQL."""
    opened = ReactionStore(database_url)
    yield opened
    opened.database.close()
