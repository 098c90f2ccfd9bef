"""Takes what the browser's frame tells, hands it to the pipeline, and says when it falls silent."""

from __future__ import annotations

from typing import Any, Final

from fer_core.live.pipeline import LivePipeline
from fer_core.live.smoothing import SmoothingSettings
from fer_core.on_device.message import DeviceClock, DeviceReading

#: Seconds without a message after which something is said.
PATIENCE: Final = 3.0


class DeviceWatch:
    """One frame's messages. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._clock = DeviceClock()
        self._last: float | None = None
        self._arrived: float | None = None

    @property
    def playing(self) -> bool:
        """Whether the camera is on, as far as the frame has told."""
        return self._arrived is not None

    def take(self, message: Any, pipeline: LivePipeline, now: float) -> bool:
        """Take a message that arrived at ``now``: None says that the camera is off. A message that was taken before, as a
        page that is drawn anew shows it again, changes nothing. Returns whether the camera went on or off.

        Raises:
            OnDeviceError: it holds what it may not.
        """
        was = self.playing
        if message is None:
            self._arrived = None
            return was
        reading = DeviceReading.from_message(message)
        if reading.time == self._last:
            return False
        self._last, self._arrived = reading.time, now
        pipeline.take(
            self._clock.told(reading.time, now),
            reading.probabilities,
            f"{pipeline.analyzer.model.name}, on this device",
        )
        return not was

    def trouble(self, now: float) -> str:
        """What is wrong and what to try, as Markdown; "" while all is well."""
        if self._arrived is None or now - self._arrived <= PATIENCE:
            return ""
        return (
            "Nothing has come from the camera's frame for a while. Is this tab in front, and the network there? If so, press "
            "STOP, then START."
        )


def smoothing_of(settings: SmoothingSettings) -> dict[str, float]:
    """The settings as the frame wants them."""
    return {
        name: float(getattr(settings, name))
        for name in ("half_life", "margin", "dwell", "threshold", "lost_after")
    }
