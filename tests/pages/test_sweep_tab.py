"""The training page's tab of sweeps, opened by Streamlit's own test harness."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fer_core.settings import Settings
from fer_core.sweep.sweeping import open_sweep
from fer_core.sweep.sweeps import Sweep
from tests.pages.test_training_page import make_run

pytest.importorskip("ray", reason="Ray is not installed (requirements-cluster.txt)")

SPACE = """
preset = "tiny"
trials = 3
epochs = 4
[set]
learning_rate = {low = 1e-4, high = 1e-1, log = true}
batch = [32, 64]
"""


@pytest.fixture
def open_sweeps(home: Path, open_page: Callable[[str], AppTest]) -> Callable[[], AppTest]:
    def run() -> AppTest:
        page = open_page("training")
        page.session_state["training-tab"] = "Sweep"
        return page.run()

    return run


@pytest.fixture
def sweep(home: Path) -> Sweep:
    """One that ended after two of its three trials."""
    made = open_sweep("shop", SPACE, home / "fer.csv", None, Settings.from_environment())
    for number, (rate, batch) in enumerate((("0.001", "32"), ("0.05", "64"))):
        run = make_run(home, f"shop-{number:05}", "finished", epochs=3 + number)
        run.write_record(
            sweep="shop",
            trial=number,
            arguments=["train", "fer.csv", "--set", f"learning_rate={rate}", "--set", f"batch={batch}"],
        )
    return made


def test_without_a_sweep_there_is_a_form(open_sweeps: Callable[[], AppTest]) -> None:
    page = open_sweeps()
    assert not page.exception
    assert "no sweep yet" in page.info[0].value
    assert [button.label for button in page.button if "sweep" in button.label] == ["Start the sweep"]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("preset = 'tiny'", "one", "lacks trials and epochs"),
        (SPACE, "../out", "Expected a name"),
        (SPACE.replace("batch", "speed"), "one", "no such setting"),
    ],
)
def test_what_cannot_be_tried_is_one_sentence(
    text: str, name: str, said: str, open_sweeps: Callable[[], AppTest]
) -> None:
    page = open_sweeps()
    page.text_area[0].set_value(text)
    next(field for field in page.text_input if field.label == "Name of the sweep").set_value(name)
    next(button for button in page.button if button.label == "Start the sweep").click()
    page.run()
    assert not page.exception
    assert said in page.error[0].value


def test_start_asks_for_the_sweep(
    open_sweeps: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr("pages._training_sweep_form.resume_sweep", lambda each: started.append(each.name))
    page = open_sweeps()
    next(button for button in page.button if button.label == "Start the sweep").click()
    page.run()
    assert not page.exception
    assert started == ["sweep"]
    assert page.selectbox(key="sweep").value == "sweep"


def test_trials_stand_best_first_and_the_rest_can_go_on(
    sweep: Sweep, open_sweeps: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_sweeps()
    assert not page.exception
    table = page.dataframe[0].value
    assert set(table["run"]) == {"shop-00000", "shop-00001"}
    assert list(table["best validation accuracy"]) == sorted(table["best validation accuracy"], reverse=True)
    assert set(table["learning_rate"]) == {"0.001", "0.05"}
    assert "after 2 of 3 trials" in page.warning[0].value
    went_on: list[str] = []
    monkeypatch.setattr("pages._training_sweep.resume_sweep", lambda each: went_on.append(each.name))
    next(button for button in page.button if button.label == "Go on").click()
    page.run()
    assert went_on == ["shop"]


def test_the_public_demo_shows_and_starts_nothing(
    sweep: Sweep, open_sweeps: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_PUBLIC", "1")
    page = open_sweeps()
    assert not page.exception
    assert len(page.dataframe) == 1
    assert not [button for button in page.button if button.label in ("Go on", "Start the sweep", "Promote")]
