"""No picture of a visitor is kept, and nothing is sent anywhere but between this app and its visitor.

The app runs under strace for a whole visit: camera, photo, and a picture on the media page. What it wrote and whom it
reached is held against two short lists. The visitor's browser is asked as well.
"""

from __future__ import annotations

import base64
import glob
import os
import re
import socket
import sqlite3
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import pytest

from fer_core.settings import PROJECT_ROOT
from tests.browser.conftest import CAMERA_FLAGS
from tests.browser.shelf_page import agree_to_teach
from tests.browser.test_live import STREAMER, agree, start_camera
from tests.system_calls import Watched, leaks, own_addresses, require_strace

#: A name as Python's tempfile makes one up: never one with an ending, such as last.png.
_MADE_UP: Final = "[a-z0-9_]" * 8

#: Path below the visit's folder, or absolute -> why it may be written.
MAY_BE_WRITTEN: Final = {
    "home/reactions.db": "what those who agreed did with the cards",
    "home/reactions.db.lock": "one process at a time brings its tables up to date",
    "home/#* (deleted)": "filelock's, without a name, to see whether the folder knows locks; gone at once",
    "home/reactions.db-journal": "SQLite's, while it makes the tables",
    "home/reactions.db-wal": "SQLite's, what it takes over into the file later",
    "home/reactions.db-shm": "SQLite's, where to find what in the one before",
    **{
        f"scratch/tmp{_MADE_UP}/{learner}{ending}": "the bandit's weights, which Vowpal Wabbit hands over in files alone"
        for learner in ("plain", "seeing", "explorer")
        for ending in ("", ".writing")
    },
    f"scratch/{_MADE_UP}": "Python's tempfile tries once whether it may write there",
    "/dev/shm/sem.??????": "glibc's, a semaphore before it has its name",
    "/dev/shm/sem.joblib-*": "joblib tries once whether there are semaphores; scikit-learn brings it along",
    "/dev/null": "nothing is kept there",
}

#: How files begin that hold pictures or video, and how they look within a text.
_BEGINNINGS: Final = re.compile(
    rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n|GIF8[79]a|RIFF....(?:WEBP|AVI )|ftyp(?:isom|iso2|mp4|avif|heic|qt)"
    rb"|\x1a\x45\xdf\xa3|\x93NUMPY|data:(?:image|video)|iVBORw0KGgo|/9j/[24]",
    re.DOTALL,
)

#: Everything a page can leave with its visitor's browser.
_STORED: Final = """async () => {
  const files = [];
  for await (const name of (await navigator.storage.getDirectory()).keys()) files.push(name);
  return {
    entries: [...Object.entries(localStorage), ...Object.entries(sessionStorage)],
    others: [...await indexedDB.databases(), ...await caches.keys(), ...files,
             ...await navigator.serviceWorker.getRegistrations()],
  };
}"""

#: Notes which servers the page gives each of its WebRTC connections.
_NOTE_ICE_SERVERS: Final = """
  window.iceServers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super(configuration);
      window.iceServers.push(configuration?.iceServers ?? "none named");
    }
  };
"""

#: More than any setting that Streamlit keeps, less than any picture of a face.
_LONGEST_ENTRY: Final = 256


@contextmanager
def watched_app(folder: Path) -> Iterator[tuple[str, Watched]]:
    """The app under strace with folders of its own; gives its address, and ends with the block.

    Its environment is bare: a setting on this machine could silence what speaks elsewhere (a library that reports to its
    maker is often quiet where CI=1).
    """
    for name in ("home", "scratch", "user"):
        (folder / name).mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "user"),
        "TMPDIR": str(folder / "scratch"),
        "FACET_HOME": str(folder / "home"),
        # Compiled modules lie beside the program and are no concern of this test.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    log = folder / "log.txt"
    with log.open("wb") as output:
        app = Watched(
            command, folder / "trace.txt", cwd=PROJECT_ROOT, stdout=output, stderr=output, env=environment
        )
    address = f"http://localhost:{port}"
    deadline = time.monotonic() + 180
    try:
        while True:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                if app.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the app did not start: {log.read_text()[-2000:]}")
                app.pause(0.1)
        yield address, app
    finally:
        app.stop()


def blocks(content: bytes) -> Iterator[bytes]:
    """Pieces of 16 bytes, one after the other: any 32 bytes in a row hold one whole. Without those that are flat, as
    in any file."""
    for at in range(0, len(content) - 15, 16):
        piece = content[at : at + 16]
        if len(set(piece)) > 8:
            yield piece


def picture_in(content: bytes, shown: frozenset[bytes]) -> str | None:
    """What betrays a picture within a file's bytes; None where nothing does.

    Args:
        content: all bytes of the file.
        shown: ``blocks`` of what the camera and the visitor sent.
    """
    if found := _BEGINNINGS.search(content):
        return f"the beginning of a picture, {found[0]!r}, at byte {found.start()}"
    if content and cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED) is not None:
        return "it is a picture"
    for at in range(len(content) - 15):
        if content[at : at + 16] in shown:
            return f"bytes of what was sent, at byte {at}"
    return None


def shown_in(clip: Path, photo: bytes) -> frozenset[bytes]:
    """Blocks of the files that were sent, and of the photo's pixels in each order in which a program may keep them."""
    pixels = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    forms = [clip.read_bytes()[: 1 << 20], photo, pixels.tobytes(), pixels[:, :, ::-1].tobytes()]
    forms.append(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).tobytes())
    return frozenset(piece for form in forms for piece in blocks(form))


def values_of(database: Path) -> list[object]:
    """Every value of every table."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        tables = [row[0] for row in opened.execute("select name from sqlite_master where type = 'table'")]
        return [
            value for table in tables for row in opened.execute(f'select * from "{table}"') for value in row
        ]


def portrait(side: int = 512) -> bytes:
    from skimage import data as pictures

    astronaut = cv2.resize(pictures.astronaut()[:, :, ::-1], (side, side), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".png", astronaut)[1].tobytes()


def has_video(path: Path) -> bool:
    """Whether FFmpeg finds pictures in a file, whatever its name says."""
    import av

    try:
        with av.open(str(path)) as container:
            return bool(container.streams.video)
    except (av.FFmpegError, ValueError):
        return False


def visit(page: Any, address: str, photo: bytes) -> list[object]:
    """A shopper before the camera who lets reactions be kept, then with a photo, then gone; and a photo on the media page.

    Gives the servers that each WebRTC connection was told of.
    """
    page.add_init_script(_NOTE_ICE_SERVERS)
    page.goto(f"{address}/live")
    agree(page)
    handle, content = start_camera(page)
    page.locator(".facet-now:not([data-label='no face'])").wait_for()
    agree_to_teach(page)
    for _ in range(2):
        then = handle.evaluate("video => video.currentTime")
        content.wait_for_function("([video, then]) => video.currentTime > then + 2", arg=[handle, then])
        page.get_by_role("button", name="Show me others").click()
    page.get_by_text("are kept and teach the shop").wait_for()
    servers: list[object] = content.evaluate("window.iceServers")
    page.get_by_role("radio", name="Photo").click()
    page.locator(STREAMER).wait_for(state="detached")
    page.locator('input[type="file"]').set_input_files(
        {"name": "portrait.png", "mimeType": "image/png", "buffer": photo}
    )
    page.get_by_role("img", name="Your picture with every face found framed").wait_for()
    page.locator(".facet-now:not([data-label='no face'])").wait_for()
    page.get_by_role("button", name="New shopper").click()
    page.get_by_role("button", name="I am an adult and I agree").wait_for()
    page.goto(f"{address}/media")
    page.get_by_role("button", name="No picture at hand?").wait_for()
    page.locator('input[type="file"]').set_input_files(
        {"name": "portrait.png", "mimeType": "image/png", "buffer": photo}
    )
    page.get_by_text("1 picture, 1 face").wait_for()
    page.locator(".facet-bars").last.wait_for()
    return servers


@pytest.mark.browser
def test_a_visit_keeps_no_picture_and_reaches_nobody_else(
    clip: tuple[Path, tuple[str, ...]], outer_address: None, open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    require_strace()
    # As large as a telephone's: a web server may put what is larger than 1 MB into a file.
    photo = portrait(1280)
    assert len(photo) > 2_000_000
    page = open_browser(*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={clip[0]}", height=1300)
    asked: list[str] = []
    downloads: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda opened: asked.append(opened.url.replace("ws://", "http://", 1)))
    page.on("download", lambda download: downloads.append(download.url))
    with watched_app(tmp_path) as (address, app):
        servers = visit(page, address, photo)
        stored = page.evaluate(_STORED)
        page.context.close()
    report = app.report()

    # All that was opened for writing, and all that was reached.
    allowed = {str(Path(glob.escape(str(tmp_path))) / name): why for name, why in MAY_BE_WRITTEN.items()}
    found = leaks(report, allowed, own_addresses())
    assert not found, "\n".join(found)
    # The watcher saw the visit: the database, and the pictures that went back to the browser.
    assert str(tmp_path / "home" / "reactions.db") in {each.path for each in report.written}
    assert {each.address for each in report.reached if each.call == "sendto"} - {"127.0.0.1", "::1"}

    # What is there now.
    shown = shown_in(clip[0], photo)
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "trace.txt"]
    assert tmp_path / "log.txt" in left
    assert {path: what for path in left if (what := picture_in(path.read_bytes(), shown))} == {}
    assert [path for path in left if has_video(path)] == []
    values = values_of(tmp_path / "home" / "reactions.db")
    assert len(values) > 100
    assert [each for each in values if isinstance(each, bytes) or len(str(each)) > _LONGEST_ENTRY] == []

    # The browser's side.
    assert [url for url in asked if not url.startswith((f"{address}/", "data:", "blob:"))] == []
    assert servers == [[]]
    assert downloads == []
    assert stored["others"] == []
    assert [entry for entry in stored["entries"] if len("".join(entry)) > _LONGEST_ENTRY] == []


@pytest.mark.parametrize(
    ("form", "word"),
    [
        pytest.param(lambda photo, pixels: photo, "beginning", id="as it was sent"),
        pytest.param(lambda photo, pixels: b"x" * 777 + photo[300:340], "bytes", id="40 bytes of it"),
        pytest.param(lambda photo, pixels: b"xyz" + pixels[200, 100:140].tobytes(), "bytes", id="40 pixels"),
        pytest.param(
            lambda photo, pixels: b"xyz" + pixels[200, 100:140, ::-1].tobytes(),
            "bytes",
            id="in the other order",
        ),
        pytest.param(
            lambda photo, pixels: cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)[200, 100:132].tobytes(),
            "bytes",
            id="32 grey ones",
        ),
        pytest.param(
            lambda photo, pixels: b"SQLite format 3\0" + cv2.imencode(".jpg", pixels // 2)[1].tobytes(),
            "beginning",
            id="JPEG within a database",
        ),
        pytest.param(
            lambda photo, pixels: cv2.imencode(".bmp", pixels // 2)[1].tobytes(), "it is a picture", id="BMP"
        ),
        pytest.param(
            lambda photo, pixels: (
                b'{"x": "' + base64.b64encode(cv2.imencode(".jpg", pixels // 2)[1].tobytes())
            ),
            "beginning",
            id="JPEG in a text",
        ),
    ],
)
def test_a_picture_within_a_file_is_found(form: Callable[..., bytes], word: str, tmp_path: Path) -> None:
    photo = portrait()
    clip = tmp_path / "clip"
    clip.write_bytes(photo[:1000])
    pixels = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    found = picture_in(form(photo, pixels), shown_in(clip, photo))
    assert found is not None
    assert word in found


def test_what_is_no_picture_is_none(tmp_path: Path) -> None:
    database = tmp_path / "some.db"
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("create table cards (product text, seconds float)")
        opened.executemany("insert into cards values (?, ?)", [(f"card {at}", at / 7) for at in range(999)])
    photo = portrait()
    (tmp_path / "clip").write_bytes(photo[:1000])
    shown = shown_in(tmp_path / "clip", photo)
    for content in (database.read_bytes(), b"", bytes(9999), b"Uvicorn server started\n" * 99):
        assert picture_in(content, shown) is None
    assert not has_video(database)


def test_a_video_is_found_whatever_its_name(tmp_path: Path) -> None:
    import av

    path = tmp_path / "kept"
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for picture in np.random.default_rng(5).integers(0, 256, (25, 240, 320, 3), np.uint8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    assert has_video(path)
