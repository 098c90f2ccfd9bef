"""The colours can be told apart and stand out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from fer_core.labels import LABELS
from fer_core.palette import EXPRESSION_COLOURS

#: What people see who lack one kind of cone, as linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
EYES = {
    "all cones": np.eye(3),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue cones": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}

#: Streamlit's backgrounds in its light and its dark theme.
BACKGROUNDS = ("#FFFFFF", "#0E1117")


def linear(code: str) -> np.ndarray:
    share = np.array(list(bytes.fromhex(code[1:]))) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB, white point D65."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    relative = to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089]
    x, y, z = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_there_is_a_colour_for_everything_that_is_shown() -> None:
    assert tuple(EXPRESSION_COLOURS) == (*LABELS, "uncertain", "no face")


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_each_stands_out_from_the_background(background: str) -> None:
    for name, code in EXPRESSION_COLOURS.items():
        lights = sorted(linear(shade) @ [0.2126, 0.7152, 0.0722] for shade in (code, background))
        assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 3, name


@pytest.mark.parametrize("eyes", EYES)
def test_any_two_can_be_told_apart(eyes: str) -> None:
    """A difference of 10 in L*a*b* is plain to see; expressions keep 18 from each other."""
    seen = {name: lab(EYES[eyes] @ linear(code)) for name, code in EXPRESSION_COLOURS.items()}
    for first, second in combinations(seen, 2):
        least = 18 if {first, second} <= set(LABELS) else 10
        assert np.linalg.norm(seen[first] - seen[second]) >= least, (first, second)
