from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fer_core.archive.listing import ArchiveFile
from fer_core.archive.reading import ReadFile
from fer_core.archive.tables import ScoreFolder, ScoreSettings
from fer_core.errors import MediaError

SETTINGS = ScoreSettings("somewhere", "facet 12", "haar", 1.0)
PICTURE = ReadFile(
    ArchiveFile("a.jpg", "file:///a.jpg", 10), 640, 480, 1, ((None, 1, 1.0, 2.0, 3.0, 4.0, 0.9, 0.1, 0.6, 0.1, 0.1, 0.1),)
)  # fmt: skip
BROKEN = ReadFile(ArchiveFile("b.mp4", "file:///b.mp4", 5), error="It is damaged.")


@pytest.fixture
def folder(tmp_path: Path) -> ScoreFolder:
    folder = ScoreFolder(tmp_path / "out")
    folder.open(SETTINGS)
    return folder


def rows(folder: ScoreFolder, table: str) -> list[dict[str, object]]:
    return pq.read_table(folder.path / table).to_pylist() if any((folder.path / table).iterdir()) else []


def test_each_table_holds_its_rows(folder: ScoreFolder) -> None:
    folder.write([PICTURE, BROKEN])
    (face,) = rows(folder, "faces")
    assert (face["file"], face["kind"], face["seconds"], face["face"]) == ("a.jpg", "picture", None, 1)
    assert face["label"] == "happy"
    assert face["confidence"] == face["happy"] == pytest.approx(0.6)
    assert rows(folder, "broken") == [{"file": "b.mp4", "kind": "video", "error": "It is damaged."}]
    assert [(row["file"], row["faces"], row["error"]) for row in rows(folder, "files")] == [
        ("a.jpg", 1, None),
        ("b.mp4", 0, "It is damaged."),
    ]
    assert folder.done() == {"a.jpg", "b.mp4"}


def test_what_is_written_twice_is_there_once(folder: ScoreFolder) -> None:
    folder.write([PICTURE, BROKEN])
    folder.write([PICTURE, BROKEN])
    assert len(rows(folder, "faces")) == len(rows(folder, "broken")) == 1


@pytest.mark.parametrize("table", ["faces", "broken"])
def test_what_a_killed_run_left_half_done_does_not_count(folder: ScoreFolder, table: str) -> None:
    folder.write([PICTURE, BROKEN])
    (marker,) = (folder.path / "files").iterdir()
    marker.unlink()
    (folder.path / table / ".x.parquet.half").write_bytes(b"half")
    ScoreFolder(folder.path).open(SETTINGS)
    assert folder.done() == set()
    assert rows(folder, "faces") == rows(folder, "broken") == []


@pytest.mark.parametrize(
    ("name", "value"), [("source", "elsewhere"), ("model", "other 1"), ("detector", "mtcnn"), ("every", 2.0)]
)
def test_figures_with_other_settings_are_not_mixed(folder: ScoreFolder, name: str, value: object) -> None:
    folder.write([PICTURE])
    with pytest.raises(MediaError, match=f"scored with another {name}"):
        ScoreFolder(folder.path).open(replace(SETTINGS, **{name: value}))
    ScoreFolder(folder.path).open(SETTINGS)
    assert folder.done() == {"a.jpg"}


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(MediaError, match="holds no scores"):
        ScoreFolder(tmp_path).open(SETTINGS)
    assert (tmp_path / "mine.txt").read_text() == "mine"
