from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from fer_core.errors import FerError, TrainingError
from fer_core.training.plan import ask_for_plan
from fer_core.training.request import TrainingRequest
from tests.fer_files import write_striped_file

pytestmark = pytest.mark.trains


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_striped_file(tmp_path_factory.mktemp("data") / "fer.csv")


def test_the_report_s_layers_and_parameters(data: Path) -> None:
    plan = ask_for_plan(TrainingRequest(data, "report", Path()), timed=False)
    assert plan.parameters == sum(layer.parameters for layer in plan.layers) == 861_767
    shapes = [layer.shape for layer in plan.layers if layer.kind == "Conv2D"]
    assert shapes == [(46, 46, 64), (44, 44, 64), (20, 20, 64), (18, 18, 64), (7, 7, 128), (5, 5, 128)]
    assert (plan.train_rows, plan.faces_per_second) == (100, None)


def test_a_few_steps_are_timed(data: Path) -> None:
    plan = ask_for_plan(TrainingRequest(data, "tiny", Path(), changes=("batch=16",)))
    assert plan.faces_per_second is not None
    assert plan.faces_per_second > 1
    assert plan.seconds_per_epoch == pytest.approx(100 / plan.faces_per_second)


@pytest.mark.parametrize(
    ("preset", "recipe", "changes"),
    [
        pytest.param("tiny", None, ("batch=0",), id="a setting out of range, told without a process"),
        pytest.param("none", None, (), id="no such preset"),
        pytest.param("tiny", "none", (), id="no such recipe"),
        pytest.param("release", "report", (), id="two heads and no rows to choose their blend on"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    preset: str, recipe: str | None, changes: tuple[str, ...], data: Path
) -> None:
    with pytest.raises(FerError):
        ask_for_plan(TrainingRequest(data, preset, Path(), recipe=recipe, changes=changes))


def test_two_are_timed_one_after_the_other(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[int] = []
    most: list[int] = []

    def process(*_arguments: object, **_options: object) -> subprocess.CompletedProcess[str]:
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.05)
        inside.pop()
        return subprocess.CompletedProcess([], 1, "", "facet: enough")

    monkeypatch.setattr(subprocess, "run", process)

    def ask() -> None:
        with pytest.raises(TrainingError, match="enough"):
            ask_for_plan(TrainingRequest(data, "tiny", Path()))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]


def test_what_the_other_process_says_comes_back(tmp_path: Path) -> None:
    with pytest.raises(FerError, match="no file"):
        ask_for_plan(TrainingRequest(tmp_path / "nowhere.csv", "tiny", Path()))
