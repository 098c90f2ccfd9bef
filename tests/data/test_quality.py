from __future__ import annotations

import numpy as np

from fer_core.data.quality import constant_images, pixel_hashes


def test_hashes_are_equal_exactly_where_pixels_are() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    pixels[2] = pixels[0]
    hashes = pixel_hashes(pixels)
    assert hashes[0] == hashes[2]
    assert hashes[0] != hashes[1]
    pixels[2, 47, 47] ^= 1
    assert pixel_hashes(pixels)[2] != hashes[0]


def test_hashes_are_the_same_on_every_machine() -> None:
    # Released models carry them, so the value itself is part of the format.
    assert pixel_hashes(np.zeros((1, 48, 48), np.uint8)).tolist() == [2249671168672059275]


def test_a_view_hashes_as_its_copy() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (2, 48, 48)).astype(np.uint8)
    assert (pixel_hashes(pixels[:, :, ::-1]) == pixel_hashes(pixels[:, :, ::-1].copy())).all()


def test_single_colours_are_found_and_nothing_else() -> None:
    pixels = np.full((3, 48, 48), 7, np.uint8)
    pixels[1, 20, 20] = 8
    assert constant_images(pixels).tolist() == [True, False, True]
