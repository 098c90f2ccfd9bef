"""A command of ours as a process of its own: it outlives the page, the browser and the app that started it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import psutil

from fer_core.errors import TrainingError
from fer_core.file_store import folder_lock, write_atomically
from fer_core.settings import PROJECT_ROOT

State = Literal["none", "running", "ended"]


class BackgroundJob:
    """One job in a folder: ``job.json`` says which process, ``log.txt`` what it printed, ``progress`` how far it is.

    The process is known by its id and its time of birth together, because ids come again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start ``python -m fer_core ARGUMENTS``; while the job of this folder runs, nothing is started.

        Args:
            arguments: of the command.
            environment: variables beside those of this process.

        Raises:
            TrainingError: the folder cannot be written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Two people who press the button at once start one job.
            with folder_lock(self._folder):
                if self.state() != "running":
                    self._start(arguments, environment or {})
        except OSError as error:
            raise TrainingError(
                f"The job cannot be started in {self._folder}: {error.strerror or error}."
            ) from error

    def _start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        (self._folder / "progress").unlink(missing_ok=True)
        with (self._folder / "log.txt").open("wb") as log:
            # A session of its own, so that closing the app's terminal does not end the job with it.
            process = subprocess.Popen(
                [sys.executable, "-u", "-m", "fer_core", *arguments],
                cwd=PROJECT_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
            )
        self._write(process.pid, arguments)

    def claim(self) -> None:
        """Make the calling process the job of this folder: a run that a person starts by hand is watched as well."""
        self._write(os.getpid(), sys.argv[1:])

    def _write(self, pid: int, arguments: Sequence[str]) -> None:
        born = psutil.Process(pid).create_time()
        write_atomically(
            self._folder / "job.json", json.dumps({"pid": pid, "born": born, "arguments": list(arguments)})
        )

    def state(self) -> State:
        """Whether the job never ran, runs, or has ended (well or not: its result says)."""
        if not (self._folder / "job.json").exists():
            return "none"
        return "running" if self._process() is not None else "ended"

    def progress(self) -> float:
        """The share of the work that is done, in [0, 1]."""
        try:
            return min(1.0, max(0.0, float((self._folder / "progress").read_text(encoding="ascii"))))
        except (OSError, ValueError):
            return 0.0

    def tell(self, share: float) -> None:
        """Write the share that is done; the job itself calls this."""
        write_atomically(self._folder / "progress", f"{share:.4f}")

    def log(self, lines: int = 5) -> str:
        """The last lines the job printed."""
        try:
            return "\n".join(
                (self._folder / "log.txt").read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            )
        except OSError:
            return ""

    def stop(self) -> None:
        """End the job, if it runs, and wait until it has ended."""
        process = self._process()
        if process is None:
            return
        try:
            process.terminate()
            process.wait(10)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
        except psutil.NoSuchProcess:
            return

    def wait(self, seconds: float) -> None:
        """Wait until the job has ended, at most so long; TrainingError where it has not by then."""
        process = self._process()
        if process is None:
            return
        try:
            process.wait(seconds)
        except psutil.TimeoutExpired:
            raise TrainingError("The process is still ending; try again in a moment.") from None
        except psutil.NoSuchProcess:
            return

    def _process(self) -> psutil.Process | None:
        try:
            job: dict[str, Any] = json.loads((self._folder / "job.json").read_text(encoding="utf-8"))
            process = psutil.Process(job["pid"])
            # The time of birth follows from the clock, which may be set right in between.
            alive = abs(process.create_time() - job["born"]) < 3 and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, KeyError, TypeError, psutil.Error):
            return None
        return process if alive else None
