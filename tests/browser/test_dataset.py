"""The dataset page as a data scientist meets it, on the synthetic sample."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_core.data.synthetic import synthetic_sample, write_csv
from fer_core.settings import PROJECT_ROOT
from tests.browser.conftest import open_tab, playwright_api

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dataset-home")


@pytest.fixture(scope="module")
def dataset_app(start_module_app: Callable[..., str], home: Path) -> str:
    return start_module_app(FACET_HOME=str(home), FACET_DATASET=str(home / "none.csv"))


def test_open_filter_exclude_balance_save_and_train_by_name(
    dataset_app: str, home: Path, open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_browser()
    page.goto(f"{dataset_app}/dataset")
    page.get_by_text("420 rows, 0 set aside, with FER+ votes.").wait_for()

    open_tab(page, "Faces")
    page.get_by_text("1 to 48 of 420 faces").wait_for()
    first = page.locator(".facet-faces figcaption").first.inner_text()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("49 to 96 of 420 faces").wait_for()
    # The line of text comes before the faces do.
    page.wait_for_function(
        "first => document.querySelector('.facet-faces figcaption').innerText !== first", arg=first
    )
    page.get_by_role("button", name="PublicTest", exact=True).click()
    page.get_by_text("1 to 42 of 42 faces").wait_for()
    page.wait_for_function("document.querySelector('.facet-faces').querySelectorAll('figure').length === 42")

    open_tab(page, "Quality")
    copies = page.get_by_role("switch", name=re.compile("Exact copies"))
    copies.or_(page.get_by_label(re.compile("Exact copies"))).first.wait_for(state="attached")
    page.get_by_text("Exact copies").first.click()

    open_tab(page, "Balance")
    page.get_by_text("Left out: exact copies").wait_for()
    page.get_by_text("Undersample", exact=True).click()
    page.get_by_text("every label as often as the rarest").first.wait_for()
    page.get_by_label("Name", exact=True).fill("shop")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved as shop@1").wait_for()

    saved = json.loads((home / "recipes" / "shop" / "1.json").read_text())["recipe"]
    assert (saved["method"], saved["exclude"]) == ("undersample", ["duplicates"])
    told = page.locator('[data-testid="stCode"] code').first.inner_text().split()
    data, votes = told[told.index("train") + 1], told[told.index("--votes") + 1]
    command = [sys.executable, "-m", "fer_core", "train", data, "--votes", votes, "--recipe", "shop"]
    command += ["--preset", "tiny", "--epochs", "1", "--run-dir", str(tmp_path / "run")]
    done = subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env={**os.environ, "FACET_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["recipe"]["name"] == "shop@1"
    assert len(set(record["train_counts"].values())) == 1


def test_picking_points_on_the_map_shows_their_faces(
    dataset_app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(height=1400)
    page.goto(f"{dataset_app}/dataset?tab=Faces")
    plot = page.locator(".js-plotly-plot").last
    plot.locator(".point").first.wait_for()
    plot.scroll_into_view_if_needed()
    box = plot.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 15, box["y"] + 15)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 15, box["y"] + box["height"] - 15, steps=8)
    page.mouse.up()
    page.get_by_text(re.compile(r"\d+ picked, the first 48 shown")).wait_for()
    # Browsed faces and mean faces stand above them.
    picked = page.locator(".facet-faces").nth(2)
    picked.locator("figure").nth(47).wait_for()
    assert picked.locator("figure").count() == 48


def file_field(page: Any) -> Any:
    """Open what adds a data set; where the page is redrawn at that moment it closes again."""
    field = page.locator('input[type="file"]').first
    for _ in range(4):
        page.get_by_role("button", name="Add a data set").click()
        try:
            field.wait_for(state="attached", timeout=15_000)
        except playwright_api.TimeoutError:
            continue
        return field
    pytest.fail("the form that adds a data set does not stay open")


def test_an_uploaded_file_is_added_chosen_and_removed(
    dataset_app: str, home: Path, open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    write_csv(synthetic_sample(33, seed=4), tmp_path / "shelf.csv")
    page = open_browser()
    page.goto(f"{dataset_app}/dataset")
    # A file that is given before the page has run to its end may be lost with what the run replaces.
    page.get_by_text("420 rows, 0 set aside, with FER+ votes.").wait_for()
    file_field(page).set_input_files(str(tmp_path / "shelf.csv"))
    add = page.get_by_role("button", name="Add", exact=True)
    add.and_(page.locator(":enabled")).click()
    page.get_by_text("33 rows, 0 set aside, without FER+ votes.").wait_for()
    assert list((home / "uploads").rglob("shelf.csv"))
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_text("420 rows").wait_for()
    assert not list((home / "uploads").rglob("shelf.csv"))


def test_an_upload_above_the_pictures_limit_arrives(
    dataset_app: str, open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "large.csv"
    write_csv(synthetic_sample(30, seed=5), path)
    with path.open("a") as file:
        file.write(("x" * 60_000 + "\n") * 1_000)
    page = open_browser()
    page.goto(f"{dataset_app}/dataset")
    # A file that is given before the page has run to its end may be lost with what the run replaces.
    page.get_by_text("420 rows, 0 set aside, with FER+ votes.").wait_for()
    file_field(page).set_input_files(str(path))
    page.get_by_role("button", name="Add", exact=True).and_(page.locator(":enabled")).click()
    page.get_by_text("30 rows, 1,000 set aside").wait_for()
    page.get_by_text("1,000 rows set aside").wait_for()
