from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from fer_core.charts.faces import face_address, face_grid, heat_on_face


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


def test_a_map_is_orange_where_it_speaks_for_and_blue_where_against() -> None:
    face = np.full((48, 48), 120, np.uint8)
    heat = np.zeros((48, 48))
    heat[:, :16], heat[:, 32:] = 1.0, -1.0
    html = heat_on_face(face, heat, "why <b>")
    assert "why &lt;b&gt;" in html
    overlay = html.split("base64,")[2].split('"')[0]
    blue, _, red = np.moveaxis(
        cv2.imdecode(np.frombuffer(base64.b64decode(overlay), np.uint8), cv2.IMREAD_COLOR).astype(int), 2, 0
    )
    middle = blue.shape[0] // 2
    assert red[middle, 20] > blue[middle, 20] + 40
    assert blue[middle, -20] > red[middle, -20] + 40
    assert red[middle, middle] == blue[middle, middle] == 120


def test_a_map_of_nothing_leaves_the_face_as_it_is() -> None:
    face = np.random.default_rng(0).integers(0, 255, (48, 48)).astype(np.uint8)
    html = heat_on_face(face, np.zeros((48, 48)), "nothing")
    first, second = (
        cv2.imdecode(np.frombuffer(base64.b64decode(part.split('"')[0]), np.uint8), cv2.IMREAD_GRAYSCALE)
        for part in html.split("base64,")[1:3]
    )
    assert np.abs(first.astype(int) - second).max() <= 1
