"""Read FER-2013 as folders of pictures: ``train/<class>/*.jpg`` and ``test/<class>/*.jpg``, also as a zip.

That is how the common re-issue lays it out. Nothing is ever unpacked to disk, so a name inside a zip cannot reach
outside it.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

import cv2
import numpy as np

from fer_core.data.csv_table import BadRow
from fer_core.data.reading import SIDE, FerDataset, Progress
from fer_core.errors import DatasetError, ImageError
from fer_core.labels import FER2013_LABELS
from fer_core.preprocessing import load_image, to_gray

#: Folder of a split -> Usage.
_SPLITS: Final = {
    "train": "Training", "training": "Training", "test": "PublicTest", "publictest": "PublicTest",
    "val": "PublicTest", "validation": "PublicTest", "privatetest": "PrivateTest",
}  # fmt: skip

#: Folder of a class -> FER-2013 label, beside the labels themselves.
_CLASSES: Final = {label: label for label in FER2013_LABELS} | {
    "anger": "angry", "disgusted": "disgust", "fearful": "fear", "happiness": "happy", "sadness": "sad",
    "surprised": "surprise",
}  # fmt: skip

_ENDINGS: Final = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
_MOST_FILES: Final = 200_000
#: A face of 48 x 48 pixels has some 2 kB; a larger file is no such face, or a bomb.
_MOST_BYTES: Final = 5_000_000
_MOST_PIXELS: Final = 4_000_000
#: What all pictures of a zip may have together once unpacked, bytes.
_MOST_UNPACKED: Final = 2_000_000_000


@dataclass(frozen=True)
class _Picture:
    name: str
    emotion: int
    usage: str
    read: Callable[[], bytes]

    @property
    def shown(self) -> str:
        """The name without what could act in a terminal or a spreadsheet."""
        return repr(self.name)


def read_folder(path: Path, progress: Progress | None = None) -> FerDataset:
    """Read a folder of class folders; the rows stand in the order of their sorted paths.

    Pictures of another size are scaled to 48 x 48. What cannot be read is set aside: its ``line`` is its place in
    that order, counted from 1.

    Raises:
        DatasetError: no such folder, no class folders in it, or no usable picture.
    """
    if not path.is_dir():
        raise DatasetError(f"There is no folder at {path}.")
    names = [
        file.relative_to(path).as_posix()
        for file in sorted(path.rglob("*"))
        if not file.is_symlink() and file.is_file()
    ]
    return _read(names, lambda name: _bounded((path / name).read_bytes), path.name, progress)


def read_zip(path: Path, progress: Progress | None = None) -> FerDataset:
    """Read a zip of such a folder; as ``read_folder``.

    Raises:
        DatasetError: no zip, damaged, no class folders in it, or no usable picture.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {
                item.filename: item
                for item in archive.infolist()
                if not item.is_dir() and not stat.S_ISLNK(item.external_attr >> 16)
            }

            def read(name: str) -> bytes:
                item = members[name]
                if item.flag_bits & 1:
                    raise ImageError("it is encrypted")
                if item.file_size > _MOST_BYTES:
                    raise ImageError(f"it claims {item.file_size:,} bytes, at most {_MOST_BYTES:,} are read")
                with archive.open(item) as file:
                    # The header may lie about the size; no more than this is ever unpacked.
                    return file.read(_MOST_BYTES)

            total = sum(item.file_size for item in members.values())
            if total > _MOST_UNPACKED:
                raise DatasetError(
                    f"{path.name} unpacks to {total / 1e9:,.1f} GB; at most {_MOST_UNPACKED / 1e9:.0f} GB are read."
                )
            return _read(sorted(members), read, path.name, progress)
    except FileNotFoundError:
        raise DatasetError(f"There is no file at {path}.") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, NotImplementedError) as error:
        raise DatasetError(f"{path.name} cannot be opened as a zip: {error}.") from error


def _bounded(read: Callable[[], bytes]) -> bytes:
    content = read()
    if len(content) > _MOST_BYTES:
        raise ImageError(f"it has {len(content):,} bytes, at most {_MOST_BYTES:,} are read")
    return content


def _read(
    names: list[str], read: Callable[[str], bytes], source: str, progress: Progress | None
) -> FerDataset:
    pictures = list(_recognised(names, read))
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
        except (
            ImageError,
            zipfile.BadZipFile,
            OSError,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            bad.append(BadRow(at + 1, f"{picture.shown}: {str(error) or type(error).__name__}"[:300]))
        except Exception as error:  # noqa: BLE001 - zlib.error and its like share no base with the ones above
            bad.append(BadRow(at + 1, f"{picture.shown}: {type(error).__name__}"))
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


def _recognised(names: list[str], read: Callable[[str], bytes]) -> Iterator[_Picture]:
    """The names whose last two folders are a split and a class; everything else is not part of the data set."""
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if len(parts) < 3 or not parts[-1].lower().endswith(_ENDINGS):
            continue
        split, label = _SPLITS.get(parts[-3].lower()), _CLASSES.get(parts[-2].lower())
        if split is not None and label is not None:
            yield _Picture(name, FER2013_LABELS.index(label), split, partial(read, name))


def _face(content: bytes) -> np.ndarray:
    gray = to_gray(load_image(content, most_pixels=_MOST_PIXELS))
    if gray.shape == (SIDE, SIDE):
        return gray
    how = cv2.INTER_AREA if min(gray.shape) > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(gray, (SIDE, SIDE), interpolation=how), dtype=np.uint8)
