"""The runs of one folder: their queue, and what a person does with them. Nothing here imports a Keras backend."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.errors import TrainingError
from fer_core.file_store import folder_lock
from fer_core.training.request import TrainingRequest, open_run
from fer_core.training.run_folder import RunFolder, RunState, StopRequested

#: Seconds between two looks at whether it is a waiting run's turn.
_LOOK_AGAIN: Final = 0.5


@dataclass(frozen=True)
class RunSummary:
    """A run as a table shows it.

    Attributes:
        run: its folder.
        state, reason: as ``RunFolder.state``.
        record: run.json.
        ahead: how many runs a queued one waits for; 0 for all others.
    """

    run: RunFolder
    state: RunState
    reason: str
    record: dict[str, Any]
    ahead: int = 0

    @property
    def live(self) -> bool:
        """Whether a process trains it or waits to."""
        return self.state in ("queued", "running")

    @property
    def resumable(self) -> bool:
        """Whether it can go on from where it ended."""
        return self.state in ("stopped", "failed") and bool(self.record.get("arguments"))

    @property
    def releasable(self) -> bool:
        """Whether there are weights to make a model of."""
        return self.state in ("finished", "stopped") and self.run.kept_weights.exists()


def list_runs(folder: Path) -> list[RunSummary]:
    """Every run in a folder, the newest first; a damaged one is left out."""
    found = [summary for path in folder.glob("*/run.json") if (summary := _summary(RunFolder(path.parent)))]
    return sorted(found, key=lambda each: float(each.record.get("asked_at", 0)), reverse=True)


def summary_of(run: RunFolder) -> RunSummary:
    """One run as a table shows it; TrainingError where the folder is no run."""
    state, reason = run.state()
    return RunSummary(run, state, reason, run.record(), _ahead(run) if state == "queued" else 0)


def start_run(request: TrainingRequest) -> RunFolder:
    """Start a run as a process of its own; it waits for those that were started before it.

    Raises:
        TrainingError: the folder or the settings cannot be used.
        DatasetError: there is no such recipe.
    """
    # The recipe's newest version is meant as of now, not as of when the run's turn comes.
    request = dataclasses.replace(request, recipe=request.settled()[1].name)
    with _changing(request.run_dir):
        if (request.run_dir / "run.json").exists():
            raise TrainingError(
                f"There is a run named {request.run_dir.name!r} already; choose another name."
            )
        run = open_run(request)
        run.write_record(asked_at=time.time())
        run.job.start([*request.arguments(), "--queue"])
    return run


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """One person at a time starts, resumes or deletes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with folder_lock(path.parent):
            yield
    except OSError as error:
        raise TrainingError(f"The run cannot be written to {path}: {error.strerror or error}.") from error


def resume_run(run: RunFolder) -> None:
    """Let a stopped or failed run go on, behind those that wait already.

    Raises:
        TrainingError: it is finished, under way, or does not know its command.
    """
    with _changing(run.path):
        summary = summary_of(run)
        if not summary.resumable:
            raise TrainingError(
                f"The run {run.name!r} is {summary.state}; only a stopped or failed one goes on."
            )
        _refuse_while_released(run)
        # It has said that it ended, and may take a moment to do so.
        run.job.wait(15)
        with run.in_use_by_one():
            # Not while the command line makes a model of it.
            pass
        run.stop_file.unlink(missing_ok=True)
        # A model that was made of it is not of what it learns from now on.
        run.write_record(state="queued", reason="", asked_at=time.time(), model=None)
        run.job.start([*map(str, summary.record["arguments"]), "--queue"])


def stop_run(run: RunFolder) -> None:
    """Ask a run to stop after its batch; one that waits leaves the queue. TrainingError where it cannot be asked."""
    try:
        run.stop_file.touch()
    except OSError as error:
        raise TrainingError(f"The run cannot be stopped: {error.strerror}.") from error


def delete_run(run: RunFolder) -> None:
    """Delete a run's folder; TrainingError while it is under way, or where it is no run."""
    with _changing(run.path):
        if run.state()[0] in ("queued", "running"):
            raise TrainingError(f"The run {run.name!r} is under way; stop it first.")
        _refuse_while_released(run)
        shutil.rmtree(run.path)


def _refuse_while_released(run: RunFolder) -> None:
    if run.release_job.state() == "running":
        raise TrainingError(f"A model is being made of the run {run.name!r}; wait until it is done.")


def wait_for_turn(run: RunFolder) -> None:
    """Wait, in the process that will train, until no run beside this one runs or was asked for earlier.

    Raises:
        StopRequested: somebody took it from the queue.
    """
    # Whoever is killed here leaves the queue with its process; nobody has to clear up.
    run.write_record(state="queued", asked_at=run.record().get("asked_at") or time.time())
    told = None
    while ahead := _ahead(run):
        if run.stop_file.exists():
            raise StopRequested
        if ahead != told:
            print(f"waits for {ahead} earlier run{'s' if ahead > 1 else ''}", flush=True)
            told = ahead
        time.sleep(_LOOK_AGAIN)


def _summary(run: RunFolder) -> RunSummary | None:
    try:
        return summary_of(run)
    except TrainingError:
        return None


def _ahead(run: RunFolder) -> int:
    own = _turn(run, run.record())
    ahead = 0
    for path in run.path.parent.glob("*/run.json"):
        other = RunFolder(path.parent)
        if other.name == run.name:
            continue
        try:
            state, _ = other.state()
            ahead += state == "running" or (state == "queued" and _turn(other, other.record()) < own)
        except TrainingError:
            continue
    return ahead


def _turn(run: RunFolder, record: dict[str, Any]) -> tuple[float, str]:
    return float(record.get("asked_at") or float("inf")), run.name
