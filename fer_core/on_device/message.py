"""What the frame in the browser may tell the server: a time, whether there is a face, and five shares. Nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from fer_core.errors import OnDeviceError
from fer_core.labels import LABELS

_KEYS: Final = frozenset({"time", "face", "shares"})

#: How far from 1 five shares of three decimals may sum.
_SUM_LIMIT: Final = 0.0026


@dataclass(frozen=True)
class DeviceReading:
    """What a camera showed to the browser since the message before.

    Attributes:
        time: seconds by the device's clock.
        probabilities: of LABELS, summing to 1, the mean over the pictures with a face; None without a face.
    """

    time: float
    probabilities: Mapping[str, float] | None = field(hash=False)

    @classmethod
    def from_message(cls, message: Any) -> DeviceReading:
        """Take a message as it comes from a browser, which may be anybody's.

        Raises:
            OnDeviceError: it holds anything but a time, a face flag and five numbers of three decimals that sum to 1 (to 0
                without a face).
        """
        if not isinstance(message, Mapping) or set(message) != _KEYS:
            raise OnDeviceError(
                f"Expected a message of {sorted(_KEYS)} from the camera's frame, got {_shape(message)}."
            )
        time, face, shares = message["time"], message["face"], message["shares"]
        if not _is_number(time) or time < 0 or time > 1e11:
            raise OnDeviceError("Expected a time in seconds from the camera's frame.")
        if not isinstance(face, bool):
            raise OnDeviceError("Expected a face flag, true or false, from the camera's frame.")
        if not isinstance(shares, list) or len(shares) != len(LABELS) or not all(map(_is_share, shares)):
            raise OnDeviceError(f"Expected {len(LABELS)} shares of three decimals from the camera's frame.")
        total = math.fsum(shares)
        if abs(total - face) > _SUM_LIMIT:
            raise OnDeviceError(
                f"Expected shares that sum to {int(face)} from the camera's frame, got {total:.3f}."
            )
        if not face:
            return cls(float(time), None)
        # Rounding left their sum a little off 1.
        return cls(
            float(time),
            MappingProxyType({label: share / total for label, share in zip(LABELS, shares, strict=True)}),
        )


class DeviceClock:
    """A device's clock told by the server's: the quickest message so far says how far they are apart.

    Messages arrive late now and then, never early; by their own time, readings keep the distances they were taken at.
    """

    def __init__(self) -> None:
        self._ahead: float | None = None

    def told(self, time: float, arrived: float) -> float:
        """When something of the device's ``time`` was, on the server's clock; it ``arrived`` then. Seconds."""
        ahead = arrived - time
        # A clock that was set anew, or a device that woke up, begins anew.
        if self._ahead is None or ahead < self._ahead or ahead > self._ahead + _OFF:
            self._ahead = ahead
        return time + self._ahead


#: Seconds a message may be late; later ones mean that the device's clock has moved.
_OFF: Final = 5.0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1 and abs(value * 1000 - round(value * 1000)) < 1e-6


def _shape(message: Any) -> str:
    """What a message is, without repeating what it holds."""
    return f"{len(message)} keys" if isinstance(message, Mapping) else type(message).__name__
