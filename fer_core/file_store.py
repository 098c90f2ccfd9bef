"""Small files that several processes of ours read and write: whole or not at all, and one writer at a time."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["Timeout", "folder_lock", "write_atomically"]


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


def folder_lock(folder: Path, purpose: str = "changing", *, wait: bool = True) -> FileLock:
    """A lock with one holder at a time among all threads and processes of this machine; it dies with its process.

    Entering it raises OSError where the folder is missing or cannot be written, and ``Timeout`` where somebody holds
    it and ``wait`` is off.

    Args:
        folder: what is locked.
        purpose: different purposes do not wait for each other.
        wait: for ever, or not at all.
    """
    return FileLock(folder / f".{purpose}.lock", timeout=-1 if wait else 0, thread_local=False)
