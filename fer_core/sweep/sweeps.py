"""The sweeps of a folder, and what their trials came to, read from the runs themselves."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.errors import TrainingError
from fer_core.file_store import write_atomically
from fer_core.settings import Settings
from fer_core.sweep.space import SweepSpace, parse_space
from fer_core.training.background import BackgroundJob, State
from fer_core.training.runs import RunSummary, list_runs, stop_run

#: Seconds in which the run of a sweep that was stopped ends.
_ENDS_WITHIN: Final = 60.0


@dataclass(frozen=True)
class TrialResult:
    """A trial as a table and a figure show it.

    Attributes:
        summary: its run.
        number: in its sweep, from 0.
        preset: it began with.
        drawn: setting -> value.
        epochs: finished.
        accuracy: the best on held-back rows; None before the first epoch.
    """

    summary: RunSummary
    number: int
    preset: str
    drawn: Mapping[str, str]
    epochs: int
    accuracy: float | None


@dataclass(frozen=True)
class Sweep:
    """A sweep's folder, ``FACET_HOME/sweeps/NAME``: what was asked, the process that drives it, and Ray Tune's own files."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def job(self) -> BackgroundJob:
        """The process that drives it."""
        return BackgroundJob(self.path)

    @property
    def tuner(self) -> Path:
        """What Ray Tune keeps to go on from."""
        return self.path / "tune"

    def state(self) -> State:
        """Whether its driver runs."""
        return self.job.state()

    def asked(self) -> dict[str, Any]:
        """``sweep.json``: space, csv, votes and address; TrainingError where the folder is no sweep."""
        try:
            asked: dict[str, Any] = json.loads((self.path / "sweep.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"{self.path} is no sweep: it has no sweep.json that can be read.") from error
        return asked

    def space(self) -> SweepSpace:
        """What it tries."""
        return parse_space(self.asked()["space"])


def list_sweeps(settings: Settings) -> list[Sweep]:
    """Every sweep, the newest first."""
    found = [path.parent for path in settings.sweeps.glob("*/sweep.json")]
    return [Sweep(path) for path in sorted(found, key=lambda each: -(each / "sweep.json").stat().st_mtime)]


def trials_of(sweep: Sweep, settings: Settings) -> list[TrialResult]:
    """Its trials so far, the best first; those without an epoch last."""
    results = [
        _result(summary) for summary in list_runs(settings.runs) if summary.record.get("sweep") == sweep.name
    ]
    return sorted(results, key=lambda each: (-(each.accuracy or -1.0), each.number))


def resume_sweep(sweep: Sweep) -> None:
    """Start its driver as a process of its own; it goes on where it ended.

    Raises:
        TrainingError: the folder is no sweep, or cannot be written.
    """
    asked = sweep.asked()
    space = sweep.path / "space.toml"
    try:
        write_atomically(space, asked["space"])
    except OSError as error:
        raise TrainingError(f"{space} cannot be written: {error.strerror or error}.") from error
    votes = ["--votes", asked["votes"]] if asked["votes"] else []
    sweep.job.start(["sweep", str(space), asked["csv"], *votes, "--name", sweep.name])


def stop_sweep(sweep: Sweep, settings: Settings) -> None:
    """End its driver, and with it its runs; the same command, or the page, lets it go on.

    Raises:
        TrainingError: a run does not end.
    """
    # The driver first: of a run that ends before it, it would hear that its trial is over for good.
    sweep.job.stop()
    for trial in trials_of(sweep, settings):
        run = trial.summary.run
        if trial.summary.live:
            stop_run(run)
        run.job.wait(_ENDS_WITHIN)
        if run.record().get("state") in ("queued", "running"):
            # Ray kills what its workers leave; that is no failure of the run.
            run.write_record(state="stopped", reason="Its sweep was stopped.")


def _result(summary: RunSummary) -> TrialResult:
    rows = summary.run.history_rows()
    changes = [str(word) for word in summary.record.get("arguments", [])]
    drawn = dict(
        change.split("=", 1)
        for option, change in itertools.pairwise(changes)
        if option == "--set" and "=" in change
    )
    return TrialResult(
        summary,
        int(summary.record.get("trial", 0)),
        str(summary.record["preset"]["name"]),
        drawn,
        len(rows),
        max((row["val_accuracy"] for row in rows), default=None),
    )
