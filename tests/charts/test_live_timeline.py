from __future__ import annotations

import base64
import re

from fer_core.charts.live_timeline import blend_timeline, visit_timeline
from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, ExpressionState
from fer_core.live.sources import state_from_label


def at(time: float, label: str = "happy") -> ExpressionState:
    blend = None if label == NO_FACE else state_from_label(label, 0.8).blend
    return ExpressionState(blend, label, 0.0, time)


def bands(html: str, label: str) -> list[list[tuple[float, float]]]:
    (source,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    found = re.findall(rf'data-band="{label}" points="([^"]+)"', base64.b64decode(source).decode())
    return [[tuple(map(float, point.split(","))) for point in points.split()] for points in found]  # type: ignore[misc]


def test_one_look_is_no_minute() -> None:
    assert blend_timeline([]) == blend_timeline([at(5.0)]) == ""


def test_the_bands_fill_the_height_and_end_now() -> None:
    html = blend_timeline([at(100.0), at(101.0), at(102.0, "sad")])
    points = [point for label in LABELS for band in bands(html, label) for point in band]
    assert (min(y for _, y in points), max(y for _, y in points)) == (0.0, 90.0)
    assert (min(x for x, _ in points), max(x for x, _ in points)) == (580.0, 600.0)


def test_without_a_face_and_over_a_stall_there_is_a_gap() -> None:
    states = [at(0.0), at(1.0), at(1.5, NO_FACE), at(2.0), at(3.0), at(9.0), at(10.0)]
    assert len(bands(blend_timeline(states), "happy")) == 3


def test_who_cannot_see_it_hears_the_mean() -> None:
    assert "happy 80%" in blend_timeline([at(0.0), at(1.0)])
    assert "no face" in blend_timeline([at(0.0, NO_FACE), at(1.0, NO_FACE)])


def test_a_visit_is_drawn_from_its_first_state_to_its_last() -> None:
    html = visit_timeline([at(100.0 + second / 2) for second in range(600)])
    (band,) = bands(html, "happy")
    assert (min(x for x, _ in band), max(x for x, _ in band)) == (0.0, 600.0)
    assert "5.0 minutes later" in html


def test_a_long_visit_is_thinned_out_and_does_not_fall_into_pieces() -> None:
    html = visit_timeline([at(second / 2) for second in range(28_800)])
    (band,) = bands(html, "happy")
    assert len(band) <= 2 * 1_200
    assert visit_timeline([at(0.0)]) == ""
