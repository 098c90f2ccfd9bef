"""The evaluation page as a sceptic meets it, on a fresh checkout: the shipped models' stored predictions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import open_tab

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fresh_app(start_module_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("evaluation-home")
    return start_module_app(FACET_HOME=str(home), FACET_DATASET=str(home / "none.csv"))


def open_page(page: Any, address: str) -> None:
    page.goto(f"{address}/evaluation")
    page.get_by_text("One class against the rest").wait_for()


def choose(page: Any, box: str, option: str) -> None:
    page.get_by_role("combobox", name=box).click()
    page.get_by_role("option", name=option, exact=True).click()


def box_says(page: Any, box: str, value: str) -> None:
    """Wait until a select box shows a value."""
    page.wait_for_function(
        "([box, value]) => [...document.querySelectorAll('input[role=combobox], [role=combobox]')]"
        ".some(each => (each.getAttribute('aria-label') || '').includes(box)"
        " && ((each.value || '') + (each.getAttribute('aria-label') || '') + each.textContent).includes(value))",
        arg=[box, value],
    )


def test_beta_a_cell_two_models_and_the_report(
    fresh_app: str, open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_browser(height=1600)
    open_page(page, fresh_app)
    page.get_by_text("The source report, on PublicTest and PrivateTest").wait_for()

    # Beta by the keyboard: a tenth up from one half.
    slider = page.get_by_role("slider", name="Beta")
    slider.focus()
    slider.press("ArrowRight")
    page.get_by_test_id("stSliderThumbValue").filter(has_text="0.60").wait_for()
    page.wait_for_function("document.body.innerHTML.includes('F0.6')")

    # A click far from a number still means its cell.
    matrix = page.locator(".js-plotly-plot").first
    place = matrix.locator(".hm image, .heatmaplayer image").first.bounding_box() or matrix.bounding_box()
    page.mouse.move(place["x"] + place["width"] * 0.07, place["y"] + place["height"] * 0.27)
    page.mouse.down()
    page.mouse.up()
    box_says(page, "Labelled", "happy")
    box_says(page, "Answered", "angry")
    page.get_by_text("not the faces, which may not be passed on").wait_for()

    open_tab(page, "Compare")
    page.get_by_text("McNemar's exact test").wait_for()
    box_says(page, "Set it beside", "report")
    page.get_by_text("to the right: facet better").first.wait_for()

    open_tab(page, "Download")
    files = {}
    for words in ("Report (HTML)", "Rows (CSV)", "Figures (JSON)", "Model card (JSON)"):
        with page.expect_download() as coming:
            page.get_by_role("button", name=words).click()
        files[words] = tmp_path / coming.value.suggested_filename
        coming.value.save_as(files[words])
    assert json.loads(files["Figures (JSON)"].read_text())["beta"] == 0.6
    assert (
        len(files["Rows (CSV)"].read_text().splitlines())
        == 1 + json.loads(files["Figures (JSON)"].read_text())["n"]
    )

    # The report alone, without a network.
    report = open_browser(height=1200)
    asked: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    report.context.set_offline(True)
    report.goto(files["Report (HTML)"].as_uri())
    report.get_by_role("heading", level=1, name="facet").wait_for()
    report.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length >= 7")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert report.get_by_role("cell", name="accuracy without leaked rows").count() == 1


def test_the_threshold_chosen_here_is_the_live_page_s(
    fresh_app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(height=1200)
    open_page(page, fresh_app)
    open_tab(page, "Certainty")
    slider = page.get_by_role("slider", name="Uncertain below")
    slider.focus()
    slider.press("End")
    page.get_by_text("uncertain below 95%").wait_for()
    page.get_by_role("link", name="Live").click()
    page.get_by_text("Below 95% it says uncertain").wait_for()


def test_a_phone_sees_every_tab_without_sideways_scrolling(
    fresh_app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(width=390, height=844)
    open_page(page, fresh_app)
    for tab in ("Classes", "Certainty", "Crowd", "Compare", "Download"):
        open_tab(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
