"""The live page on a stage: the drawn clip, holding an expression, the report of a visit, and its end."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_live import CAMERA_FLAGS, STREAMER, agree, now, shelf, start_camera

pytestmark = pytest.mark.browser


def start_clip(page: Any, app: str) -> Any:
    page.goto(f"{app}/live")
    page.get_by_role("radio", name="Clip").click()
    return start_camera(page)


def saved(page: Any, button: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_bytes()


def test_the_clip_moves_the_shelf_without_camera_or_consent(
    app: str, outer_address: None, open_browser: Callable[..., Any]
) -> None:
    page = open_browser()
    start_clip(page, app)
    for label in ("happy", "surprise", "angry"):
        now(page, label).wait_for()
        shelf(page, label).wait_for()
    assert page.get_by_text("Camera on.").count() == 0
    page.get_by_text("A drawn face, nobody's").wait_for()


def test_holding_an_expression_counts_frames_and_gives_a_table(
    app: str, outer_address: None, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(height=2000)
    page.goto(f"{app}/live")
    page.get_by_role("radio", name="Clip").click()
    page.get_by_text("Hold an expression").click()
    start = page.get_by_role("button", name="Start: 3 seconds, then hold")
    start.wait_for()
    assert start.is_disabled()
    start_camera(page)
    page.get_by_role("radio", name="20", exact=True).click()
    start.click()
    page.get_by_text("Get ready").wait_for()
    page.get_by_role("button", name="Give up").click()
    start.wait_for()
    assert page.locator(".js-plotly-plot").count() == 0
    for count in (1, 2):
        start.click()
        page.get_by_text("Hold it: happy").wait_for()
        start.wait_for()
        page.get_by_text(f"{count}. happy").first.wait_for()
    page.get_by_text("the report: happy").first.wait_for()
    rows = list(csv.DictReader(io.StringIO(saved(page, "Download these tests (CSV)").decode("utf-8-sig"))))
    assert [(row["expression"], row["frames"], row["source"]) for row in rows] == [
        ("happy", "20", "drawn clip")
    ] * 2
    for row in rows:
        assert float(row["share low"]) <= float(row["share"]) <= float(row["share high"])
        assert sum(int(row[name]) for name in row if name.startswith("read as")) == 20


def test_the_visit_can_be_taken_away(app: str, outer_address: None, open_browser: Callable[..., Any]) -> None:
    page = open_browser(height=1500)
    start_clip(page, app)
    now(page, "happy").wait_for()
    shelf(page, "happy").wait_for()
    page.get_by_role("button", name="Session report").click()
    html = saved(page, "Report (HTML)").decode()
    assert "nobody's expression" in html
    assert "What was shown" in html
    looks = list(csv.DictReader(io.StringIO(saved(page, "Expression (CSV)").decode("utf-8-sig"))))
    assert any(row["label"] == "happy" for row in looks)
    cards = list(csv.DictReader(io.StringIO(saved(page, "Cards (CSV)").decode("utf-8-sig"))))
    assert {row["expression"] for row in cards} >= {"happy"}


def test_a_file_waits_for_a_slow_browser(
    app: str, outer_address: None, open_browser: Callable[..., Any]
) -> None:
    """Streamlit throws what a press made away after two runs of any page, and a stream makes two a second."""
    page = open_browser(height=1500)
    start_clip(page, app)
    now(page, "happy").wait_for()
    page.get_by_role("button", name="Session report").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Cards (CSV)").click()
    for label in ("surprise", "angry"):
        shelf(page, label).wait_for()
    answer = page.request.get(download.value.url)
    assert answer.status == 200
    assert answer.body() == Path(download.value.path()).read_bytes()


def test_one_click_ends_and_forgets(
    app: str, clip: tuple[Path, tuple[str, ...]], outer_address: None, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}", height=1500)
    page.goto(f"{app}/live")
    agree(page)
    assert page.get_by_text("Camera on.").count() == 0
    start_camera(page)
    page.get_by_role("status").get_by_text("Camera on.").wait_for()
    page.locator(".facet-now:not([data-label='no face'])").wait_for()
    kept = "localStorage.getItem('streamlit-webrtc:device-ids')"
    page.evaluate("localStorage.setItem('streamlit-webrtc:device-ids', '{}')")
    page.get_by_role("button", name="End and forget").click()
    page.get_by_text("Nothing of this visit is left").wait_for()
    page.get_by_role("button", name="I am an adult and I agree").wait_for()
    page.locator(STREAMER).wait_for(state="detached")
    assert page.get_by_text("Camera on.").count() == 0
    page.wait_for_function(f"{kept} === null")
    # The next visit begins from nothing: its report knows of no stream.
    page.get_by_role("radio", name="By hand").click()
    shelf(page, "happy").wait_for()
    page.get_by_role("button", name="Session report").click()
    assert "The expression</h2>" not in saved(page, "Report (HTML)").decode()


def test_who_declines_sees_the_shelf_all_the_same(app: str, open_browser: Callable[..., Any]) -> None:
    page = open_browser()
    page.goto(f"{app}/live")
    page.get_by_text("Not for employees, pupils or minors").wait_for()
    page.get_by_role("button", name="No, thank you").click()
    shelf(page, "happy").wait_for()
    assert page.get_by_role("radio", name="By hand").is_checked()
    assert page.locator(STREAMER).count() == 0
