"""What a shopper's session held, summed up in memory and nowhere else."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from fer_core.live.smoothing import NO_FACE, ExpressionState

#: Two looks a second for four hours; of more the oldest go.
_MOST_STATES: Final = 28_800


@dataclass(frozen=True)
class SessionSummary:
    """Seconds each label was held, how often a face was lost, and how long the session ran, seconds."""

    seconds: Mapping[str, float] = field(hash=False)
    faces_lost: int
    duration: float


class SessionLog:
    """Sums up states as they come. A gap longer than a stall is not counted as held."""

    #: Seconds between two states beyond which the stream stood still.
    STALL = 2.0

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._lost = 0
        self._last: ExpressionState | None = None
        self._states: deque[ExpressionState] = deque(maxlen=_MOST_STATES)

    def add(self, state: ExpressionState) -> None:
        """Take the next state of the stream; states of the same time count once."""
        if self._last is not None:
            passed = state.time - self._last.time
            if 0 < passed <= self.STALL:
                label = self._last.label
                self._seconds[label] = self._seconds.get(label, 0.0) + passed
            if state.label == NO_FACE != self._last.label:
                self._lost += 1
        if self._last is None or state.time > self._last.time:
            self._states.append(state)
        self._last = state

    def newest(self, seconds: float) -> tuple[ExpressionState, ...]:
        """The states of the last so many seconds of the stream, the oldest first."""
        since = self._states[-1].time - seconds if self._states else 0.0
        return tuple(state for state in self._states if state.time >= since)

    def summary(self) -> SessionSummary:
        """The sums so far."""
        return SessionSummary(MappingProxyType(dict(self._seconds)), self._lost, sum(self._seconds.values()))
