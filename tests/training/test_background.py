from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from fer_core.errors import TrainingError
from fer_core.training.background import BackgroundJob


def wait_for_end(folder: Path) -> None:
    try:
        psutil.Process(job_of(folder)[0]).wait(60)
    except psutil.NoSuchProcess:
        return


def job_of(folder: Path) -> tuple[int, float]:
    content = json.loads((folder / "job.json").read_text())
    return content["pid"], content["born"]


def test_a_job_runs_ends_and_leaves_its_log(tmp_path: Path) -> None:
    job = BackgroundJob(tmp_path / "job")
    assert job.state() == "none"
    job.start(["dataset", "inspect", str(tmp_path / "absent.csv")])
    wait_for_end(tmp_path / "job")
    assert job.state() == "ended"
    assert "no file at" in job.log()


def test_a_second_start_while_it_runs_starts_nothing_and_stop_ends_it(tmp_path: Path) -> None:
    fifo = tmp_path / "endless.csv"
    os.mkfifo(fifo)  # opening it for reading waits until somebody writes, so the job runs until it is stopped
    job = BackgroundJob(tmp_path / "job")
    job.start(["dataset", "inspect", str(fifo)])
    assert job.state() == "running"
    pid, _ = job_of(tmp_path / "job")
    job.start(["dataset", "inspect", str(fifo)])
    assert job_of(tmp_path / "job")[0] == pid
    BackgroundJob(tmp_path / "job").stop()
    assert job.state() == "ended"
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    job.stop()


def test_starts_at_once_start_one_job(tmp_path: Path) -> None:
    fifo = tmp_path / "endless.csv"
    os.mkfifo(fifo)
    folder = tmp_path / "job"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: BackgroundJob(folder).start(["dataset", "inspect", str(fifo)]), range(4)))
    running = [
        process.pid for process in psutil.Process().children() if str(fifo) in " ".join(process.cmdline())
    ]
    BackgroundJob(folder).stop()
    assert running == [job_of(folder)[0]]


def test_a_process_that_only_inherited_the_number_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps({"pid": os.getpid(), "born": 1.0}))
    job = BackgroundJob(tmp_path)
    assert job.state() == "ended"
    job.stop()


@pytest.mark.parametrize("content", ["{", "[]", '{"pid": "x"}', '{"pid": 1}'])
def test_a_damaged_job_file_is_a_job_that_ended(tmp_path: Path, content: str) -> None:
    (tmp_path / "job.json").write_text(content)
    assert BackgroundJob(tmp_path).state() == "ended"


@pytest.mark.parametrize(
    ("text", "share"), [("0.5", 0.5), ("7", 1.0), ("-1", 0.0), ("", 0.0), ("x", 0.0), (None, 0.0)]
)
def test_progress_is_a_share_whatever_the_file_says(tmp_path: Path, text: str | None, share: float) -> None:
    if text is not None:
        (tmp_path / "progress").write_text(text)
    assert BackgroundJob(tmp_path).progress() == share


def test_progress_told_is_progress_read(tmp_path: Path) -> None:
    BackgroundJob(tmp_path).tell(0.25)
    assert BackgroundJob(tmp_path).progress() == 0.25


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file")
    with pytest.raises(TrainingError, match="cannot be started"):
        BackgroundJob(tmp_path / "blocked").start(["dataset"])
