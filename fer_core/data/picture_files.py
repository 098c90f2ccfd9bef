"""The files of a folder or a zip, each read on request and within bounds; nothing is ever unpacked to disk."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from fer_core.errors import DatasetError, ImageError
from fer_core.labels import FER2013_LABELS

#: What counts as a picture.
ENDINGS: Final = (".jpg", ".jpeg", ".png", ".bmp", ".webp")

#: What all files of a zip may have together once unpacked, bytes.
MOST_UNPACKED: Final = 2_000_000_000

#: Folder of a class -> FER-2013 label, beside the labels themselves.
_CLASSES: Final = {label: label for label in FER2013_LABELS} | {
    "anger": "angry", "disgusted": "disgust", "fearful": "fear", "happiness": "happy", "sadness": "sad",
    "surprised": "surprise",
}  # fmt: skip

Files = Mapping[str, Callable[[], bytes]]


def class_of(name: str) -> int | None:
    """The FER-2013 tag of a picture by the folder it lies in; None for what is no picture in a class folder."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if len(parts) < 2 or not parts[-1].lower().endswith(ENDINGS) or parts[-1].startswith("."):
        # A Mac adds a hidden file beside each picture it packs.
        return None
    label = _CLASSES.get(parts[-2].lower())
    return None if label is None else FER2013_LABELS.index(label)


def folder_files(path: Path, most_bytes: int) -> Files:
    """Every file below a folder by its path in it, sorted; links are not followed.

    Reading one raises ImageError where it is larger than ``most_bytes``.

    Raises:
        DatasetError: no such folder.
    """
    if not path.is_dir():
        raise DatasetError(f"There is no folder at {path}.")

    def read(file: Path) -> bytes:
        content = file.read_bytes()
        if len(content) > most_bytes:
            raise ImageError(f"it has {len(content):,} bytes, at most {most_bytes:,} are read")
        return content

    return {
        file.relative_to(path).as_posix(): partial(read, file)
        for file in sorted(path.rglob("*"))
        if not file.is_symlink() and file.is_file()
    }


@contextmanager
def zip_files(source: Path | BinaryIO, shown: str, most_bytes: int) -> Iterator[Files]:
    """Every file of a zip by its name, sorted; to be read inside the block.

    Reading one raises ImageError where it is encrypted or claims more than ``most_bytes``.

    Args:
        source: a file, or an open one.
        shown: what a sentence calls it.
        most_bytes: of one file, unpacked.

    Raises:
        DatasetError: no zip, damaged, or larger than MOST_UNPACKED in all.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            members = {
                item.filename: item
                for item in archive.infolist()
                # A name that begins with a zero byte is empty once read.
                if item.filename and not item.is_dir() and not stat.S_ISLNK(item.external_attr >> 16)
            }

            def read(item: zipfile.ZipInfo) -> bytes:
                if item.flag_bits & 1:
                    raise ImageError("it is encrypted")
                if item.file_size > most_bytes:
                    raise ImageError(f"it claims {item.file_size:,} bytes, at most {most_bytes:,} are read")
                with archive.open(item) as file:
                    # The header may lie about the size; no more than this is ever unpacked.
                    return file.read(most_bytes)

            total = sum(item.file_size for item in members.values())
            if total > MOST_UNPACKED:
                raise DatasetError(
                    f"{shown} unpacks to {total / 1e9:,.1f} GB; at most {MOST_UNPACKED / 1e9:.0f} GB are read."
                )
            yield {name: partial(read, members[name]) for name in sorted(members)}
    except FileNotFoundError:
        raise DatasetError(f"There is no file at {source}.") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, NotImplementedError, UnicodeError) as error:
        raise DatasetError(f"{shown} cannot be opened as a zip: {error}.") from error


def why_unreadable(name: str, error: Exception) -> str:
    """A picture's name, without what could act in a terminal or a spreadsheet, and why it could not be read.

    Decoders and unpackers raise what they like; ``zlib.error`` and its like share no base with the others.
    """
    told = isinstance(
        error,
        (
            ImageError,
            zipfile.BadZipFile,
            OSError,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ),
    )
    return f"{name!r}: {(str(error) if told else '') or type(error).__name__}"[:300]
