"""The training page without a browser: empty, with runs in every state, in public, and what goes wrong."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.training import runs as runs_module
from fer_core.training.presets import PRESETS
from fer_core.training.request import TrainingRequest, open_run
from fer_core.training.run_folder import HISTORY_COLUMNS, STEP_COLUMNS, RunFolder
from tests.pages.conftest import labels_of, press

TABS = ("Watch", "New run", "Runs", "Sweep")


@pytest.fixture
def open_tab(home: Path, open_page: Callable[[str], AppTest]) -> Callable[[str], AppTest]:
    def run(tab: str) -> AppTest:
        app = open_page("training")
        app.session_state["training-tab"] = tab
        return app.run()

    return run


def make_run(home: Path, name: str, state: str, epochs: int = 4) -> RunFolder:
    """A run as a trainer leaves it."""
    run = open_run(TrainingRequest(Path("fer.csv"), "tiny", home / "runs" / name, epochs=9))
    run.write_record(state=state, asked_at=1.0, reason="The disk is full." if state == "failed" else "")
    if state in ("running", "queued"):
        born = psutil.Process().create_time()
        (run.path / "job.json").write_text(json.dumps({"pid": psutil.Process().pid, "born": born}))
    for file, columns, rows in (
        (
            run.history,
            HISTORY_COLUMNS,
            [(at, 2 / at, 0.2 * at, 2.1 / at, 0.19 * at, 1e-3, 5) for at in range(1, epochs + 1)],
        ),
        (run.steps, STEP_COLUMNS, [(epochs + 1, 5, 10, 0.5, 0.8, 321.0)]),
    ):
        with file.open("w", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(columns)
            writer.writerows(rows)
    return run


@pytest.mark.parametrize("public", ["0", "1"], ids=["normal", "public"])
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_on_a_fresh_machine(
    tab: str, public: str, open_tab: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_PUBLIC", public)
    app = open_tab(tab)
    assert not app.exception
    assert not app.error
    changing = {"Start", "Stop", "Resume", "Promote", "Delete for good", "Bring in", "Let it answer"}
    assert public == "0" or not changing & set(labels_of(app))


@pytest.mark.parametrize(
    ("state", "buttons", "words"),
    [
        pytest.param("running", {"Stop"}, "epoch 4 of 9 finished", id="running"),
        pytest.param("queued", {"Stop"}, "place 1 in the queue", id="queued"),
        pytest.param("stopped", {"Resume"}, "epoch 4 of 9 finished", id="stopped"),
        pytest.param("failed", {"Resume"}, "epoch 4 of 9 finished", id="failed"),
        pytest.param("finished", set(), "epoch 4 of 9 finished", id="finished"),
    ],
)
def test_a_run_is_watched_in_every_state(
    state: str, buttons: set[str], words: str, home: Path, open_tab: Callable[[str], AppTest]
) -> None:
    make_run(home, "mine", state)
    app = open_tab("Watch")
    assert not app.exception
    assert buttons == {"Stop", "Resume"} & set(labels_of(app))
    assert any(words in bar.proto.text for bar in app.get("progress"))
    assert {metric.label: metric.value for metric in app.metric}["Best epoch"] == "4"
    assert len(app.get("plotly_chart")) == 2
    assert [error.value for error in app.error] == (["The disk is full."] if state == "failed" else [])


def test_stop_asks_the_run_to_stop(home: Path, open_tab: Callable[[str], AppTest]) -> None:
    run = make_run(home, "mine", "running")
    app = press(open_tab("Watch"), "Stop")
    assert run.stop_file.exists()
    assert "Stopping" in labels_of(app)


def test_weights_can_be_promoted(home: Path, open_tab: Callable[[str], AppTest]) -> None:
    run = make_run(home, "mine", "stopped")
    assert "Promote" not in labels_of(open_tab("Watch"))
    run.backup.mkdir()
    run.kept_weights.write_bytes(b"weights")
    assert {"Promote", "Export only"} <= set(labels_of(open_tab("Watch")))


def test_the_curves_that_part_are_told(home: Path, open_tab: Callable[[str], AppTest]) -> None:
    run = make_run(home, "mine", "finished")
    lines = run.history.read_text().splitlines()
    run.history.write_text(
        "\n".join(
            [lines[0], "1,3,0,3,0,1,5", *(f"{at},{3 - at / 10},0,{3 + at},0,1,5" for at in range(2, 7))]
        )
        + "\n"
    )
    app = open_tab("Watch")
    assert any("since epoch 1" in warning.value for warning in app.warning)


def test_runs_are_listed_compared_and_deleted(home: Path, open_tab: Callable[[str], AppTest]) -> None:
    make_run(home, "one", "finished")
    make_run(home, "two", "running")
    app = open_tab("Runs")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2
    assert any("settings are the same" in each.value for each in app.markdown)
    (choice,) = [each for each in app.multiselect if each.key == "deleted-runs"]
    assert choice.options == ["one"]
    choice.select("one").run()
    press(app, "Delete for good")
    assert [path.parent.name for path in (home / "runs").glob("*/run.json")] == ["two"]


@pytest.mark.parametrize("preset", list(PRESETS))
def test_an_untouched_form_asks_for_the_preset_itself(
    preset: str, open_tab: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[TrainingRequest] = []

    def start(request: TrainingRequest) -> RunFolder:
        asked.append(request)
        return RunFolder(request.run_dir)

    monkeypatch.setattr(runs_module, "start_run", start)
    monkeypatch.setattr("pages._training_choice.start_run", start, raising=False)
    app = open_tab("New run")
    app.selectbox(key="training-preset").select(preset).run()
    assert not app.exception
    press(app, "Start")
    assert asked[0].changes == ()
    assert asked[0].settled()[0].name == preset


def test_what_is_changed_reaches_the_request(
    open_tab: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[TrainingRequest] = []

    def start(request: TrainingRequest) -> RunFolder:
        asked.append(request)
        return RunFolder(request.run_dir)

    monkeypatch.setattr("pages._training_choice.start_run", start, raising=False)
    app = open_tab("New run")
    app.selectbox(key="training-preset").select("report").run()
    app.number_input(key="report-epochs").set_value(12)
    app.number_input(key="report-filters-1").set_value(32)
    app.slider(key="report-dropout-3").set_value(0.5)
    app.selectbox(key="report-optimizer").select("sgd")
    app.toggle(key="report-weights").set_value(True)
    app.run()
    press(app, "Start")
    assert set(asked[0].changes) == {
        "epochs=12", "filters=64,32,128", "dropouts=0.3,0.4,0.3,0.5", "optimizer=sgd", "class_weights=true",
    }  # fmt: skip


def test_a_name_that_is_no_folder_is_one_sentence(open_tab: Callable[[str], AppTest]) -> None:
    app = open_tab("New run")
    next(each for each in app.text_input if each.label == "Name of the run").set_value("../x").run()
    assert not app.exception
    assert any("name is made of" in error.value for error in app.error)
