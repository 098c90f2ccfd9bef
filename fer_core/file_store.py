"""Small files that several processes of ours read and write: whole or not at all, and one writer at a time."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from filelock import FileLock


def write_atomically(path: Path, text: str) -> None:
    """Write a UTF-8 file so that a reader, or a crash, finds the old content or the new and nothing between.

    Raises:
        OSError: the folder is missing, cannot be written or is full; the old file is as it was.
    """
    # A name of its own for each writer, so that two never write into one scratch file.
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


class FolderLock(FileLock):
    """One holder at a time among all threads and processes of this machine; frees itself when its process dies."""

    def __init__(self, folder: Path) -> None:
        """The lock of an existing folder; entering it raises OSError where the folder cannot be written."""
        super().__init__(str(folder / ".lock"), thread_local=False)
