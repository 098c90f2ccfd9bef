from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fer_core.file_store import folder_lock, write_atomically


def test_a_written_file_leaves_no_scratch_behind(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.json", "é")
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == "é"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomically(tmp_path / "a.json", "old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "a.json", "new")
    assert (tmp_path / "a.json").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_holders_of_the_lock_take_turns(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")

    def add(_: int) -> None:
        with folder_lock(tmp_path):
            write_atomically(tmp_path / "count", str(int((tmp_path / "count").read_text()) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert (tmp_path / "count").read_text() == "80"
