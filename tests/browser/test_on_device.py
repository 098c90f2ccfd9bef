"""Expressions read in the visitor's browser: the shelf follows, and no picture finds a way out."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.errors import OnDeviceError
from fer_core.model_folder import active_model
from fer_core.on_device.building import COMMAND, is_built
from fer_core.on_device.message import DeviceReading
from fer_core.settings import Settings
from fer_core.vision.analyzer import ExpressionAnalyzer
from tests.browser.conftest import CAMERA_FLAGS
from tests.browser.device_reader import alike, device_reader
from tests.browser.test_live import STREAMER, agree, now, shelf

pytestmark = pytest.mark.browser

FRAME = 'iframe[title="pages._on_device.on_device"]'

#: In every frame: counts peer connections, and keeps every message that a frame sends to the one around it.
WATCH = """
  window.facetPeers = 0;
  if (window.RTCPeerConnection) window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); window.facetPeers++; }
  };
  window.facetMessages = [];
  window.addEventListener("message", ({ data }) => {
    if (data?.type === "streamlit:setComponentValue") window.facetMessages.push(JSON.stringify(data));
  });
"""


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The build and the shipped model's network; a person makes both with one command."""
    if is_built() and active_model(Settings.from_environment({})).browser.is_file():
        return
    reason = f"nothing reads expressions in the browser here; run {COMMAND}"
    if os.environ.get("FACET_REQUIRE_ON_DEVICE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def choose_device(page: Any) -> None:
    page.get_by_text("On this device", exact=True).first.click()
    page.get_by_text("Images stay in your browser").first.wait_for()


def open_frame(page: Any, app: str) -> Any:
    """The frame, its camera not yet asked for."""
    page.goto(f"{app}/live")
    choose_device(page)
    agree(page)
    frame = page.frame_locator(FRAME)
    frame.get_by_role("button", name="START").wait_for()
    return frame


def inside(frame: Any) -> Any:
    """To run something in the frame itself."""
    return frame.locator("button").element_handle().owner_frame()


def says(frame: Any, words: str) -> None:
    frame.get_by_role("status").filter(has_text=words).wait_for()


def sent_over_the_socket(page: Any) -> list[bytes]:
    """Everything that the page sends to the server from now on."""
    frames: list[bytes] = []

    def take(payload: str | bytes) -> None:
        frames.append(payload if isinstance(payload, bytes) else payload.encode())

    page.on("websocket", lambda opened: opened.on("framesent", take))
    return frames


def check_message(text: str) -> None:
    """Raises where a message of the frame's holds more than it may."""
    message = json.loads(text)
    assert set(message) == {"isStreamlitMessage", "type", "value", "dataType"}
    assert (message["type"], message["dataType"]) == ("streamlit:setComponentValue", "json")
    if message["value"] is not None:
        assert len(text) < 220
        DeviceReading.from_message(message["value"])


def test_the_shelf_follows_and_nothing_but_probabilities_leaves(
    app: str, clip: tuple[Path, tuple[str, ...]], open_browser: Callable[..., Any]
) -> None:
    path, labels = clip
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={path}")
    page.add_init_script(WATCH)
    sent = sent_over_the_socket(page)
    frame = open_frame(page, app)
    requests: list[str] = []
    # Loading ends before the camera opens; from then on the frame asks for nothing.
    frame.get_by_role("button", name="START").click()
    page.get_by_text("Camera on. Images stay in your browser").wait_for()
    page.on("request", lambda request: requests.append(request.url))
    for label in labels:
        if label == "portrait":
            page.locator(".facet-now:not([data-label='no face'])").wait_for()
            continue
        now(page, label).wait_for()
        assert int(page.locator(f'[data-bar="{label}"]').get_attribute("aria-valuenow")) >= 40
        shelf(page, label).wait_for()
    frame.locator(".speed").filter(has_text="pictures a second here").wait_for()
    assert page.locator(STREAMER).count() == 0
    assert [each for each in requests if "on_device" in each or not each.startswith((app, "blob:"))] == []

    # One comes at the latest every second and a half, however little changes.
    page.wait_for_function("() => facetMessages.length > 3")
    messages = page.evaluate("facetMessages")
    for message in messages:
        check_message(message)
    assert inside(frame).evaluate("window.facetPeers ?? 0") == page.evaluate("facetPeers") == 0

    # What went over the wire: of the camera's frame its messages alone, and no room for a picture beside them.
    told = [text for payload in sent for text in re.findall(rb'\{"time".*?\}', payload)]
    assert len(told) > 3
    for text in told:
        DeviceReading.from_message(json.loads(text))
    assert max(map(len, sent)) < 4_000
    assert not any(
        re.search(rb"data:image|iVBORw0KGgo|/9j/|\xff\xd8\xff|\x89PNG|RIFF", each) for each in sent
    )

    frame.get_by_role("button", name="STOP").click()
    page.locator(".facet-on").wait_for(state="detached")
    says(frame, "The camera is off.")
    assert inside(frame).evaluate("stream") is None
    # It opens again with what was loaded.
    frame.get_by_role("button", name="START").click()
    page.locator(".facet-on").wait_for()
    page.get_by_role("button", name="End and forget").click()
    page.get_by_role("button", name="I am an adult and I agree").wait_for()
    page.locator(FRAME).wait_for(state="detached")


#: A way out -> what a leak would do there; "shut" where there is none.
LEAKS = {
    "fetch": "fetch('/_stcore/health').then(() => 'out', () => 'shut')",
    "a request of old": "new Promise((done) => { const r = new XMLHttpRequest(); r.onload = () => done('out'); "
    "r.onerror = () => done('shut'); r.open('GET', '/_stcore/health'); r.send(); })",
    "a socket": "new Promise((done) => { const s = new WebSocket(`ws://${location.host}/_stcore/stream`); "
    "s.onopen = () => done('out'); s.onerror = () => done('shut'); })",
    "events": "new Promise((done) => { const s = new EventSource('/_stcore/health'); s.onopen = () => done('out'); "
    "s.onerror = () => done('shut'); })",
    "a beacon": "navigator.sendBeacon('/_stcore/health', 'x') ? 'out' : 'shut'",
    "a peer connection": "new RTCPeerConnection() && 'out'",
    "a picture's address": "new Promise((done) => { const i = new Image(); i.onload = () => done('out'); "
    "i.onerror = () => done('shut'); i.src = '/favicon.png?x'; })",
    "a style sheet": "new Promise((done) => { const l = document.createElement('link'); l.rel = 'stylesheet'; "
    "l.onload = () => done('out'); l.onerror = () => done('shut'); l.href = 'https://example.invalid/x.css'; document.head.append(l); })",
    "a script": "new Promise((done) => { const s = document.createElement('script'); s.onload = () => done('out'); "
    "s.onerror = () => done('shut'); s.src = 'network.js?x'; document.head.append(s); })",
    "a window": "open('/_stcore/health') ? 'out' : 'shut'",
    "a channel": "new BroadcastChannel('x') && 'out'",
    "a worker of its own": "new Promise((done) => { const code = `fetch('${location.origin}/_stcore/health')"
    ".then(() => postMessage('out'), () => postMessage('shut'))`; "
    "const w = new Worker(URL.createObjectURL(new Blob([code]))); w.onmessage = ({ data }) => done(data); "
    "w.onerror = () => done('shut'); })",
}


def test_no_planted_leak_finds_a_way_out(
    app: str, clip: tuple[Path, tuple[str, ...]], open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}")
    frame = open_frame(page, app)
    content = inside(frame)
    # The ways are there until the frame shuts them, or the test would pass for nothing.
    assert content.evaluate(LEAKS["fetch"]) == content.evaluate(LEAKS["a worker of its own"]) == "out"
    frame.get_by_role("button", name="START").click()
    page.locator(".facet-on").wait_for()
    found = {
        name: content.evaluate(
            "async (code) => { try { return await Promise.race([window.leak(code), "
            "new Promise((done) => setTimeout(() => done('shut'), 3000))]); } catch { return 'shut'; } }".replace(
                "window.leak(code)", code
            ),
            code,
        )
        for name, code in LEAKS.items()
    }
    assert found == dict.fromkeys(LEAKS, "shut")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("{ ...message, picture: 'iVBORw0KGgo=' }", id="a picture beside"),
        pytest.param("{ ...message, time: 'iVBORw0KGgo=' }", id="a picture for a time"),
        pytest.param(
            "{ ...message, shares: [0.12345678, 0.87654321, 0, 0, 0, 1, 2, 3] }",
            id="a picture in many numbers",
        ),
    ],
)
def test_a_picture_hidden_in_a_message_is_found_and_refused(
    value: str, app: str, clip: tuple[Path, tuple[str, ...]], open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}")
    page.add_init_script(WATCH)
    frame = open_frame(page, app)
    inside(frame).evaluate(
        f"""() => {{ const message = {{ time: Date.now() / 1000, face: false, shares: [0, 0, 0, 0, 0] }}; send({value}); }}"""
    )
    # The server takes nothing of it and says so.
    page.get_by_text(re.compile("from the camera's frame")).wait_for()
    (message,) = page.evaluate("facetMessages")
    with pytest.raises((OnDeviceError, AssertionError)):
        check_message(message)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param(
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); };",
            "The camera is not allowed here",
            id="refused",
        ),
        pytest.param(
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); };",
            "No camera was found",
            id="none",
        ),
        pytest.param(
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotReadableError'); };",
            "another program may use it",
            id="taken",
        ),
        pytest.param("delete window.WebAssembly;", "cannot run the network", id="no WebAssembly"),
        pytest.param("delete window.OffscreenCanvas;", "cannot run the network", id="an old browser"),
        pytest.param(
            "window.fetch = async () => { throw new TypeError(); };",
            "could not be loaded",
            id="no network to load from",
        ),
        pytest.param(
            "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });",
            "http://",
            id="no secure address",
        ),
    ],
)
def test_what_goes_wrong_is_a_sentence(
    script: str, said: str, app: str, clip: tuple[Path, tuple[str, ...]], open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}")
    frame = open_frame(page, app)
    inside(frame).evaluate(f"() => {{ {script} }}")
    frame.get_by_role("button", name="START").click()
    says(frame, said)
    assert page.locator(".facet-on").count() == 0


def test_a_slow_device_says_so_and_goes_on(
    app: str, clip: tuple[Path, tuple[str, ...]], open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}")
    frame = open_frame(page, app)
    inside(frame).evaluate(
        """() => {
          // Each picture takes half a second more.
          const ask = Worker.prototype.postMessage;
          Worker.prototype.postMessage = function (data, moved) {
            if (data.kind === "read") setTimeout(() => ask.call(this, data, moved), 500);
            else ask.call(this, data, moved);
          };
        }"""
    )
    frame.get_by_role("button", name="START").click()
    says(frame, "This device is slow")
    page.locator(".facet-now:not([data-label='no face'])").wait_for()


def test_who_agreed_to_one_way_has_not_agreed_to_the_other(
    app: str, open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*CAMERA_FLAGS)
    open_frame(page, app)
    page.get_by_text("On the server", exact=True).first.click()
    page.get_by_text("encrypted, to the computer that runs this page").wait_for()
    assert page.locator(STREAMER).count() == 0
    page.get_by_text("On this device", exact=True).first.click()
    page.frame_locator(FRAME).get_by_role("button", name="START").wait_for()


def test_holding_an_expression_counts_messages(
    app: str, clip: tuple[Path, tuple[str, ...]], open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}")
    frame = open_frame(page, app)
    frame.get_by_role("button", name="START").click()
    page.locator(".facet-on").wait_for()
    page.get_by_text("Hold an expression").click()
    page.get_by_text("what half a second of pictures shows").wait_for()
    page.get_by_role("radio", name="20").or_(page.get_by_text("20", exact=True)).first.click()
    page.get_by_role("button", name="Start: 3 seconds, then hold").click()
    page.get_by_text(re.compile(r"of 20 frames right")).first.wait_for()


def test_a_phone_sees_it_without_sideways_scrolling(
    app: str, clip: tuple[Path, tuple[str, ...]], open_browser: Callable[..., Any]
) -> None:
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}", width=390, height=844)
    frame = open_frame(page, app)
    # By keyboard alone.
    frame.get_by_role("button", name="START").press("Enter")
    page.locator(".facet-on").wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert inside(frame).evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_browser_and_server_say_the_same_of_photographs(
    test_data: Path, open_browser: Callable[..., Any]
) -> None:
    # Every fifth; benchmarks/on_device.py takes them all.
    found = alike(open_browser(), test_data / "wild_dev", every=5)
    assert found.both > 0.95 * found.photographs > 100
    assert found.agreed >= 0.97 * found.both
    assert found.device_recall >= found.server_recall - 0.02


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(640, 480, id="a camera"),
        pytest.param(1280, 720, id="a wide camera"),
        pytest.param(97, 131, id="small: enlarged"),
        pytest.param(301, 777, id="tall and odd"),
    ],
)
def test_both_find_the_same_face_in_pictures_of_any_size(
    width: int, height: int, open_browser: Callable[..., Any]
) -> None:
    import cv2
    from skimage import data

    side = min(width, height)
    picture = np.full((height, width, 3), 90, np.uint8)
    top, left = (height - side) // 2, (width - side) // 2
    face = cv2.resize(data.astronaut()[0:320, 60:380, ::-1], (side, side), interpolation=cv2.INTER_AREA)
    picture[top : top + side, left : left + side] = face
    analyzer = ExpressionAnalyzer.load()
    (reading,) = analyzer.read(picture, analyzer.detect(picture))
    with device_reader(open_browser(), analyzer.model.browser) as reader:
        told = reader.read(picture)
    (found,) = told["faces"]
    # A whole pixel where the detector looks is this many here.
    pixel = 1.01 * max(1.0, width / 256)
    assert [found[name] for name in "xywh"] == pytest.approx(list(vars(reading.box).values()), abs=pixel)
    assert told["shares"] == pytest.approx(list(reading.probabilities.values()), abs=0.12)
    blank = np.full((height, width, 3), 90, np.uint8)
    with device_reader(open_browser(), analyzer.model.browser) as reader:
        assert reader.read(blank)["faces"] == []
