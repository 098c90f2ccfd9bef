"""One trial of a sweep: an ordinary run, watched an epoch at a time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fer_core.errors import TrainingError
from fer_core.training.request import TrainingRequest, open_run
from fer_core.training.run_folder import RunFolder
from fer_core.training.runs import stop_run

#: Seconds between two looks at a run.
_LOOK: Final = 0.25
#: Seconds in which a run ends its batch and writes what it keeps.
_STOPS_WITHIN: Final = 60.0


@dataclass(frozen=True)
class TrialKey:
    """Which trial of which sweep a run is."""

    sweep: str
    number: int


class SweepTrial:
    """Starts a run, or goes on with it, and tells its epochs one after the other."""

    def __init__(self, request: TrainingRequest, key: TrialKey, cores: int) -> None:
        """
        Args:
            request: the run; where its folder holds it already, it goes on.
            key: written into its record.
            cores: that it may use.
        """
        self._run = RunFolder(request.run_dir)
        if self._has_finished(key):
            # The sweep was killed before it heard of it.
            return
        open_run(request)
        if self._run.record().get("sweep") is None:
            self._run.write_record(sweep=key.sweep, trial=key.number, asked_at=time.time())
        if self._run.job.state() != "running":
            self._run.stop_file.unlink(missing_ok=True)
            self._run.write_record(state="queued", reason="", model=None)
            threads = str(cores)
            # TensorFlow would take every core for each trial.
            self._run.job.start(
                request.arguments(),
                {
                    "TF_NUM_INTRAOP_THREADS": threads,
                    "TF_NUM_INTEROP_THREADS": "1",
                    "OMP_NUM_THREADS": threads,
                },
            )

    def _has_finished(self, key: TrialKey) -> bool:
        if not self._run.record_file.exists():
            return False
        record = self._run.record()
        return record.get("state") == "finished" and record.get("sweep") == key.sweep

    def epoch(self, number: int) -> Mapping[str, Any] | None:
        """The curve's row of an epoch counted from 1, waited for; None where the run ended before it.

        Raises:
            TrainingError: the run failed.
        """
        while True:
            # Asked before the rows are read: what ends in between has written them by then.
            over = self._run.job.state() != "running"
            rows = self._run.history_rows()
            if len(rows) >= number:
                return rows[number - 1]
            if over:
                state, reason = self._run.state()
                if state == "failed":
                    raise TrainingError(f"{self._run.name}: {reason}")
                return None
            time.sleep(_LOOK)

    def stop(self) -> None:
        """Let the run stop, if it is under way, and wait for it: Ray kills what a worker leaves behind. Its best weights
        stay."""
        if self._run.job.state() == "running":
            stop_run(self._run)
            with contextlib.suppress(TrainingError):
                self._run.job.wait(_STOPS_WITHIN)
