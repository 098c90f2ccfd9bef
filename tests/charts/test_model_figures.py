from __future__ import annotations

from fer_core.charts.model_figures import recall_by_class
from fer_core.evaluation.metrics import measure
from fer_core.labels import LABELS


def test_bars_are_the_recalls_and_whiskers_their_intervals() -> None:
    truth = [0] * 10 + [1] * 10 + [2] * 10 + [3] * 10
    predicted = [0] * 9 + [1] + [1] * 10 + [0] * 10 + [3] * 5 + [4] * 5
    per_class = measure(truth, predicted).to_json()["per_class"]
    (bars,) = recall_by_class({"m": per_class}).data
    assert list(bars.x) == list(LABELS)
    assert list(bars.y) == [0.9, 1.0, 0.0, 0.5, None]
    low, high = 0.9 - bars.error_y.arrayminus[0], 0.9 + bars.error_y.array[0]
    assert 0.59 < low < 0.60
    assert 0.98 < high < 0.99
