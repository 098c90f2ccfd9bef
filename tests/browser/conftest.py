"""A running app, a Chromium, and a camera fed by a clip."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_core.settings import PROJECT_ROOT

playwright_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
CAMERA_FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

#: The pages that a test has opened, each with what its console said.
_OPENED = pytest.StashKey[list[tuple[Any, list[str]]]]()

#: Each app's address -> what it wrote while it ran.
_LOGS: dict[str, Path] = {}

#: What the clip shows, in turn: press photographs that the model reads as these.
CLIP_LABELS = ("happy", "surprise")


def give_up(reason: str) -> None:
    """Skip, or fail where a browser is required."""
    if os.environ.get("FACET_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        give_up("no Chromium on this machine; apt-get install chromium")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def outer_address() -> None:
    """WebRTC offers no loopback address to its peer, so the machine needs another one."""
    found = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        # Connecting a datagram socket sends nothing; it only asks which address would be used.
        probe.connect(("192.0.2.1", 9))
        found.add(probe.getsockname()[0])
    except OSError:
        pass
    finally:
        probe.close()
    if all(str(address).startswith(("127.", "::1", "0.")) for address in found):
        give_up("this machine has no address but loopback, and WebRTC needs one")


@contextmanager
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts ``streamlit run app.py``, each with a FACET_HOME of its own, and gives its address; ends all of them."""
    running: list[subprocess.Popen[bytes]] = []

    def start(**environment: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        command += ["--server.port", str(port), "--server.fileWatcherType", "none"]
        log = tmp_path_factory.mktemp("server") / "log.txt"
        with log.open("wb") as output:
            server = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "FACET_HOME": str(tmp_path_factory.mktemp("home")), **environment},
            )
        running.append(server)
        address = f"http://localhost:{port}"
        _LOGS[address] = log
        deadline = time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                    if answer.status == 200:
                        return address
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the app did not start: {log.read_text()[-2000:]}")
                # The health address is the only event there is; asking ten times a second is gentle.
                server_wait(server)

    yield start
    for server in running:
        server.terminate()
    for server in running:
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


@pytest.fixture
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts an app for one test; gives its address."""
    with apps(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def start_module_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts an app for the tests of one file; gives its address."""
    with apps(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app with nothing set up, the same for all tests."""
    with apps(tmp_path_factory) as start:
        yield start()


def server_wait(server: subprocess.Popen[bytes]) -> None:
    """Wait a tenth of a second, or less if the server ends."""
    try:
        server.wait(0.1)
    except subprocess.TimeoutExpired:
        return


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """A camera clip, and the labels it shows in turn (one alone where only the portrait is at hand)."""
    from fer_core import ExpressionAnalyzer

    data = os.environ.get("FACET_TEST_DATA")
    if data and (Path(data) / "wild_dev").is_dir():
        analyzer = ExpressionAnalyzer.load()
        faces = {label: _clear_face(Path(data) / "wild_dev", label, analyzer) for label in CLIP_LABELS}
    else:
        from skimage import data as pictures

        portrait = np.ascontiguousarray(pictures.astronaut()[0:320, 60:380, ::-1])
        faces = {"portrait": portrait}
    path = tmp_path_factory.mktemp("clip") / "clip.mjpeg"
    with path.open("wb") as file:
        for face in faces.values():
            frame = np.full((480, 640, 3), 96, np.uint8)
            frame[50:430, 130:510] = cv2.resize(face, (380, 380), interpolation=cv2.INTER_AREA)
            jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
            # At 30 frames a second each face stays for nine seconds, longer than any dwell time.
            file.write(jpeg * 270)
    return path, tuple(faces)


def _clear_face(folder: Path, label: str, analyzer: object) -> np.ndarray:
    """The first picture of a label that the model under test reads so with a share of 0.8 or more."""
    from fer_core.preprocessing import load_image

    for path in sorted(folder.glob(f"{label}_*.jpg")):
        picture = load_image(path)
        # As a frame of a camera is read.
        readings = analyzer.read(picture, analyzer.detect(picture))  # type: ignore[attr-defined]
        if len(readings) == 1 and readings[0].label == label and readings[0].confidence > 0.8:
            return picture
    pytest.fail(f"the model reads no picture of wild_dev clearly as {label}")


@pytest.fixture(scope="session")
def playwright() -> Iterator[object]:
    with playwright_api.sync_playwright() as running:
        yield running


@pytest.fixture
def open_browser(
    request: pytest.FixtureRequest, playwright: object, chromium_path: str
) -> Iterator[Callable[..., object]]:
    """Open a browser with extra flags; gives a page 1440 x 900."""
    browsers: list[object] = []
    opened = request.node.stash.setdefault(_OPENED, [])

    def open_(*flags: str, width: int = 1440, height: int = 900) -> object:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=[*FLAGS, *flags])  # type: ignore[attr-defined]
        browsers.append(browser)
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.set_default_timeout(60_000)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text[:300]))
        opened.append((page, said))
        return page

    yield open_
    for browser in browsers:
        browser.close()  # type: ignore[attr-defined]


def open_tab(page: Any, name: str) -> None:
    """Open a tab; a press that a redraw swallows is made again, as a person would."""
    tab = page.get_by_role("tab", name=name)
    for _ in range(3):
        tab.click()
        try:
            page.get_by_role("tab", name=name, selected=True).wait_for(timeout=20_000)
        except playwright_api.TimeoutError:
            continue
        return
    pytest.fail(f"the tab {name} does not open")


def press(frame: Any, name: str) -> None:
    """Press a button that may become another one at any moment: found and pressed in one go, or not at all.

    Playwright's click waits between the two: it may find STOP and press the START that it has become meanwhile.
    """
    frame.get_by_role("button", name=name).wait_for()
    frame.locator("body").evaluate(
        """(body, name) =>
          [...body.querySelectorAll("button")].find((each) => each.textContent.trim() === name)?.click()""",
        name,
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What stood on its pages, and what their app wrote, goes with the report of a test that failed."""
    report = yield
    if report.when == "call" and report.failed:
        for page, said in item.stash.get(_OPENED, []):
            report.sections.append((f"page {page.url}", _what_stands_there(page, said)))
            for address, log in _LOGS.items():
                if page.url.startswith(f"{address}/"):
                    report.sections.append((f"app {address}", log.read_text(errors="replace")[-3000:]))
    return report


def _what_stands_there(page: Any, said: list[str]) -> str:
    texts = []
    for frame in page.frames:
        try:
            texts.append(frame.locator("body").inner_text(timeout=2_000))
        except playwright_api.Error as error:
            texts.append(f"not readable: {str(error)[:200]}")
    return "\n-- frame\n".join(texts) + "\n-- console\n" + "\n".join(said[-40:])
