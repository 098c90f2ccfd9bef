"""The live demo as a person meets it, in a real browser with a camera fed by a clip."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_core.model_folder import activate_model, find_model
from fer_core.settings import Settings
from tests.browser.conftest import CAMERA_FLAGS

pytestmark = pytest.mark.browser

STREAMER = 'iframe[title="streamlit_webrtc.component.webrtc_streamer"]'
#: Page -> the last thing it draws.
PAGES = {
    "overview": ":text('What it must not be used for')",
    "live": ".facet-card",
    "dataset": ":text('Every row of the file could be read')",
    "evaluation": ":text('own table, on 74 pictures')",
}

#: Counts pixels of the video close to a colour (red, green, blue).
COUNT_PIXELS = """(video, [r, g, b]) => {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let found = 0;
  for (let at = 0; at < data.length; at += 4)
    if (Math.abs(data[at] - r) < 48 && Math.abs(data[at + 1] - g) < 48 && Math.abs(data[at + 2] - b) < 48) found++;
  return found;
}"""


def agree(page: Any) -> None:
    page.get_by_role("button", name="I am an adult and I agree").click()


def shelf(page: Any, label: str) -> Any:
    return page.locator(f'.facet-shelf[data-label="{label}"]')


def now(page: Any, label: str) -> Any:
    return page.locator(f'.facet-now[data-label="{label}"]')


def colour_of(label: str) -> list[int]:
    from fer_core.palette import EXPRESSION_COLOURS

    code = EXPRESSION_COLOURS[label]
    return [int(code[at : at + 2], 16) for at in (1, 3, 5)]


def start_camera(page: Any) -> tuple[Any, Any]:
    """Press START; gives the playing video and the frame it lies in."""
    frame = page.frame_locator(STREAMER)
    frame.get_by_role("button", name="START").click()
    video = frame.locator("video")
    video.wait_for()
    handle = video.element_handle()
    content = handle.owner_frame()
    content.wait_for_function("video => video.currentTime > 0.5", arg=handle)
    return handle, content


def test_the_first_visit_may_go_straight_to_the_live_page(
    start_app: Callable[..., str], open_browser: Callable[..., Any]
) -> None:
    page = open_browser()
    page.goto(f"{start_app()}/live")
    page.get_by_role("heading", level=1, name="Live").wait_for()
    page.get_by_role("link", name="Overview").first.wait_for()


def test_consent_camera_expression_shelf(
    app: str, clip: tuple[Path, tuple[str, ...]], outer_address: None, open_browser: Callable[..., Any]
) -> None:
    path, labels = clip
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={path}")
    page.goto(f"{app}/live")
    page.get_by_role("button", name="I am an adult and I agree").wait_for()
    assert page.locator(STREAMER).count() == 0
    agree(page)
    handle, content = start_camera(page)
    first = handle.evaluate("video => video.currentTime")
    content.wait_for_function("([video, then]) => video.currentTime > then + 1", arg=[handle, first])
    if "portrait" in labels:
        page.locator(".facet-now:not([data-label='no face'])").wait_for()
        seen = page.locator(".facet-now").first.get_attribute("data-label")
        assert handle.evaluate(COUNT_PIXELS, colour_of(seen)) > 100
        return
    for label in labels:
        now(page, label).wait_for()
        assert int(page.locator(f'[data-bar="{label}"]').get_attribute("aria-valuenow")) >= 40
        shelf(page, label).wait_for()
        # The camera sends grey faces on grey: a coloured rectangle can only have been drawn by the server.
        content.wait_for_function(
            f"([video, colour]) => ({COUNT_PIXELS})(video, colour) > 100", arg=[handle, colour_of(label)]
        )
    page.get_by_role("button", name="New shopper").click()
    page.get_by_role("button", name="I am an adult and I agree").wait_for()
    page.locator(STREAMER).wait_for(state="detached")


def test_an_open_camera_goes_on_with_the_model_promoted_meanwhile(
    start_app: Callable[..., str],
    clip: tuple[Path, tuple[str, ...]],
    outer_address: None,
    open_browser: Callable[..., Any],
    tmp_path: Path,
) -> None:
    settings = Settings.from_environment({"FACET_HOME": str(tmp_path)})
    shutil.copytree(find_model("facet", settings).path, settings.released_models / "twin")
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}")
    page.goto(f"{start_app(FACET_HOME=str(tmp_path))}/live")
    agree(page)
    handle, content = start_camera(page)
    page.get_by_text("The model that answers: facet").wait_for()
    activate_model("twin", settings)
    page.get_by_text("The model that answers: twin").wait_for()
    # The same video element goes on: the stream was not opened anew.
    now = handle.evaluate("video => video.currentTime")
    content.wait_for_function("([video, then]) => video.currentTime > then + 1", arg=[handle, now])


def test_controls_act_while_the_stream_goes_on(
    app: str, clip: tuple[Path, tuple[str, ...]], outer_address: None, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}", height=1500)
    page.goto(f"{app}/live")
    agree(page)
    handle, content = start_camera(page)

    def goes_on() -> None:
        then = handle.evaluate("video => video.currentTime")
        content.wait_for_function("([video, then]) => video.currentTime > then + 1", arg=[handle, then])

    page.locator('.facet-minute img[alt*="happy"]').wait_for()
    page.get_by_text("frames a second, the last result").wait_for()
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("radio", name="The largest alone").click()
    page.get_by_text("As in a mirror").click()
    goes_on()
    page.get_by_role("combobox", name="Face finder").click()
    page.get_by_role("option", name="Haar").click()
    goes_on()
    page.get_by_role("slider", name="Half-life of a reading").press("ArrowRight")
    page.get_by_role("slider", name="Uncertain below").press("End")
    page.get_by_text("Below 95% it says uncertain").wait_for()
    # Nobody in the clip is that clear; the stream says so with the threshold just set.
    now(page, "uncertain").wait_for()
    page.get_by_role("slider", name="Uncertain below").press("Home")
    page.locator(".facet-now:not([data-label='uncertain'])").wait_for()
    goes_on()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        pytest.param(
            ["--use-fake-device-for-media-stream", "--deny-permission-prompts"],
            "The camera is not allowed",
            id="permission denied",
        ),
        pytest.param(["--use-fake-ui-for-media-stream"], "No camera was found", id="no camera"),
    ],
)
def test_without_a_camera_a_sentence_helps(
    flags: list[str], words: str, app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*flags)
    page.goto(f"{app}/live")
    agree(page)
    frame = page.frame_locator(STREAMER)
    frame.get_by_role("button", name="START").click()
    page.get_by_role("alert").filter(has_text=words).wait_for()
    page.get_by_text("The camera does not start?").click()
    page.get_by_text("Nothing helps").wait_for()


def test_picking_by_hand_moves_bars_and_shelf(app: str, open_browser: Callable[..., Any]) -> None:
    page = open_browser()
    page.goto(f"{app}/live")
    page.get_by_role("radio", name="By hand").click()
    shelf(page, "happy").wait_for()
    before = page.locator(".facet-card .name").all_inner_texts()
    page.get_by_role("radio", name="angry").click()
    shelf(page, "angry").wait_for()
    now(page, "angry").wait_for()
    assert page.locator('[data-bar="angry"]').get_attribute("aria-valuenow") == "80"
    after = page.locator(".facet-card .name").all_inner_texts()
    assert len(after) == 6
    assert set(before) != set(after)


def test_a_photo_is_read(app: str, open_browser: Callable[..., Any]) -> None:
    from skimage import data as pictures

    page = open_browser()
    page.goto(f"{app}/live")
    page.get_by_role("radio", name="Photo").click()
    agree(page)
    portrait = cv2.imencode(".png", np.ascontiguousarray(pictures.astronaut()[:, :, ::-1]))[1].tobytes()
    page.locator('input[type="file"]').set_input_files(
        {"name": "portrait.png", "mimeType": "image/png", "buffer": portrait}
    )
    page.get_by_role("img", name="Your picture with every face found framed").wait_for()
    page.locator(".facet-now:not([data-label='no face'])").wait_for()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_other_computer_for_anything(
    name: str, app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{app}/{name}")
    page.locator(PAGES[name]).first.wait_for()
    page.wait_for_load_state("networkidle")
    assert asked
    assert [url for url in asked if not url.startswith((f"{app}/", "data:", "blob:"))] == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_no_page_scrolls_sideways_and_each_has_one_heading(
    name: str, width: int, height: int, app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(width=width, height=height)
    page.goto(f"{app}/{name}")
    page.get_by_role("heading", level=1).wait_for()
    page.locator(PAGES[name]).first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.url == f"{app}/{name}"


def test_the_front_door_leads_to_the_overview(app: str, open_browser: Callable[..., Any]) -> None:
    page = open_browser()
    page.goto(app)
    page.wait_for_url(f"{app}/overview")
    page.get_by_role("link", name="Try the live demo").click()
    page.wait_for_url(f"{app}/live")
