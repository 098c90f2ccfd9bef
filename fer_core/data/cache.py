"""A file is parsed once: afterwards its columns are read from FACET_HOME, in a fraction of a second."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from fer_core.data.csv_table import BadRow
from fer_core.data.reading import FerDataset, Progress
from fer_core.errors import DatasetError
from fer_core.file_store import write_atomically

#: Part of every cached folder's name: another version of the readers must not find what an older one wrote.
_FORMAT: Final = 1
_COLUMNS: Final = ("pixels", "emotion", "usage", "row")

Reader = Callable[[Path, Progress | None], FerDataset]


class DatasetCache:
    """Parsed files under one folder, found by path, size and time of change, and then by content.

    A file that moved or was touched is hashed, not parsed, again. Losing the folder costs time and nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, path: Path, read: Reader, progress: Progress | None = None) -> FerDataset:
        """The rows of a file, from the cache or else through ``read``.

        Raises:
            DatasetError: the file is missing, or what ``read`` raises.
        """
        folder = self._columns(self.digest(path))
        if folder.is_dir():
            try:
                return _load(folder)
            except (OSError, ValueError, KeyError, TypeError, EOFError):
                shutil.rmtree(folder, ignore_errors=True)
        dataset = read(path, progress)
        self._store(dataset, folder)
        return dataset

    def forget(self, path: Path) -> None:
        """Remove what is kept of a file."""
        shutil.rmtree(self._columns(self.digest(path)), ignore_errors=True)

    def _columns(self, digest: str) -> Path:
        return self._folder / f"{digest[:32]}-{_FORMAT}"

    def digest(self, path: Path) -> str:
        """``content_digest``; of a file it is kept by path, size and time of change."""
        if not path.is_file():
            return content_digest(path)
        stat = path.stat()
        key = os.fsencode(path.resolve()) + f"|{stat.st_size}|{stat.st_mtime_ns}".encode()
        known = self._folder / "known" / hashlib.sha256(key).hexdigest()[:32]
        try:
            return known.read_text(encoding="ascii")
        except (OSError, ValueError):
            pass
        digest = content_digest(path)
        _write_whole(known, digest)
        return digest

    def _store(self, dataset: FerDataset, folder: Path) -> None:
        """Write the columns in one step; without room for them the work goes on uncached."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".writing-") as scratch:
                columns = Path(scratch) / "columns"
                columns.mkdir()
                for name in _COLUMNS:
                    np.save(columns / f"{name}.npy", getattr(dataset, name))
                bad = [[item.line, item.reason] for item in dataset.bad_rows]
                (columns / "bad_rows.json").write_text(json.dumps(bad), encoding="utf-8")
                if not folder.exists():
                    columns.rename(folder)
        except OSError:
            return


def content_digest(path: Path) -> str:
    """SHA-256 of a file's content, or of the names, sizes and times of change of a folder's files.

    Raises:
        DatasetError: nothing is there, or it cannot be read.
    """
    try:
        if path.is_dir():
            whole = hashlib.sha256()
            for file in sorted(path.rglob("*")):
                stat = file.lstat()
                # A name may be no UTF-8.
                whole.update(os.fsencode(file.relative_to(path)))
                whole.update(f"|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
            return whole.hexdigest()
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        raise DatasetError(f"There is no file at {path}.") from None
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error


def _load(folder: Path) -> FerDataset:
    columns = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in _COLUMNS}
    bad = json.loads((folder / "bad_rows.json").read_text(encoding="utf-8"))
    return FerDataset(**columns, bad_rows=tuple(BadRow(int(line), str(reason)) for line, reason in bad))


def _write_whole(path: Path, text: str) -> None:
    """Write a small file in one step; failing to is no harm."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError:
        return
