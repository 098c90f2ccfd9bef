"""From flickering probabilities to a steady expression."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from fer_core.labels import LABELS

#: The state's label while no expression is probable enough.
UNCERTAIN: Final = "uncertain"

#: The state's label while no face is in the picture; never neutral.
NO_FACE: Final = "no face"


@dataclass(frozen=True)
class SmoothingSettings:
    """How steady the expression is.

    Attributes:
        half_life: seconds after which an old reading counts half.
        margin: how much more probable, in [0, 1], another label must be than the current one to replace it.
        dwell: seconds it must lead by that margin.
        threshold: below this probability in [0, 1] the leading label is "uncertain".
        lost_after: seconds without a face after which the state is "no face".
    """

    half_life: float = 0.5
    margin: float = 0.1
    dwell: float = 0.4
    threshold: float = 0.4
    lost_after: float = 1.0

    def __post_init__(self) -> None:
        if not self.half_life > 0:
            raise ValueError(f"Expected a half-life above 0 seconds, got {self.half_life}.")
        for name in ("dwell", "lost_after"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"Expected {name} of at least 0 seconds, got {getattr(self, name)}.")
        for name in ("margin", "threshold"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"Expected {name} in [0, 1], got {getattr(self, name)}.")


@dataclass(frozen=True)
class ExpressionState:
    """What the shopper's face shows, smoothed.

    Attributes:
        blend: probabilities of the five LABELS (they sum to 1), None while no face is seen.
        label: one of LABELS, UNCERTAIN or NO_FACE.
        held_for: seconds the label has been held.
        time: seconds, the stream's clock.
    """

    blend: Mapping[str, float] | None = field(hash=False)
    label: str
    held_for: float = 0.0
    time: float = 0.0

    def __post_init__(self) -> None:
        if self.label not in (*LABELS, UNCERTAIN, NO_FACE):
            raise ValueError(f"Expected one of {(*LABELS, UNCERTAIN, NO_FACE)}, got {self.label!r}.")
        if (self.blend is None) != (self.label == NO_FACE):
            raise ValueError(
                f"Expected a blend exactly where there is a face, got {self.blend} with {self.label!r}."
            )
        if self.blend is not None:
            object.__setattr__(self, "blend", MappingProxyType(checked_blend(self.blend)))
        if not self.held_for >= 0:
            raise ValueError(f"Expected a held time of at least 0 seconds, got {self.held_for}.")


def checked_blend(probabilities: Mapping[str, float]) -> dict[str, float]:
    """The five probabilities in the order of LABELS; ValueError unless they are all there and sum to 1."""
    if set(probabilities) != set(LABELS):
        raise ValueError(f"Expected probabilities of {LABELS}, got {tuple(probabilities)}.")
    blend = {label: float(probabilities[label]) for label in LABELS}
    # Written so that NaN fails as well.
    if not (all(share >= 0 for share in blend.values()) and abs(sum(blend.values()) - 1) < 1e-3):
        raise ValueError(f"Expected probabilities of at least 0 that sum to 1, got {blend}.")
    return blend


class Smoother:
    """Exponential smoothing in time, and a label that does not flicker.

    The weight of a reading follows from the seconds since the last one, so five and thirty frames a second give
    the same blend. A label is replaced only once another leads by the margin for the dwell time. Not thread-safe:
    one stream, one smoother.
    """

    def __init__(self, settings: SmoothingSettings | None = None) -> None:
        self.settings = settings or SmoothingSettings()
        self.reset()

    def reset(self) -> None:
        """Forget everything: a new shopper."""
        self._blend: dict[str, float] | None = None
        self._time: float | None = None
        self._face_seen = -math.inf
        self._label = NO_FACE
        self._since: float | None = None
        self._rival: str | None = None
        self._rival_since = 0.0

    def update(self, time: float, probabilities: Mapping[str, float] | None) -> ExpressionState:
        """Take one reading and give the state after it.

        Args:
            time: seconds on the stream's clock. A time before the last one counts as the last one, because
                streams deliver late frames now and then.
            probabilities: of the five LABELS, summing to 1, or None where no face was found.

        Raises:
            ValueError: a time that is no number, or probabilities that are incomplete, NaN or do not sum to 1.
        """
        if not math.isfinite(time):
            raise ValueError(f"Expected a time in seconds, got {time}.")
        now = time if self._time is None else max(time, self._time)
        passed = 0.0 if self._time is None else now - self._time
        self._time = now
        if probabilities is None:
            if self._blend is not None and now - self._face_seen >= self.settings.lost_after:
                self._blend = None
        else:
            self._mix(checked_blend(probabilities), passed)
            self._face_seen = now
        self._choose(now)
        since = now if self._since is None else self._since
        return ExpressionState(self._blend, self._label, now - since, now)

    def _mix(self, reading: dict[str, float], passed: float) -> None:
        if self._blend is None:
            self._blend = reading
            return
        old = 0.5 ** (passed / self.settings.half_life)
        self._blend = {label: old * self._blend[label] + (1 - old) * reading[label] for label in LABELS}

    def _choose(self, now: float) -> None:
        wanted = self._wanted()
        if wanted == self._label:
            self._rival = None
            if self._since is None:
                self._since = now
            return
        # Losing or finding a face is a fact, not a reading that may flicker.
        at_once = NO_FACE in (wanted, self._label)
        if not at_once:
            if wanted != self._rival:
                self._rival, self._rival_since = wanted, now
            if now - self._rival_since < self.settings.dwell:
                return
        self._label, self._since, self._rival = wanted, now, None

    def _wanted(self) -> str:
        if self._blend is None:
            return NO_FACE
        blend = self._blend
        leader = max(LABELS, key=lambda label: blend[label])
        if blend[leader] < self.settings.threshold:
            return UNCERTAIN
        current = self._label
        if current in blend and blend[current] >= self.settings.threshold:
            return leader if blend[leader] - blend[current] >= self.settings.margin else current
        return leader
