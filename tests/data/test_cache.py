from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.cache import DatasetCache, content_digest
from fer_core.data.reading import FerDataset, Progress, read_csv
from fer_core.errors import DatasetError
from tests.fer_files import line, pixel_text, write_file


class Counting:
    """The CSV reader, and how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, path: Path, progress: Progress | None) -> FerDataset:
        self.times += 1
        return read_csv(path, progress)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_file(tmp_path / "f.csv", line(0), "3,1,Training", line(4, pixel_text(9), "PublicTest"))


@pytest.fixture
def cache(tmp_path: Path) -> DatasetCache:
    return DatasetCache(tmp_path / "cache")


def test_what_comes_back_is_what_was_read(file: Path, cache: DatasetCache) -> None:
    read = Counting()
    first, again = cache.open(file, read), cache.open(file, read)
    assert read.times == 1
    assert again.fingerprint == first.fingerprint
    assert again.row.tolist() == [0, 2]
    assert again.bad_rows == first.bad_rows
    assert again.pixels.dtype == np.uint8


def test_a_moved_and_a_touched_file_are_found_by_content(file: Path, cache: DatasetCache) -> None:
    read = Counting()
    cache.open(file, read)
    moved = Path(shutil.move(file, file.with_name("moved.csv")))
    cache.open(moved, read)
    os.utime(moved, ns=(1, 1))
    cache.open(moved, read)
    assert read.times == 1


def test_a_changed_file_is_read_again(file: Path, cache: DatasetCache) -> None:
    read = Counting()
    cache.open(file, read)
    write_file(file, line(5))
    assert cache.open(file, read).emotion.tolist() == [5]
    assert read.times == 2


@pytest.mark.parametrize("name", ["pixels.npy", "bad_rows.json"])
def test_a_damaged_cache_costs_time_and_nothing_else(file: Path, cache: DatasetCache, name: str) -> None:
    read = Counting()
    cache.open(file, read)
    (stored,) = (file.parent / "cache").rglob(name)
    stored.write_bytes(b"cut")
    assert cache.open(file, read).row.tolist() == [0, 2]
    assert cache.open(file, read).row.tolist() == [0, 2]
    assert read.times == 2


def test_a_cache_that_cannot_be_written_is_done_without(file: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the folder would go")
    assert len(DatasetCache(tmp_path / "blocked").open(file, read_csv)) == 2


def test_a_reader_s_error_is_passed_on_and_leaves_nothing(tmp_path: Path, cache: DatasetCache) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("nothing")
    with pytest.raises(DatasetError, match="no column"):
        cache.open(bad, read_csv)
    assert not list((tmp_path / "cache").glob("*/pixels.npy"))


def test_a_missing_file_is_named(tmp_path: Path, cache: DatasetCache) -> None:
    with pytest.raises(DatasetError, match="no file at"):
        cache.open(tmp_path / "absent.csv", read_csv)


def test_a_folder_s_digest_follows_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "1.jpg").write_bytes(b"one")
    before = content_digest(folder)
    assert content_digest(folder) == before
    (folder / "train" / "2.jpg").write_bytes(b"two")
    assert content_digest(folder) != before
