"""What a browser may tell, and everything else that somebody might send in its name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.errors import OnDeviceError
from fer_core.labels import LABELS
from fer_core.on_device.message import DeviceClock, DeviceReading

GOOD: dict[str, Any] = {"time": 1_700_000_000.125, "face": True, "shares": [0.1, 0.6, 0.1, 0.1, 0.1]}


def test_a_reading() -> None:
    reading = DeviceReading.from_message(GOOD)
    assert reading.time == GOOD["time"]
    assert reading.probabilities is not None
    assert dict(reading.probabilities) == pytest.approx(dict(zip(LABELS, GOOD["shares"], strict=True)))


def test_without_a_face_there_are_no_probabilities() -> None:
    assert DeviceReading.from_message({**GOOD, "face": False, "shares": [0] * 5}).probabilities is None


def test_rounding_is_made_up_for() -> None:
    reading = DeviceReading.from_message({**GOOD, "shares": [0.334, 0.334, 0.334, 0, 0]})
    assert reading.probabilities is not None
    assert sum(reading.probabilities.values()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(None, id="nothing"),
        pytest.param("data:image/png;base64,iVBORw0KGgo=", id="a picture as text"),
        pytest.param([1, 2, 3], id="a list"),
        pytest.param({**GOOD, "picture": "iVBORw0KGgo="}, id="a picture beside"),
        pytest.param({"time": 1.0, "face": True}, id="no shares"),
        pytest.param({**GOOD, "time": "iVBORw0KGgo="}, id="a picture for a time"),
        pytest.param({**GOOD, "time": float("nan")}, id="no time"),
        pytest.param({**GOOD, "time": -1.0}, id="before time"),
        pytest.param({**GOOD, "time": 1e300}, id="a long number, which could carry something"),
        pytest.param({**GOOD, "time": True}, id="a flag for a time"),
        pytest.param({**GOOD, "face": 1}, id="a number for a flag"),
        pytest.param({**GOOD, "face": "yes"}, id="a word for a flag"),
        pytest.param({**GOOD, "shares": "10011"}, id="text for shares"),
        pytest.param({**GOOD, "shares": [0.25] * 4}, id="four shares"),
        pytest.param({**GOOD, "shares": [0.1] * 10}, id="ten shares"),
        pytest.param({**GOOD, "shares": [0.1001, 0.5999, 0.1, 0.1, 0.1]}, id="more than three decimals"),
        pytest.param({**GOOD, "shares": [True, 0, 0, 0, 0]}, id="a flag for a share"),
        pytest.param({**GOOD, "shares": [-0.1, 0.8, 0.1, 0.1, 0.1]}, id="below 0"),
        pytest.param({**GOOD, "shares": [0.5, 0.5, 0.5, 0.5, 0.5]}, id="more than all"),
        pytest.param({**GOOD, "shares": [0.1] * 5}, id="less than all"),
        pytest.param({**GOOD, "face": False}, id="shares without a face"),
        pytest.param({**GOOD, "shares": [float("nan")] * 5}, id="no numbers"),
        pytest.param({**GOOD, "shares": [[0.1], 0.6, 0.1, 0.1, 0.1]}, id="a list in the list"),
        pytest.param({**GOOD, "shares": [None] * 5}, id="nothing for shares"),
    ],
)
def test_anything_else_is_refused_and_not_repeated(message: Any) -> None:
    with pytest.raises(OnDeviceError) as error:
        DeviceReading.from_message(message)
    assert "iVBORw0KGgo" not in str(error.value)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_nothing_breaks_it(message: Any) -> None:
    with pytest.raises(OnDeviceError):
        DeviceReading.from_message(message)


@given(st.fixed_dictionaries({"time": st.floats(), "face": st.booleans(), "shares": st.lists(st.floats(), min_size=5, max_size=5)}))  # fmt: skip
def test_what_is_taken_is_what_may_be_told(message: dict[str, Any]) -> None:
    try:
        reading = DeviceReading.from_message(message)
    except OnDeviceError:
        return
    assert reading.probabilities is None or sum(reading.probabilities.values()) == pytest.approx(1)


def test_readings_keep_their_distances_however_late_they_come() -> None:
    clock = DeviceClock()
    told = [clock.told(time, arrived) for time, arrived in ((1000.0, 50.2), (1000.5, 50.9), (1001.0, 51.2))]
    assert told == pytest.approx([50.2, 50.7, 51.2])


def test_a_quicker_message_says_more_of_the_clock() -> None:
    clock = DeviceClock()
    clock.told(1000.0, 50.5)
    assert clock.told(1001.0, 51.1) == pytest.approx(51.1)
    assert clock.told(1002.0, 52.4) == pytest.approx(52.1)


@pytest.mark.parametrize(
    "jump", [pytest.param(3600.0, id="set forward"), pytest.param(-3600.0, id="set back")]
)
def test_a_clock_that_was_set_anew_begins_anew(jump: float) -> None:
    clock = DeviceClock()
    clock.told(10_000.0, 50.0)
    assert clock.told(10_001.0 + jump, 51.0) == pytest.approx(51.0)
