"""The frame's own code against the server's: pictures as OpenCV makes them, smoothing as ``Smoother`` does it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from fer_core.labels import LABELS
from fer_core.live.smoothing import Smoother, SmoothingSettings
from fer_core.on_device.building import FRAME
from fer_core.on_device.message import DeviceReading
from fer_core.on_device.watch import smoothing_of
from fer_core.preprocessing import to_gray
from fer_core.vision.detectors.libfacedetection import LibFaceDetection
from fer_core.vision.faces import Box, Face
from fer_core.vision.framing import Framing, crop_faces

pytestmark = pytest.mark.browser

RANDOM = np.random.default_rng(11)


#: Pictures travel as text; as lists of numbers they would take seconds.
_BYTES = """
  const bytesOf = (text) => Uint8ClampedArray.from(atob(text), (sign) => sign.charCodeAt(0));
  const textOf = (bytes) => btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(""));
"""


def text_of(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def bytes_of(text: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape)


@pytest.fixture(scope="module")
def page(playwright: Any, chromium_path: str) -> Iterator[Any]:
    from tests.browser.conftest import FLAGS

    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
    page = browser.new_page()
    for name in ("network.js", "pixels.js", "faces.js", "smoothing.js"):
        page.add_script_tag(content=(FRAME / name).read_text(encoding="utf-8"))
    page.add_script_tag(content=_BYTES)
    yield page
    browser.close()


def picture(width: int, height: int) -> np.ndarray:
    """Noise on soft shapes: edges, flat places and everything between."""
    shapes = cv2.resize(
        RANDOM.integers(0, 256, (6, 7, 3), np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    return np.clip(shapes + RANDOM.normal(0, 20, shapes.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("size", "to"),
    [
        pytest.param((640, 480), (256, 192), id="a camera's first look"),
        pytest.param((640, 480), (416, 312), id="its second"),
        pytest.param((640, 480), (320, 240), id="exactly half"),
        pytest.param((350, 233), (256, 170), id="odd"),
        pytest.param((48, 48), (48, 48), id="as it is"),
        pytest.param((31, 40), (48, 62), id="made larger"),
    ],
)
def test_pictures_are_resized_as_opencv_does(page: Any, size: tuple[int, int], to: tuple[int, int]) -> None:
    bgr = picture(*size)
    how = cv2.INTER_AREA if to[0] < size[0] else cv2.INTER_LINEAR
    expected = cv2.resize(bgr, to, interpolation=how)
    found = page.evaluate(
        "([bytes, ...sizes]) => textOf(resize(bytesOf(bytes), sizes[0], sizes[1], 3, sizes[2], sizes[3]))",
        [text_of(bgr), *size, *to],
    )
    difference = np.abs(bytes_of(found, expected.shape) - expected.astype(int))
    assert difference.max() <= 1
    # OpenCV reckons halvings and enlargements in whole numbers, so a half may round the other way.
    assert difference.mean() < 0.2


@pytest.mark.parametrize("mirrored", [False, True])
def test_grey_and_blue_first_as_opencv_has_them(page: Any, mirrored: bool) -> None:
    bgr = picture(64, 40)
    rgba = np.dstack([bgr[..., ::-1], np.full(bgr.shape[:2], 255, np.uint8)])
    gray, blue_first = page.evaluate(
        "([rgba, mirrored]) => { const c = channelsOf(bytesOf(rgba), mirrored, 64); return [textOf(c.gray), textOf(c.bgr)]; }",
        [text_of(rgba), mirrored],
    )
    expected = np.ascontiguousarray(bgr[:, ::-1]) if mirrored else bgr
    np.testing.assert_array_equal(bytes_of(gray, (40, 64)), to_gray(expected))
    np.testing.assert_array_equal(bytes_of(blue_first, (40, 64, 3)), expected)


@pytest.mark.parametrize(
    "box",
    [
        pytest.param(Box(200, 100, 150, 190), id="inside"),
        pytest.param(Box(-40, -30, 200, 260), id="beyond the upper left"),
        pytest.param(Box(560, 380, 150, 190), id="beyond the lower right"),
        pytest.param(Box(300, 200, 30, 37), id="smaller than the network's picture"),
        pytest.param(Box(10.5, 20.5, 96.5, 97.5), id="halves: Python rounds to even"),
    ],
)
@pytest.mark.parametrize(
    "framing", [LibFaceDetection.framing, Framing(1.19, 0.01, 0.03)], ids=["its own", "with a shift"]
)
def test_a_face_is_cut_out_by_the_same_square(page: Any, box: Box, framing: Framing) -> None:
    gray = to_gray(picture(640, 480))
    expected = crop_faces(gray, [Face(box, 1.0)], framing)[0]
    found = page.evaluate(
        "([gray, box, framing]) => textOf(cropFace(bytesOf(gray), 640, 480, squareOf(box, framing), 48))",
        [text_of(gray), vars(box), {"scale": framing.scale, "dx": framing.dx, "dy": framing.dy}],
    )
    assert np.abs(bytes_of(found, (48, 48)) - expected.astype(int)).max() <= 1


@pytest.mark.parametrize(
    "size",
    [
        pytest.param((640, 480), id="a camera"),
        pytest.param((100, 300), id="narrow: enlarged"),
        pytest.param((300, 1200), id="very tall"),
        pytest.param((256, 256), id="as wide as the first look"),
        pytest.param((200, 200), id="one look is enough"),
    ],
)
def test_pictures_are_looked_at_in_the_same_sizes(page: Any, size: tuple[int, int]) -> None:
    found = page.evaluate(
        "([width, height, notes]) => factorsFor(width, height, notes)",
        [*size, {"smallest": LibFaceDetection.smallest, "passes": list(LibFaceDetection.passes)}],
    )
    assert found == pytest.approx(LibFaceDetection()._factors(*size))


def test_half_precision_numbers_are_read(page: Any) -> None:
    values = np.array([0, -0.0, 1, -2.5, 65504, 6e-8, 6.1e-5, np.inf, -np.inf, 0.333], np.float16)
    found = page.evaluate(
        "(bits) => Array.from(fromHalf(Uint16Array.from(bits)))", values.view(np.uint16).tolist()
    )
    assert found == values.astype(float).tolist()


@pytest.mark.parametrize("seed", range(6))
def test_both_smooth_to_the_same_label_at_the_same_moment(page: Any, seed: int) -> None:
    """The frame is fed with the messages it sends, so both sides decide alike by the same numbers."""
    random = np.random.default_rng(seed)
    settings = SmoothingSettings(
        half_life=float(random.uniform(0.2, 1.5)), threshold=float(random.uniform(0.3, 0.6))
    )
    time, messages, mood = 1_700_000_000.0, [], np.full(5, 6.0)
    for _ in range(200):
        time += float(random.choice([0.5, 0.53, 1.0, 2.5]))
        if random.random() < 0.15:
            mood = random.uniform(0.3, 2, 5)
            mood[random.integers(5)] *= random.choice([1, 10])
        pictures = [
            None if random.random() < 0.1 else random.dirichlet(mood).tolist()
            for _ in range(random.integers(1, 8))
        ]
        messages.append((time, pictures if random.random() > 0.1 else [None]))
    sent, labels = page.evaluate(
        """([labels, settings, messages]) => {
          const smoother = new Smoother(labels, settings);
          const gathered = new Gathered(labels.length);
          const sent = messages.map(([time, pictures]) => {
            gathered.clear();
            pictures.forEach((shares) => gathered.add(shares));
            return gathered.message(time);
          });
          return [sent, sent.map((message) => smoother.update(message.time, sharesOf(message)).label)];
        }""",
        [list(LABELS), smoothing_of(settings), messages],
    )
    server = Smoother(settings)
    expected = []
    for message in sent:
        reading = DeviceReading.from_message(message)
        expected.append(server.update(reading.time, reading.probabilities).label)
    assert labels == expected
    assert len(set(labels)) > 3


def test_what_is_news(page: Any) -> None:
    before = {"time": 1, "face": True, "shares": [0.2, 0.2, 0.2, 0.2, 0.2]}
    same = {**before, "time": 2}
    other = {**before, "shares": [0.26, 0.14, 0.2, 0.2, 0.2]}
    gone = {**before, "face": False, "shares": [0, 0, 0, 0, 0]}
    found = page.evaluate(
        "([before, ...all]) => all.map((each) => isNews(each, before, 0.05))", [before, same, other, gone]
    )
    assert found == [False, True, True]
    assert page.evaluate("(message) => isNews(message, null, 0.05)", same)
