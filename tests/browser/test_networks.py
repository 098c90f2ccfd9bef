"""The stream through a real relay, with the browser allowed nothing else, and what the page says when that fails."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import press
from tests.browser.test_live import CAMERA_FLAGS, STREAMER, agree, start_camera
from tests.coturn_server import PASSWORD, SECRET, USER, Coturn, running_coturn

pytestmark = pytest.mark.browser

STATIC = {"FACET_TURN_USERNAME": USER, "FACET_TURN_PASSWORD": PASSWORD}

#: Seconds for a sentence: 3 of patience, half a second between two looks, and what a busy machine takes.
SOON = 6.0

#: Before the page's own scripts, in each of its frames: every connection is remembered, to ask it for its ways.
REMEMBER_CONNECTIONS = """
window.connections = [];
const Plain = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Plain {
  constructor(...given) { super(...given); window.connections.push(this); }
};
"""
WAYS_IN_USE = """async () => {
  const newest = window.connections.at(-1);
  const found = [...(await newest.getStats()).values()];
  return found.filter((each) => each.type === "candidate-pair" && each.nominated && each.state === "succeeded")
    .map((pair) => found.find((each) => each.id === pair.localCandidateId).candidateType);
}"""


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


def press_start(page: Any) -> float:
    """Gives when, in monotonic seconds."""
    page.frame_locator(STREAMER).get_by_role("button", name="START").click()
    return time.monotonic()


def goes_on(handle: Any, content: Any) -> None:
    then = handle.evaluate("video => video.currentTime")
    content.wait_for_function("([video, then]) => video.currentTime > then + 1", arg=[handle, then])


def is_relayed(content: Any) -> bool:
    # A pair that is just being asked again counts as no way for a moment. Playwright's waiting for an async function
    # was seen to come back with nothing.
    ways = content.evaluate(
        f"""async (end) => {{
          for (;;) {{
            const ways = await ({WAYS_IN_USE})();
            if (ways.length || Date.now() > end) return ways;
            await new Promise((next) => setTimeout(next, 50));
          }}
        }}""",
        (time.time() + 30) * 1000,
    )
    return set(ways) == {"relay"}


def stand_still(page: Any, coturn: Coturn) -> None:
    """The relay holds its breath: nothing arrives any more, and nothing says why. The page must."""
    coturn.process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    page.get_by_text("The video stands still. Press STOP, then START").wait_for()
    assert time.monotonic() - stopped < SOON


def test_the_video_goes_through_the_relay_alone_stalls_with_it_and_starts_again(
    start_app: Callable[..., str],
    coturn: Coturn,
    clip: tuple[Path, tuple[str, ...]],
    outer_address: None,
    open_browser: Callable[..., Any],
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}")
    page.add_init_script(REMEMBER_CONNECTIONS)
    address = start_app(FACET_ICE_SERVERS=coturn.url, FACET_ICE_RELAY_ONLY="1", **STATIC)
    page.goto(f"{address}/live")
    agree(page)
    handle, content = start_camera(page)
    goes_on(handle, content)
    page.locator(".facet-now:not([data-label='no face'])").wait_for()
    assert is_relayed(content)
    assert coturn.said(f"user <{USER}>: incoming packet ALLOCATE processed, success")
    stand_still(page, coturn)
    # After some more seconds the browser gives the connection up.
    page.get_by_text("The video broke off. Press START").wait_for()
    coturn.process.send_signal(signal.SIGCONT)
    handle, content = start_camera(page)
    goes_on(handle, content)
    assert is_relayed(content)
    assert page.get_by_text("The video broke off.").count() == 0


def test_stop_and_start_mend_a_clip_that_stands_still(
    start_app: Callable[..., str], coturn: Coturn, outer_address: None, open_browser: Callable[..., Any]
) -> None:
    page = open_browser()
    open_clip(page, start_app(FACET_ICE_SERVERS=coturn.url, FACET_ICE_RELAY_ONLY="1", **STATIC))
    goes_on(*start_camera(page))
    stand_still(page, coturn)
    press(page.frame_locator(STREAMER), "STOP")
    coturn.process.send_signal(signal.SIGCONT)
    goes_on(*start_camera(page))
    page.get_by_text("The video stands still.").wait_for(state="detached")
    assert page.get_by_text("The video broke off.").count() == 0
    # The server goes on drawing the clip for a browser that has gone away; that is told all the same.
    stand_still(page, coturn)
    page.get_by_text("The video broke off. Press START").wait_for()


def test_a_short_lived_name_opens_the_relay_too(
    start_app: Callable[..., str],
    secret_coturn: Coturn,
    outer_address: None,
    open_browser: Callable[..., Any],
) -> None:
    page = open_browser()
    page.add_init_script(REMEMBER_CONNECTIONS)
    received: list[bytes] = []

    def keep(payload: str | bytes) -> None:
        received.append(payload.encode() if isinstance(payload, str) else payload)

    page.on("websocket", lambda socket: socket.on("framereceived", keep))
    open_clip(
        page,
        start_app(FACET_ICE_SERVERS=secret_coturn.url, FACET_ICE_RELAY_ONLY="1", FACET_TURN_SECRET=SECRET),
    )
    handle, content = start_camera(page)
    goes_on(handle, content)
    page.locator(".facet-now:not([data-label='no face'])").wait_for()
    assert is_relayed(content)
    told = b"".join(received)
    # The browser is told a name that ends, and one only: another would end the stream.
    names = set(re.findall(rb'"username": ?"(\d{10}:[0-9a-f]{8})"', told))
    assert len(names) == 1, names
    assert secret_coturn.said(names.pop().decode())
    assert json.dumps(SECRET).strip('"').encode() not in told
    assert SECRET not in page.content()


def test_wrong_credentials_are_told(
    start_app: Callable[..., str], coturn: Coturn, outer_address: None, open_browser: Callable[..., Any]
) -> None:
    page = open_browser()
    wrong = {**STATIC, "FACET_TURN_PASSWORD": "wrong"}
    open_clip(page, start_app(FACET_ICE_SERVERS=coturn.url, FACET_ICE_RELAY_ONLY="1", **wrong))
    begun = press_start(page)
    page.get_by_text("refuses the name or password it is given").wait_for()
    assert time.monotonic() - begun < SOON
    page.get_by_text("By hand need no video").wait_for()


def test_a_dead_relay_is_told(
    start_app: Callable[..., str], outer_address: None, open_browser: Callable[..., Any]
) -> None:
    page = open_browser()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        dead = f"turn:127.0.0.1:{deaf.getsockname()[1]}"
        open_clip(page, start_app(FACET_ICE_SERVERS=dead, FACET_ICE_RELAY_ONLY="1", **STATIC))
        begun = press_start(page)
        page.get_by_text("The connection does not come up.").wait_for()
        assert time.monotonic() - begun < SOON
        page.get_by_text("does not answer.").wait_for()
