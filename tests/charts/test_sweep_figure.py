from __future__ import annotations

import pytest

from fer_core.charts.sweep_figure import parallel_settings


def test_a_line_a_trial_through_an_axis_a_setting() -> None:
    figure = parallel_settings(
        [
            {"preset": "tiny", "batch": "32", "learning_rate": "0.001"},
            {"preset": "report", "batch": "64", "learning_rate": "0.1"},
        ],
        [0.5, 0.625],
        ["learning_rate"],
    )
    axes = {axis.label: axis for axis in figure.data[0].dimensions}
    assert list(axes) == ["preset", "batch", "learning_rate", "accuracy"]
    assert list(axes["preset"].ticktext) == ["report", "tiny"]
    assert list(axes["preset"].values) == [1, 0]
    assert list(axes["batch"].values) == [32, 64]
    assert list(axes["learning_rate"].values) == [-3, -1]
    assert list(axes["learning_rate"].ticktext) == ["0.001", "0.01", "0.1"]
    assert list(axes["accuracy"].values) == [0.5, 0.625]


@pytest.mark.parametrize("value", ["0", "-1"])
def test_what_has_no_logarithm_stands_on_a_plain_axis(value: str) -> None:
    figure = parallel_settings([{"decay": value}, {"decay": "1"}], [0.1, 0.2], ["decay"])
    assert list(figure.data[0].dimensions[0].values) == [float(value), 1.0]


def test_one_value_for_all_is_an_axis_as_well() -> None:
    figure = parallel_settings([{"rate": "0.01"}, {"rate": "0.01"}], [0.1, 0.2], ["rate"])
    assert list(figure.data[0].dimensions[0].range) == [-2, -1]


@pytest.mark.parametrize("accuracy", [[], [0.1]])
def test_no_trial_is_no_figure(accuracy: list[float]) -> None:
    with pytest.raises(ValueError, match="Expected a trial"):
        parallel_settings([], accuracy)
