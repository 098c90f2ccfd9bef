"""Holding an expression: a person shows one for so many frames, and it is counted what each frame was read as.

The source report did this once, for a happy face: 29 of 56 frames were right (``REPORTED_LIVE``). Counted is what each
frame says by itself, before any smoothing.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from fer_core.evaluation.estimates import Estimate, share_of
from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE

#: Seconds between the start and the first frame that counts.
COUNTDOWN: Final = 3.0

#: Frames of a test: as many as in the report, unless told otherwise, and what else may be asked for.
FRAMES: Final = 56
FEWEST: Final = 10
MOST: Final = 300

#: What a frame can be read as.
OUTCOMES: Final = (*LABELS, NO_FACE)


@dataclass(frozen=True)
class HoldResult:
    """A test that came to its end.

    Attributes:
        asked: which of LABELS was to be shown.
        counts: frames read as each of OUTCOMES; a frame without a face is a frame that was not right.
        lasted: seconds from the first frame to the last.
        reader: what read them, such as the model's name.
        source: where the frames came from.
    """

    asked: str
    counts: Mapping[str, int] = field(hash=False)
    lasted: float
    reader: str = ""
    source: str = "camera"

    def __post_init__(self) -> None:
        _check_asked(self.asked)
        if tuple(self.counts) != OUTCOMES or min(self.counts.values()) < 0 or not sum(self.counts.values()):
            raise ValueError(
                f"Expected counts of {OUTCOMES} with at least one frame, got {dict(self.counts)}."
            )
        if not self.lasted >= 0:
            raise ValueError(f"Expected at least 0 seconds, got {self.lasted}.")
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))

    @property
    def frames(self) -> int:
        """How many frames count."""
        return sum(self.counts.values())

    @property
    def right(self) -> int:
        """How many were read as what was asked for."""
        return self.counts[self.asked]

    @property
    def share(self) -> Estimate:
        """Share right, with Wilson's interval. Neighbouring frames are alike, so the interval is narrower than what
        another attempt would give."""
        return share_of(self.right, self.frames)


@dataclass(frozen=True)
class HoldProgress:
    """How far a running test is.

    Attributes:
        asked: which of LABELS is to be shown.
        starts_in: seconds of the countdown left; 0 once frames count.
        frames: how many are wanted.
        counts: frames read as each of OUTCOMES so far.
    """

    asked: str
    starts_in: float
    frames: int
    counts: Mapping[str, int] = field(hash=False)

    @property
    def done(self) -> int:
        """Frames counted so far."""
        return sum(self.counts.values())


class Holding:
    """One test at a time, and the results of those before, in memory alone. Safe for threads: the stream's thread
    calls ``take``, a page all the rest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: list[HoldResult] = []
        self._running = False

    def start(self, asked: str, frames: int = FRAMES, *, now: float, source: str = "camera") -> None:
        """Begin with the countdown; a test that runs is given up.

        Args:
            asked: one of LABELS.
            frames: how many frames count, FEWEST to MOST.
            now: on the stream's clock, seconds.
            source: where the frames come from.

        Raises:
            ValueError: another label, or another number of frames.
        """
        _check_asked(asked)
        if not FEWEST <= frames <= MOST:
            raise ValueError(f"Expected {FEWEST} to {MOST} frames, got {frames}.")
        with self._lock:
            self._running = True
            self._asked, self._frames, self._source = asked, frames, source
            self._counts = dict.fromkeys(OUTCOMES, 0)
            self._counts_from = now + COUNTDOWN
            self._first: float | None = None

    def cancel(self) -> None:
        """Give up the test that runs, if one does."""
        with self._lock:
            self._running = False

    def take(self, time: float, probabilities: Mapping[str, float] | None, reader: str = "") -> None:
        """Count a frame.

        Args:
            time: of the frame, on the stream's clock, seconds; what comes before the countdown's end does not count.
            probabilities: of LABELS for the largest face; None without a face.
            reader: what read it.
        """
        with self._lock:
            if not self._running or time < self._counts_from:
                return
            self._first = time if self._first is None else self._first
            self._counts[max(LABELS, key=probabilities.__getitem__) if probabilities else NO_FACE] += 1
            if sum(self._counts.values()) == self._frames:
                lasted = max(0.0, time - self._first)
                self._results.append(HoldResult(self._asked, self._counts, lasted, reader, self._source))
                self._running = False

    def progress(self, now: float) -> HoldProgress | None:
        """How far the running test is at ``now``, on the stream's clock; None while none runs."""
        with self._lock:
            if not self._running:
                return None
            left = max(0.0, self._counts_from - now)
            return HoldProgress(self._asked, left, self._frames, MappingProxyType(dict(self._counts)))

    @property
    def results(self) -> tuple[HoldResult, ...]:
        """Every test that came to its end, the oldest first."""
        with self._lock:
            return tuple(self._results)


def _check_asked(asked: str) -> None:
    if asked not in LABELS:
        raise ValueError(f"Expected one of {LABELS}, got {asked!r}.")
