"""Read FER-2013 as folders of pictures: ``train/<class>/*.jpg`` and ``test/<class>/*.jpg``, also as a zip.

That is how the common re-issue lays it out. Nothing is ever unpacked to disk, so a name inside a zip cannot reach
outside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import cv2
import numpy as np

from fer_core.data.csv_table import BadRow
from fer_core.data.picture_files import Files, class_of, folder_files, why_unreadable, zip_files
from fer_core.data.reading import SIDE, FerDataset, Progress
from fer_core.errors import DatasetError
from fer_core.preprocessing import load_image, to_gray

#: Folder of a split -> Usage.
_SPLITS: Final = {
    "train": "Training", "training": "Training", "test": "PublicTest", "publictest": "PublicTest",
    "val": "PublicTest", "validation": "PublicTest", "privatetest": "PrivateTest",
}  # fmt: skip

_MOST_FILES: Final = 200_000
#: A face of 48 x 48 pixels has some 2 kB; a larger file is no such face, or a bomb.
_MOST_BYTES: Final = 5_000_000
_MOST_PIXELS: Final = 4_000_000


@dataclass(frozen=True)
class _Picture:
    name: str
    emotion: int
    usage: str
    read: Callable[[], bytes]


def read_folder(path: Path, progress: Progress | None = None) -> FerDataset:
    """Read a folder of class folders; the rows stand in the order of their sorted paths.

    Pictures of another size are scaled to 48 x 48. What cannot be read is set aside: its ``line`` is its place in
    that order, counted from 1.

    Raises:
        DatasetError: no such folder, no class folders in it, or no usable picture.
    """
    return _read(folder_files(path, _MOST_BYTES), path.name, progress)


def read_zip(path: Path, progress: Progress | None = None) -> FerDataset:
    """Read a zip of such a folder; as ``read_folder``.

    Raises:
        DatasetError: no zip, damaged, no class folders in it, or no usable picture.
    """
    with zip_files(path, path.name, _MOST_BYTES) as files:
        return _read(files, path.name, progress)


def _read(files: Files, source: str, progress: Progress | None) -> FerDataset:
    pictures = list(_recognised(files))
    if not pictures:
        raise DatasetError(
            f"{source} holds no class folders; expected pictures such as train/happy/1.jpg and test/sad/2.jpg."
        )
    if len(pictures) > _MOST_FILES:
        raise DatasetError(f"{source} holds {len(pictures):,} pictures; at most {_MOST_FILES:,} are read.")
    pixels = np.empty((len(pictures), SIDE, SIDE), dtype=np.uint8)
    usable = np.zeros(len(pictures), dtype=bool)
    bad: list[BadRow] = []
    for at, picture in enumerate(pictures):
        try:
            pixels[at] = _face(picture.read())
            usable[at] = True
        except Exception as error:  # noqa: BLE001 - see why_unreadable
            bad.append(BadRow(at + 1, why_unreadable(picture.name, error)))
        if progress is not None and (at % 500 == 0 or at + 1 == len(pictures)):
            progress((at + 1) / len(pictures))
    if not usable.any():
        raise DatasetError(f"{source} holds no usable picture. The first: {bad[0].reason}")
    return FerDataset(
        pixels=pixels[usable],
        emotion=np.array([picture.emotion for picture in pictures], dtype=np.uint8)[usable],
        usage=np.array([picture.usage for picture in pictures])[usable],
        row=np.flatnonzero(usable).astype(np.int64),
        bad_rows=tuple(bad),
    )


def _recognised(files: Files) -> Iterator[_Picture]:
    """The names whose last two folders are a split and a class; everything else is not part of the data set."""
    for name, read in files.items():
        parts = PurePosixPath(name.replace("\\", "/")).parts
        split, tag = _SPLITS.get(parts[-3].lower()) if len(parts) > 2 else None, class_of(name)
        if split is not None and tag is not None:
            yield _Picture(name, tag, split, read)


def _face(content: bytes) -> np.ndarray:
    gray = to_gray(load_image(content, most_pixels=_MOST_PIXELS))
    if gray.shape == (SIDE, SIDE):
        return gray
    how = cv2.INTER_AREA if min(gray.shape) > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(gray, (SIDE, SIDE), interpolation=how), dtype=np.uint8)
