"""The stream through a real relay, with the browser allowed nothing else, and what the page says when that fails."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_live import CAMERA_FLAGS, STREAMER, agree, start_camera
from tests.coturn_server import PASSWORD, SECRET, USER, Coturn, running_coturn

pytestmark = pytest.mark.browser

STATIC = {"FACET_TURN_USERNAME": USER, "FACET_TURN_PASSWORD": PASSWORD}


@pytest.fixture
def coturn() -> Iterator[Coturn]:
    with running_coturn() as server:
        yield server


@pytest.fixture
def secret_coturn() -> Iterator[Coturn]:
    with running_coturn(secret=True) as server:
        yield server


def open_clip(page: Any, address: str) -> None:
    """The drawn clip needs no camera and takes the same way."""
    page.goto(f"{address}/live")
    page.get_by_role("radio", name="Clip").click()


def goes_on(handle: Any, content: Any) -> None:
    then = handle.evaluate("video => video.currentTime")
    content.wait_for_function("([video, then]) => video.currentTime > then + 1", arg=[handle, then])


def test_the_video_goes_through_the_relay_alone_stalls_with_it_and_starts_again(
    start_app: Callable[..., str],
    coturn: Coturn,
    clip: tuple[Path, tuple[str, ...]],
    outer_address: None,
    open_browser: Callable[..., Any],
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}")
    address = start_app(FACET_ICE_SERVERS=coturn.url, FACET_ICE_RELAY_ONLY="1", **STATIC)
    page.goto(f"{address}/live")
    agree(page)
    handle, content = start_camera(page)
    goes_on(handle, content)
    page.locator(".facet-now:not([data-label='no face'])").wait_for()
    assert coturn.said(f"user <{USER}>")
    # The relay holds its breath: nothing arrives any more, and nothing says why.
    coturn.process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    page.get_by_text("The video stands still.").wait_for()
    # 3 s of patience, half a second between two looks, and what a busy machine takes.
    assert time.monotonic() - stopped < 6
    # After some more seconds the browser gives the connection up.
    page.get_by_text("The connection was lost. Press START").wait_for()
    coturn.process.send_signal(signal.SIGCONT)
    goes_on(*start_camera(page))
    assert page.get_by_text("The connection was lost.").count() == 0


def test_a_short_lived_name_opens_the_relay_too(
    start_app: Callable[..., str],
    secret_coturn: Coturn,
    outer_address: None,
    open_browser: Callable[..., Any],
) -> None:
    page = open_browser()
    open_clip(
        page,
        start_app(FACET_ICE_SERVERS=secret_coturn.url, FACET_ICE_RELAY_ONLY="1", FACET_TURN_SECRET=SECRET),
    )
    goes_on(*start_camera(page))
    assert SECRET not in page.content()


def test_wrong_credentials_are_told(
    start_app: Callable[..., str], coturn: Coturn, outer_address: None, open_browser: Callable[..., Any]
) -> None:
    page = open_browser()
    wrong = {**STATIC, "FACET_TURN_PASSWORD": "wrong"}
    open_clip(page, start_app(FACET_ICE_SERVERS=coturn.url, FACET_ICE_RELAY_ONLY="1", **wrong))
    page.frame_locator(STREAMER).get_by_role("button", name="START").click()
    page.get_by_text("refuses the name or password it is given").wait_for()
    page.get_by_text("By hand need no video").wait_for()


def test_a_dead_relay_is_told(
    start_app: Callable[..., str], outer_address: None, open_browser: Callable[..., Any]
) -> None:
    page = open_browser()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        dead = f"turn:127.0.0.1:{deaf.getsockname()[1]}"
        open_clip(page, start_app(FACET_ICE_SERVERS=dead, FACET_ICE_RELAY_ONLY="1", **STATIC))
        page.frame_locator(STREAMER).get_by_role("button", name="START").click()
        page.get_by_text("The connection does not come up.").wait_for()
        page.get_by_text("does not answer.").wait_for()
