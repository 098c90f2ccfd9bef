"""Rectangles and tags on a picture."""

from __future__ import annotations

import numpy as np
import pytest

from fer_core.labels import LABELS
from fer_core.palette import EXPRESSION_COLOURS
from fer_core.vision.annotation import Annotation, annotate, colour_bgr
from fer_core.vision.faces import Box, FaceReading

HAPPY = colour_bgr("happy")


def scene(height: int = 480, width: int = 640) -> np.ndarray:
    return np.full((height, width, 3), 200, np.uint8)


def painted(picture: np.ndarray, label: str = "happy") -> np.ndarray:
    """(H, W) bool: where the label's colour is."""
    return (picture == colour_bgr(label)).all(axis=2)


def test_colours_are_turned_round_for_opencv() -> None:
    assert colour_bgr("sad") == tuple(bytes.fromhex(EXPRESSION_COLOURS["sad"][1:]))[::-1]


def test_draws_on_a_copy() -> None:
    before = scene()
    after = annotate(before, [Annotation(Box(200, 150, 100, 120), "happy 91%", "happy")])
    assert (before == 200).all()
    assert after.shape == before.shape
    assert not np.array_equal(after, before)


def test_the_rectangle_is_on_the_box_and_hollow() -> None:
    after = annotate(scene(), [Annotation(Box(200, 150, 100, 120), "happy", "happy")])
    colour = painted(after)
    assert colour[155:265, 200].mean() > 0.95
    assert colour[155:265, 300].mean() > 0.95
    assert colour[270, 205:295].mean() > 0.95
    assert (after[160:260, 210:290] == 200).all()


def test_the_tag_stands_on_the_top_left_corner() -> None:
    after = annotate(scene(), [Annotation(Box(200, 150, 200, 120), "happy 91%", "happy")])
    above = painted(after)[: 150 - 3]
    rows, columns = np.nonzero(above)
    assert rows.size > 500
    assert columns.min() == 200
    assert rows.min() > 110
    assert columns.max() < 340


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        pytest.param(Box(200, 0, 200, 200), "touches the top", id="top"),
        pytest.param(Box(200, 9, 200, 200), "too little room above", id="near the top"),
        pytest.param(Box(560, 200, 200, 200), "would leave on the right", id="right"),
        pytest.param(Box(-80, 200, 200, 200), "begins left of the picture", id="left"),
        pytest.param(Box(-50, -50, 900, 900), "larger than the picture", id="huge"),
        pytest.param(Box(620, 470, 200, 200), "only a corner is seen", id="corner"),
    ],
)
def test_the_tag_stays_inside_the_picture(box: Box, reason: str) -> None:
    """A tag half outside would have fewer filled pixels than the same tag in the middle."""
    text = "surprise 100%"
    middle = painted(annotate(scene(), [Annotation(Box(300, 200, 1, 1), text, "surprise")]), "surprise").sum()
    after = painted(annotate(scene(), [Annotation(box, text, "surprise")]), "surprise")
    assert after.sum() >= 0.97 * middle, reason


def test_the_text_is_readable_on_its_tag() -> None:
    """Ink and tag differ by a contrast of 3 at least, for every colour."""

    def luminance(bgr: np.ndarray) -> float:
        share = bgr.astype(float) / 255
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.0722, 0.7152, 0.2126])

    for label in EXPRESSION_COLOURS:
        tag = annotate(scene(960, 1280), [Annotation(Box(100, 300, 500, 400), "HHHH", label)])[
            250:296, 102:200
        ]
        flat = tag.reshape(-1, 3)
        ink = flat[np.abs(flat.astype(int) - colour_bgr(label)).sum(axis=1).argmax()]
        lights = sorted((luminance(np.array(colour_bgr(label))), luminance(ink)))
        assert (lights[1] + 0.05) / (lights[0] + 0.05) > 4, label


def test_lines_and_letters_grow_with_the_picture() -> None:
    small = painted(annotate(scene(480, 640), [Annotation(Box(160, 200, 200, 200), "happy", "happy")]))
    large = painted(annotate(scene(1920, 2560), [Annotation(Box(640, 800, 800, 800), "happy", "happy")]))
    assert large.mean() == pytest.approx(small.mean(), rel=0.5)


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (30, 20)])
def test_tiny_pictures_do_not_fail(size: tuple[int, int]) -> None:
    after = annotate(scene(*size), [Annotation(Box(0, 0, 10, 10), "neutral 40%", "neutral")])
    assert after.shape == (*size, 3)


def test_the_first_lies_on_top() -> None:
    same = Box(200, 150, 200, 200)
    after = annotate(scene(), [Annotation(same, "A", "happy"), Annotation(same, "A", "sad")])
    assert painted(after, "happy").sum() > 0
    assert painted(after, "sad").sum() == 0


def test_nothing_to_draw_gives_a_copy() -> None:
    before = scene()
    after = annotate(before, [])
    np.testing.assert_array_equal(after, before)
    assert not np.shares_memory(after, before)


def test_a_view_can_be_annotated() -> None:
    view = scene()[:, ::-1]
    assert annotate(view, [Annotation(Box(9, 99, 99, 99), "sad", "sad")]).flags.c_contiguous


def test_a_reading_becomes_its_label_and_percentage() -> None:
    shares = dict(zip(LABELS, (0.05, 0.8, 0.05, 0.05, 0.05), strict=True))
    annotation = Annotation.of(FaceReading(Box(0, 0, 9, 9), 1.0, shares))
    assert (annotation.text, annotation.label) == ("happy 80%", "happy")


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match="'joyful'"):
        Annotation(Box(0, 0, 9, 9), "joyful", "joyful")
