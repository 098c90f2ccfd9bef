from __future__ import annotations

import numpy as np
import pytest

from fer_core.charts.data_figures import before_and_after, face_map, light_by_label, rows_by_label
from fer_core.data.exploring import count_rows, light, map_faces
from fer_core.data.reading import FerDataset
from fer_core.data.synthetic import synthetic_sample
from fer_core.labels import FER2013_LABELS, LABELS


@pytest.fixture(scope="module")
def sample() -> FerDataset:
    return synthetic_sample(120)


def test_bars_hold_every_row(sample: FerDataset) -> None:
    figure = rows_by_label(count_rows(sample))
    assert [bar.name for bar in figure.data] == ["Training", "PublicTest", "PrivateTest"]
    assert sum(sum(bar.y) for bar in figure.data) == 120
    assert tuple(figure.data[0].x) == FER2013_LABELS


def test_before_and_after_stand_beside_each_other() -> None:
    before, after = (dict.fromkeys(LABELS, n) for n in (7, 3))
    figure = before_and_after(before, after)
    assert [tuple(bar.y) for bar in figure.data] == [(7,) * 5, (3,) * 5]


@pytest.mark.parametrize("measure", ["brightness", "contrast"])
def test_a_box_is_made_of_percentiles(sample: FerDataset, measure: str) -> None:
    figure = light_by_label(sample, measure)
    values = light(sample.pixels)[0 if measure == "brightness" else 1]
    box = next(box for box in figure.data if box.name == "happy")
    own = values[sample.emotion == FER2013_LABELS.index("happy")]
    assert box.median[0] == pytest.approx(np.median(own), abs=0.06)
    assert box.lowerfence[0] <= box.q1[0] <= box.median[0] <= box.q3[0] <= box.upperfence[0]


def test_an_unknown_measure_is_refused(sample: FerDataset) -> None:
    with pytest.raises(ValueError, match="brightness or contrast"):
        light_by_label(sample, "warmth")


def test_points_of_the_map_know_their_row_and_their_label(sample: FerDataset) -> None:
    placed = map_faces(sample, np.arange(120), "PCA")
    figure = face_map(sample, placed)
    found = {}
    for series in figure.data:
        for position, row in series.customdata:
            assert FER2013_LABELS[sample.emotion[position]] == series.name
            assert sample.row[position] == row
            found[position] = True
    assert sorted(found) == placed.positions.tolist()
    symbols = [series.marker.symbol for series in figure.data]
    assert len(set(symbols)) == len(symbols)
