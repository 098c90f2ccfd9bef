"""What an archive holds: the pictures and videos under a folder or an fsspec URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import fsspec

from fer_core.errors import MediaError
from fer_core.vision.prediction import SUFFIXES

VIDEO_SUFFIXES: Final = frozenset((".mp4", ".m4v", ".mov", ".webm", ".mkv"))


@dataclass(frozen=True)
class ArchiveFile:
    """A file of an archive.

    Attributes:
        name: below the archive's folder, with / between; the file's name in every table.
        url: what opens it, on every machine that sees the archive.
        size: bytes.
    """

    name: str
    url: str
    size: int

    @property
    def kind(self) -> str:
        """ "video" or "picture"."""
        return "video" if PurePosixPath(self.name).suffix.lower() in VIDEO_SUFFIXES else "picture"


def list_archive(source: str) -> tuple[ArchiveFile, ...]:
    """The pictures and videos at any depth, by their endings, sorted by name; without hidden files and folders.

    Args:
        source: a folder, a file, or a URL that fsspec opens (``s3://...`` with the package it needs).

    Raises:
        MediaError: there is no such place, it cannot be read, or it holds neither.
    """
    try:
        system, root = fsspec.core.url_to_fs(source)
        if not system.exists(root):
            raise MediaError(f"There is no folder or file at {source}.")
        found: dict[str, dict[str, Any]] = system.find(root, detail=True)
    except (OSError, ValueError, ImportError) as error:
        raise MediaError(f"{source} cannot be read: {error}.") from error
    files = []
    for path, facts in sorted(found.items()):
        name = path[len(root) :].strip("/") or PurePosixPath(path).name
        ending = PurePosixPath(name).suffix.lower()
        if ending not in SUFFIXES | VIDEO_SUFFIXES or any(part.startswith(".") for part in name.split("/")):
            continue
        files.append(ArchiveFile(name, system.unstrip_protocol(path), int(facts.get("size") or 0)))
    if not files:
        raise MediaError(f"{source} holds neither pictures nor videos.")
    return tuple(files)
