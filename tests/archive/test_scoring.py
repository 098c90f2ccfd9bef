"""Real Ray on this machine, as ``python -m fer_core score`` starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fer_core.archive.listing import ArchiveFile
from fer_core.archive.scoring import parts
from fer_core.settings import PROJECT_ROOT
from tests.archive.archive_files import BROKEN, write_archive
from tests.ray_cluster import ray_cluster

pytest.importorskip("ray", reason="Ray is not installed (requirements-cluster.txt)")


def score(source: Path, out: Path, *more: str, key: dict[str, str] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fer_core", "score", str(source), "--out", str(out), "--json", *more]
    return subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | (key or {}),
        start_new_session=True,
    )


def read(table: Path) -> list[dict[str, object]]:
    return pq.read_table(table).to_pylist()


def test_videos_are_parts_of_their_own_and_the_largest_comes_first() -> None:
    files = [ArchiveFile(f"{number:02}.jpg", "", 1) for number in range(40)]
    files += [ArchiveFile("short.mp4", "", 5), ArchiveFile("long.mp4", "", 50)]
    cut = parts(files)
    assert [[each.name for each in part] for part in cut[:2]] == [["long.mp4"], ["short.mp4"]]
    assert [len(part) for part in cut[2:]] == [32, 8]


def test_an_archive_becomes_tables_and_a_second_run_has_nothing_to_do(tmp_path: Path) -> None:
    names = write_archive(tmp_path / "in", pictures=3)
    first = score(tmp_path / "in", tmp_path / "out", "--workers", "2")
    said, told = first.communicate(timeout=180)
    assert first.returncode == 0, told
    assert json.loads(said) == {"files": len(names), "faces": 6, "broken": 2}
    assert f"{len(names)} of {len(names)} files" in told
    faces = Counter(row["file"] for row in read(tmp_path / "out" / "faces"))
    assert faces == {"video-0.mp4": 3} | dict.fromkeys((f"pictures/{at:03}.jpg" for at in range(3)), 1)
    assert {row["file"] for row in read(tmp_path / "out" / "broken")} == set(BROKEN)
    assert {row["file"] for row in read(tmp_path / "out" / "files")} == names
    again = score(tmp_path / "in", tmp_path / "out")
    said, told = again.communicate(timeout=60)
    assert json.loads(said) == {"files": len(names), "faces": 0, "broken": 0}, told


def test_a_killed_run_goes_on_and_scores_no_file_twice(tmp_path: Path) -> None:
    names = write_archive(tmp_path / "in", pictures=2, videos=6)
    out = tmp_path / "out"
    killed = score(tmp_path / "in", out, "--workers", "1")
    end = time.monotonic() + 120
    while not any((out / "files").glob("*.parquet")):
        assert killed.poll() is None
        assert time.monotonic() < end, "no part came within two minutes"
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)
    # Its workers end when they find their driver gone, and may finish a part until then.
    before = {part.name: part.stat().st_mtime_ns for part in (out / "files").glob("*.parquet")}
    goes_on = score(tmp_path / "in", out, "--workers", "2")
    said, told = goes_on.communicate(timeout=180)
    assert goes_on.returncode == 0, told
    assert Counter(row["file"] for row in read(out / "files")) == dict.fromkeys(names, 1)
    pictures = Counter(row["file"] for row in read(out / "faces"))
    assert pictures == dict.fromkeys((name for name in names if name.startswith("video")), 3) | dict.fromkeys(
        ("pictures/000.jpg", "pictures/001.jpg"), 1
    )
    after = {part.name: part.stat().st_mtime_ns for part in (out / "files").glob("*.parquet")}
    assert before.items() <= after.items()
    assert json.loads(said)["files"] == len(names)


def test_a_cluster_that_runs_already_does_the_same(tmp_path: Path) -> None:
    names = write_archive(tmp_path / "in", pictures=2)
    with ray_cluster(2) as (address, key):
        run = score(tmp_path / "in", tmp_path / "out", "--address", address, key=key)
        said, told = run.communicate(timeout=300)
    assert run.returncode == 0, told
    assert json.loads(said) == {"files": len(names), "faces": 5, "broken": 2}
    assert {row["file"] for row in read(tmp_path / "out" / "files")} == names


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no folder or file"),
        ([".", "--workers", "0"], "at least one worker"),
        ([".", "--every", "0"], "seconds above 0"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fer_core", "score", *arguments, "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
