"""Train what a request asks for, in this process: its turn, its end, and its end in words."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from contextlib import contextmanager

from fer_core.errors import FerError, TrainingError
from fer_core.training.request import TrainingRequest, open_run
from fer_core.training.run_folder import RunFolder, StopRequested, discard_half_done
from fer_core.training.runs import wait_for_turn


def train(request: TrainingRequest, *, queue: bool = False) -> RunFolder:
    """Fit a network and leave a finished run folder; prints the parameter count and a line an epoch.

    A run that somebody stops, or that fails, says so in its record and keeps its last finished epoch; the same
    request goes on from there.

    Args:
        request: what to train.
        queue: wait until every run beside it that was asked for earlier has ended.

    Raises:
        TrainingError: unknown preset, a finished or foreign run folder, no rows to train on, a full disk, or too
            little memory.
        DatasetError: the data set, votes or recipe cannot be used.
    """
    # First, because what is wrong with the request is then said in the record of a run that waits.
    run = _opened(request)
    preset, recipe = request.settled()
    try:
        with run.in_use_by_one():
            run.job.claim()
            if not queue:
                # A wish of long ago; whoever queues a run clears it, and may wish anew before this line is reached.
                run.stop_file.unlink(missing_ok=True)
            with _told(run):
                if queue:
                    wait_for_turn(run)
                # A model that was made of it is not of what it learns from now on.
                run.write_record(state="running", reason="", model=None)
                # Only now, so that a run which waits leaves the memory to the one that trains.
                from fer_core.training.fit import fit_run

                fit_run(run, request, preset, recipe)
                run.write_record(state="finished", seconds=_seconds(run))
    except OSError as error:
        raise TrainingError(f"The run cannot be written to {run.path}: {error.strerror or error}.") from error
    return run


@contextmanager
def _told(run: RunFolder) -> Iterator[None]:
    """Write into the record how the run ended; what a person can mend becomes a TrainingError in words."""
    try:
        yield
    except (StopRequested, KeyboardInterrupt):
        epochs = run.completed_epochs()
        # The wish is fulfilled; were it still there, the run could not go on.
        run.stop_file.unlink(missing_ok=True)
        run.write_record(
            state="stopped", reason=f"Stopped after {epochs} finished epochs.", seconds=_seconds(run)
        )
        print(f"stopped after {epochs} finished epochs; the same command goes on from there", flush=True)
    except BaseException as error:
        reason = _in_words(error, run)
        with contextlib.suppress(OSError):
            # Half-written files of the broken epoch may be what took the last of the room.
            discard_half_done(run)
            run.write_record(state="failed", reason=reason, seconds=_seconds(run))
        if isinstance(error, FerError) or not isinstance(error, Exception):
            raise
        raise TrainingError(reason) from error


def _in_words(error: BaseException, run: RunFolder) -> str:
    text = f"{type(error).__name__} {error}"
    goes_on = f"Its {run.completed_epochs()} finished epochs are kept; resume goes on from there."
    if "No space left" in text or (isinstance(error, OSError) and error.errno == errno.ENOSPC):
        return f"The disk is full. Free some space. {goes_on}"
    if isinstance(error, MemoryError) or "ResourceExhausted" in text or "RESOURCE_EXHAUSTED" in text:
        return f"The memory ran out. Take a smaller batch or a smaller network. {goes_on}"
    if isinstance(error, FerError):
        return str(error)
    first = (str(error).splitlines() or [""])[0][:300]
    return f"{type(error).__name__}: {first} The log holds the details. {goes_on}"


def _opened(request: TrainingRequest) -> RunFolder:
    """``open_run``; a run that was queued and cannot begin says why in its record."""
    run = RunFolder(request.run_dir)
    try:
        return open_run(request)
    except FerError as error:
        with contextlib.suppress(OSError, TrainingError):
            if run.record().get("state") == "queued":
                run.write_record(state="failed", reason=str(error))
        raise


def _seconds(run: RunFolder) -> int:
    """The seconds its finished epochs took, whatever processes they were trained in."""
    return round(sum(row["seconds"] for row in run.history_rows()))
