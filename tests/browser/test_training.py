"""The training page as a person meets it, on the synthetic sample: start, watch, stop, resume, promote, go live."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_core.training.run_folder import RunFolder

pytestmark = [pytest.mark.browser, pytest.mark.trains]

#: How many points the first chart's line of that name has.
_POINTS = """name => {
  const chart = document.querySelector('.js-plotly-plot');
  const line = chart && chart.data && chart.data.find(each => each.name === name);
  return line && line.x ? line.x.length : 0;
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("training-home")


@pytest.fixture(scope="module")
def training_app(start_module_app: Callable[..., str], home: Path) -> str:
    return start_module_app(FACET_HOME=str(home), FACET_DATASET=str(home / "none.csv"))


def more_points(page: Any, name: str, than: int) -> int:
    page.wait_for_function(f"than => ({_POINTS})('{name}') > than", arg=than)
    return int(page.evaluate(_POINTS, name))


def test_start_watch_stop_resume_promote_and_go_live(
    training_app: str, home: Path, open_browser: Callable[..., Any]
) -> None:
    page = open_browser()
    page.goto(f"{training_app}/training")
    field = page.get_by_role("textbox", name="Name of the run")
    field.wait_for()
    # The box is there a moment before its text.
    page.wait_for_function("box => box.value !== ''", arg=field.element_handle())
    name = field.input_value()
    run = RunFolder(home / "runs" / name)
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("1000")
    epochs.press("Enter")
    page.get_by_role("button", name="Start").click()

    # The curve grows before the person's eyes, without a reload.
    points = more_points(page, "validation", 1)
    points = more_points(page, "validation", points)

    # A reload does not disturb it, and finds it again.
    page.reload()
    more_points(page, "validation", points)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text(re.compile(r"Stopped after \d+ finished epochs")).first.wait_for()
    stopped = run.completed_epochs()
    assert run.state()[0] == "stopped"
    assert run.kept_weights.exists()

    page.get_by_role("button", name="Resume").click()
    more_points(page, "validation", stopped)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text(re.compile(r"Stopped after \d+ finished epochs")).first.wait_for()
    assert run.completed_epochs() > stopped
    assert [row["epoch"] for row in run.history_rows()][: stopped + 1] == list(range(1, stopped + 2))

    page.get_by_role("button", name="Promote").click()
    page.get_by_text(f"The model that answers: {name}").wait_for()
    page.get_by_role("link", name="Live").click()
    page.get_by_text(f"The model that answers: {name}").wait_for()
    page.get_by_role("radio", name="By hand").click()
    page.locator(".facet-card").first.wait_for()

    page.get_by_role("link", name="Training").click()
    page.get_by_role("button", name="Back to facet").click()
    page.get_by_text("The model that answers: facet").wait_for()


def test_a_phone_sees_the_page_without_sideways_scrolling(
    training_app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(width=390, height=844)
    page.goto(f"{training_app}/training")
    for tab in ("Watch", "New run", "Runs"):
        page.get_by_role("tab", name=tab).click()
        page.get_by_role("tab", name=tab, selected=True).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
