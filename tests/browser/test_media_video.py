"""A video on the media page: brought, watched while it is read, stopped, scrubbed, taken away."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pandas as pd
import pytest

from fer_core.live.drawn_clip import LENGTH
from fer_core.media.sample import drawn_video
from tests.media.video_files import long

pytestmark = pytest.mark.browser


@pytest.fixture
def page(app: str, open_browser: Callable[..., Any]) -> Iterator[Any]:
    page = open_browser(height=1400)
    page.goto(f"{app}/media")
    page.get_by_role("radio", name="Video").click()
    page.get_by_role("button", name="No video at hand?").wait_for()
    yield page
    assert page.get_by_text("Traceback").count() == 0


def upload(page: Any, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def taken(page: Any, button: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return Path(waiting.value.path()).read_bytes()


def shown(page: Any) -> tuple[str, list[str]]:
    """The label below the still, and the cards."""
    label = page.locator(".facet-now").last.get_attribute("data-label")
    cards = page.locator(".facet-card").evaluate_all("all => all.map(each => each.dataset.product)")
    return label, cards


def test_a_video_is_read_scrubbed_and_taken_away(page: Any) -> None:
    upload(page, "clip.mp4", drawn_video(LENGTH))
    page.get_by_role("button", name="Stop and keep").wait_for()
    page.get_by_role("progressbar").wait_for()
    page.get_by_text(f"{round(LENGTH * 15)} pictures").wait_for()

    # It plays.
    video = page.locator("video").element_handle()
    video.evaluate("video => { video.muted = true; return video.play(); }")
    page.wait_for_function("video => video.currentTime > 0.3", arg=video)

    # Another second, another expression and other cards.
    slider = page.get_by_role("slider", name="Look at second")
    slider.wait_for()
    page.locator(".facet-card").nth(5).wait_for()
    before = shown(page)
    box = page.get_by_test_id("stSlider").bounding_box()
    page.mouse.click(
        box["x"] + box["width"] / 2, slider.bounding_box()["y"] + slider.bounding_box()["height"] / 2
    )
    page.wait_for_function(
        "before => document.querySelector('.facet-now')?.dataset.label !== before", arg=before[0]
    )
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_function(
        "before => document.querySelector('.facet-now')?.dataset.label === before", arg=before[0]
    )
    # The same second shows the same cards.
    page.wait_for_function(
        """cards => JSON.stringify([...document.querySelectorAll('.facet-card')].map(each => each.dataset.product))
            === JSON.stringify(cards)""",
        arg=before[1],
    )

    table = pd.read_csv(io.BytesIO(taken(page, "Faces (CSV)")))
    with av.open(io.BytesIO(taken(page, "Annotated video"))) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert frames == table["picture"].nunique() == round(LENGTH * 15)

    page.get_by_role("button", name="Forget it").click()
    page.get_by_role("button", name="No video at hand?").wait_for()


def test_stopping_keeps_what_was_read_and_a_broken_one_is_a_sentence(page: Any) -> None:
    upload(page, "long.mp4", long())
    page.get_by_text("seconds read").wait_for()
    page.wait_for_function("document.body.innerText.match(/[1-9][0-9]* of 60 seconds read/)")
    page.get_by_role("button", name="Stop and keep").click()
    page.get_by_text("stopped here").wait_for()
    page.locator("video").wait_for()
    assert len(pd.read_csv(io.BytesIO(taken(page, "Faces (CSV)")))) > 10
    page.get_by_role("button", name="Forget it").click()
    page.get_by_role("button", name="No video at hand?").wait_for()

    upload(page, "broken.mp4", long()[:200_000])
    page.get_by_text("The video is damaged").or_(page.get_by_text("no picture")).first.wait_for()
    page.get_by_role("button", name="Forget it").click()
    page.get_by_role("button", name="No video at hand?").click()
    page.get_by_text(f"{round(LENGTH * 15)} pictures").wait_for()


def test_a_phone_sees_it_without_sideways_scrolling(app: str, open_browser: Callable[..., Any]) -> None:
    page = open_browser(width=390, height=844)
    page.goto(f"{app}/media")
    page.get_by_role("radio", name="Video").click()
    page.get_by_role("button", name="No video at hand?").click()
    page.locator(".facet-card").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
