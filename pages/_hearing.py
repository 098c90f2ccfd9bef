"""Whether the browser that watches a stream is still there."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from typing import Any

from streamlit_webrtc.eventloop import get_global_event_loop


class Hearing:
    """When the browser was last heard of. A browser that watches reports about once a second what has arrived; the
    clip's frames are made here and go on when nobody gets them."""

    def __init__(self) -> None:
        self._packets = 0
        self._at = time.monotonic()
        self._asked: concurrent.futures.Future[Any] | None = None

    def look(self, context: Any) -> float:
        """Monotonic seconds. Takes in what the look before has asked for, so that nobody waits."""
        if self._asked is not None and self._asked.done():
            # A connection that is being closed may have none to tell.
            if not self._asked.cancelled() and self._asked.exception() is None:
                found = self._asked.result().values()
                packets = sum(each.packetsReceived for each in found if each.type == "transport")
                if packets != self._packets:
                    self._packets, self._at = packets, time.monotonic()
            self._asked = None
        worker = context._get_worker()
        if self._asked is None and worker is not None:
            self._asked = asyncio.run_coroutine_threadsafe(worker.pc.getStats(), get_global_event_loop())
        return self._at
