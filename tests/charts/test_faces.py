from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from fer_core.charts.faces import face_address, face_grid


def test_an_address_holds_the_very_pixels() -> None:
    face = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)
    content = base64.b64decode(face_address(face).split(",", 1)[1])
    assert (cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE) == face).all()


def test_a_grid_names_each_face_for_eyes_and_ears() -> None:
    html = face_grid([np.zeros((48, 48), np.uint8)] * 2, ["happy, row 1", "sad, row 2"])
    assert html.count("<figcaption>") == 2
    assert 'alt="Face, happy, row 1"' in html


def test_captions_are_escaped() -> None:
    html = face_grid([np.zeros((48, 48), np.uint8)], ['<script>"x"'])
    assert "<script>" not in html
    assert 'alt="Face, &lt;script&gt;&quot;x&quot;"' in html


def test_every_face_needs_a_caption() -> None:
    with pytest.raises(ValueError, match="zip"):
        face_grid([np.zeros((48, 48), np.uint8)], [])
