"""Watches one shopper's stream come up, play and break, and says in words what is wrong and what to try."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from enum import Enum
from typing import Final

from fer_core.live.ice import IceServer
from fer_core.live.pipeline import LiveSnapshot
from fer_core.live.turn_check import TurnCheck

#: Seconds without a connection, or without a new result, after which something is said.
PATIENCE: Final = 3.0

#: Seconds within which a person who pressed START may have pressed STOP again.
_SECOND_THOUGHTS: Final = 1.0

_ELSEWHERE: Final = "*Photo* and *By hand* need no video."


class _Phase(Enum):
    IDLE = "idle"
    CONNECTING = "connecting"
    PLAYING = "playing"
    NOT_CONNECTED = "not connected"
    LOST = "lost"


class StreamWatch:
    """Told what the stream says of itself; keeps no more of it than since when. Times are monotonic seconds."""

    def __init__(
        self,
        relays: tuple[IceServer, ...] = (),
        ask: Callable[[tuple[IceServer, ...]], TurnCheck] = TurnCheck,
    ) -> None:
        """
        Args:
            relays: TURN servers to ask when no connection comes up.
            ask: how they are asked.
        """
        self._relays = relays
        self._ask = ask
        self._phase = _Phase.IDLE
        self._since = 0.0
        self._check: TurnCheck | None = None
        self._looked_at = self._woke_at = -math.inf

    def see(self, *, playing: bool, signalling: bool, latest: LiveSnapshot, now: float | None = None) -> None:
        """Take what the stream says at ``now``: that it plays, or that it is being set up."""
        now = time.monotonic() if now is None else now
        self._look(now)
        before = self._phase
        if playing:
            phase = _Phase.PLAYING
        elif signalling:
            phase = _Phase.CONNECTING
        elif before is _Phase.CONNECTING and now - self._since > _SECOND_THOUGHTS:
            phase = _Phase.NOT_CONNECTED
        elif before is _Phase.PLAYING and (self._stands_still(latest, now) or now - self._woke_at < PATIENCE):
            # STOP ends a stream whose last result is fresh, and so may a browser that has given a sleeping server up.
            phase = _Phase.LOST
        elif before in (_Phase.NOT_CONNECTED, _Phase.LOST):
            phase = before
        else:
            phase = _Phase.IDLE
        if phase is not before:
            self._phase, self._since = phase, now
            if phase is _Phase.NOT_CONNECTED:
                self._why()
            else:
                self._check = None

    def trouble(self, latest: LiveSnapshot, now: float | None = None) -> str:
        """What is wrong and what to try, as Markdown; "" while all is well."""
        now = time.monotonic() if now is None else now
        self._look(now)
        if self._phase is _Phase.NOT_CONNECTED or (
            self._phase is _Phase.CONNECTING and now - self._since > PATIENCE
        ):
            return f"The connection does not come up. {self._why()} {_ELSEWHERE}"
        if self._phase is _Phase.CONNECTING and now - self._since > _SECOND_THOUGHTS:
            # Asked early, so that the answer is there when it is wanted.
            self._why()
        if self._phase is _Phase.LOST:
            return f"The video broke off. Press START to try again. {_ELSEWHERE}"
        if self._phase is _Phase.PLAYING and self._stands_still(latest, now):
            return f"The video stands still. Press STOP, then START; if that does not help, load the page anew. {_ELSEWHERE}"
        if latest.errors:
            return f"{latest.errors} pictures could not be read; the others go on."
        return ""

    @property
    def is_asking(self) -> bool:
        """Whether an answer may still come without anybody doing a thing."""
        return self._check is not None and self._check.sentence is None

    def _look(self, now: float) -> None:
        """A stream is looked at twice a second; where it was not, this server itself stood still."""
        if self._phase in (_Phase.CONNECTING, _Phase.PLAYING) and now - self._looked_at > PATIENCE:
            self._woke_at = now
        self._looked_at = now

    def _why(self) -> str:
        if not self._relays:
            return "Networks of hotels and companies often block video; try another one."
        if self._check is None:
            self._check = self._ask(self._relays)
        found = self._check.sentence
        if found is None:
            return "Its relay is being asked."
        if found:
            return f"{found} Whoever runs this page has to mend that."
        return (
            "Its relay answers, so the network here may block it; press START again, or try another network."
        )

    def _stands_still(self, latest: LiveSnapshot, now: float) -> bool:
        last = self._since if latest.finished_at is None else max(latest.finished_at, self._since)
        return now - last > PATIENCE
