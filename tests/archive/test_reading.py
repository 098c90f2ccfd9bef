from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from fer_core.archive.listing import ArchiveFile, list_archive
from fer_core.archive.reading import ArchiveReader
from fer_core.labels import LABELS
from fer_core.preprocessing import load_image
from fer_core.settings import SHIPPED_MODELS
from fer_core.vision.analyzer import ExpressionAnalyzer
from tests.archive.archive_files import write_archive


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ArchiveFile]:
    folder = tmp_path_factory.mktemp("archive")
    write_archive(folder, pictures=2)
    (folder / "long.mp4").write_bytes(b"")
    return {each.name: each for each in list_archive(str(folder))}


@pytest.fixture
def reader() -> Iterator[ArchiveReader]:
    reader = ArchiveReader(SHIPPED_MODELS / "facet", None, every=0.5)
    yield reader
    reader.close()


def test_a_picture_is_read_as_everywhere_else(reader: ArchiveReader, files: dict[str, ArchiveFile]) -> None:
    read = reader.read(files["pictures/001.jpg"])
    picture = load_image(Path(read.file.url.removeprefix("file://")))
    expected = ExpressionAnalyzer.load(SHIPPED_MODELS / "facet").analyze(picture)
    assert (read.width, read.height, read.pictures, read.error) == (*picture.shape[1::-1], 1, "")
    assert len(read.faces) == len(expected) == 1
    seconds, number, x, *_ = read.faces[0]
    assert (seconds, number) == (None, 1)
    assert x == pytest.approx(expected[0].box.x, abs=0.06)
    shares = [expected[0].probabilities[label] for label in LABELS]
    np.testing.assert_allclose(np.array(read.faces[0][-5:], np.float64), shares, atol=1e-3)


def test_of_a_video_pictures_are_read_every_so_often(
    reader: ArchiveReader, files: dict[str, ArchiveFile]
) -> None:
    read = reader.read(files["video-0.mp4"])
    assert (read.width, read.height, read.pictures) == (640, 480, 6)
    assert [face[0] for face in read.faces] == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5], abs=0.1)


@pytest.mark.parametrize(
    ("name", "said"),
    [("broken.jpg", "picture"), ("broken.mp4", "damaged"), ("long.mp4", "no video that can be opened")],
)
def test_a_file_that_is_none_is_said_and_the_next_is_read(
    name: str, said: str, reader: ArchiveReader, files: dict[str, ArchiveFile]
) -> None:
    broken = reader.read(files[name])
    assert said in broken.error
    assert broken.faces == ()
    assert reader.read(files["pictures/000.jpg"]).error == ""


def test_a_picture_that_is_too_large_is_not_opened(reader: ArchiveReader, tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(50_000_001)
    assert "more than 50 MB" in reader.read(ArchiveFile("large.jpg", f"file://{large}", 50_000_001)).error


def test_a_file_that_is_gone_is_said(reader: ArchiveReader, tmp_path: Path) -> None:
    gone = ArchiveFile("gone.jpg", f"file://{tmp_path}/gone.jpg", 1)
    assert "cannot be opened" in reader.read(gone).error


def test_a_file_that_breaks_its_program_costs_no_other(
    reader: ArchiveReader, files: dict[str, ArchiveFile]
) -> None:
    reader.read(files["pictures/000.jpg"])
    (child,) = (
        each for each in psutil.Process().children() if "fer_core.archive.file_worker" in each.cmdline()
    )
    child.suspend()
    killer = threading.Timer(0.2, child.kill)
    killer.start()
    assert "broke the program" in reader.read(files["pictures/000.jpg"]).error
    killer.join()
    assert reader.read(files["pictures/001.jpg"]).error == ""


def test_a_file_of_which_nothing_comes_is_given_up(files: dict[str, ArchiveFile]) -> None:
    reader = ArchiveReader(SHIPPED_MODELS / "facet", None, every=0.5, silence=0.05)
    begun = time.monotonic()
    assert "Nothing came of it" in reader.read(files["video-0.mp4"]).error
    assert time.monotonic() - begun < 5
    reader.close()
