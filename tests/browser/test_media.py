"""The media page as a person uses it: pictures in, faces looked at, table and pictures taken away."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from fer_core.labels import LABELS
from fer_core.preprocessing import load_image
from tests.media.picture_files import FACE, GOOD, saved, zipped

pytestmark = pytest.mark.browser


@pytest.fixture
def page(app: str, open_browser: Callable[..., Any]) -> Iterator[Any]:
    page = open_browser(height=1300)
    page.goto(f"{app}/media")
    page.get_by_role("button", name="No picture at hand?").wait_for()
    yield page
    assert page.get_by_text("Traceback").count() == 0


def upload(page: Any, **files: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        [
            {"name": name.replace("_", "."), "mimeType": "application/octet-stream", "buffer": content}
            for name, content in files.items()
        ]
    )


def taken(page: Any, button: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return Path(waiting.value.path()).read_bytes()


def two_faces() -> bytes:
    """A happy face, and a smaller one beside it."""
    face = cv2.resize(load_image(GOOD), (480, 360), interpolation=cv2.INTER_AREA)
    smaller = np.full_like(face, 200)
    smaller[90:270, 120:360] = cv2.resize(face, (240, 180), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".png", np.hstack([face, smaller]))[1].tobytes()


def test_pictures_are_read_looked_at_and_taken_away(page: Any) -> None:
    blank = saved(FACE.crop((0, 0, 60, 40)), "PNG")
    upload(page, two_png=two_faces(), blank_png=blank, broken_jpg=b"no picture")
    page.get_by_text("2 pictures, 2 faces, 1 without a face").wait_for()
    page.get_by_text("1 could not be read").wait_for()

    # Each face's blend, the largest first.
    bars = page.locator(".facet-now").last
    bars.wait_for()
    label = bars.get_attribute("data-label")
    assert label in LABELS
    page.get_by_test_id("stImage").locator("img").wait_for()
    first = page.locator(".facet-bars").last.inner_text()
    page.get_by_role("radio", name="2:").click()
    page.wait_for_function(
        "first => [...document.querySelectorAll('.facet-bars')].at(-1)?.innerText !== first", arg=first
    )
    # The buttons are drawn after the bars, and a press on one that is being replaced is lost.
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()

    table = pd.read_csv(io.BytesIO(taken(page, "Faces (CSV)")))
    assert table["file"].tolist() == ["two.png", "two.png", "blank.png", "broken.jpg"]
    assert table["label"][0] == label
    assert table["w"][0] > table["w"][1]
    assert "not a picture" in table["error"][3]
    with zipfile.ZipFile(io.BytesIO(taken(page, "Annotated pictures"))) as archive:
        assert archive.namelist() == ["two.jpg", "blank.jpg"]
        drawn = load_image(archive.read("two.jpg"))
        assert drawn.shape[:2] == (360, 960)
        assert np.abs(drawn.astype(int) - load_image(two_faces())).max() > 100

    # The one without a face says so, and what to try.
    page.get_by_role("combobox", name="Picture").click()
    page.get_by_role("option", name="blank.png").click()
    page.get_by_text("No face was found.").wait_for()

    page.get_by_role("button", name="Forget them").click()
    page.get_by_role("button", name="No picture at hand?").wait_for()
    assert page.get_by_text("two.png").count() == 0


def test_a_zip_and_what_is_added_to_it(page: Any) -> None:
    upload(page, pictures_zip=zipped(("a/1.jpg", GOOD), ("a/2.jpg", b"broken")))
    page.get_by_text("1 picture, 1 face").wait_for()
    page.get_by_text("1 could not be read").wait_for()
    drawn = load_image(taken(page, "Annotated picture"))
    assert drawn.shape == load_image(GOOD).shape


def test_a_file_that_cannot_be_read_says_why_and_the_next_one_works(page: Any) -> None:
    upload(page, bomb_zip=zipped(("in.zip", zipped(("1.jpg", GOOD)))))
    page.get_by_text("0 pictures, 0 faces").wait_for()
    page.get_by_text("1 could not be read").wait_for()
    assert "holds no picture" in taken(page, "Faces (CSV)").decode()
    page.get_by_role("button", name="Forget them").click()
    page.get_by_role("button", name="No picture at hand?").wait_for()
    upload(page, good_jpg=GOOD)
    page.get_by_text("1 picture, 1 face").wait_for()


def test_a_phone_sees_the_drawn_faces_without_sideways_scrolling(
    app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(width=390, height=844)
    page.goto(f"{app}/media")
    page.get_by_role("button", name="No picture at hand?").click()
    page.get_by_text("5 pictures, 5 faces").wait_for()
    page.locator(".facet-bars").last.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
