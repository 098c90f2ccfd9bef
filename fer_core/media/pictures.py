"""Pictures and zips of pictures to the expressions of the faces in them; one that cannot be read costs no other."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO, Final

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from fer_core.data.picture_files import why_unreadable, zip_files
from fer_core.errors import DatasetError, ImageError
from fer_core.labels import LABELS
from fer_core.preprocessing import load_image
from fer_core.spreadsheet import csv_bytes
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.annotation import Annotation, annotate
from fer_core.vision.faces import FaceReading

#: What counts as a picture within a zip; a file given by itself is opened whatever it is called.
ENDINGS: Final = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")

#: Bounds of one go: pictures, bytes of one, and bytes of all together, which are kept until the next go.
MOST_PICTURES: Final = 500
MOST_BYTES: Final = 50_000_000
MOST_BYTES_IN_ALL: Final = 400_000_000

#: Longest side of what a page shows, pixels.
SHOWN: Final = 1280

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_JPEG_QUALITY: Final = 92
#: Longest side of a JPEG file, pixels.
_JPEG_SIDE: Final = 65_500


@dataclass(frozen=True)
class ReadPicture:
    """A picture and what was read in it.

    Attributes:
        name: as it was given, with its zip before it.
        content: the file's own bytes, empty where there is an error.
        width, height: pixels after EXIF rotation; 0 where there is an error.
        readings: its faces, largest first.
        error: why it could not be read, a sentence; "" where it could.
    """

    name: str
    content: bytes = field(default=b"", repr=False)
    width: int = 0
    height: int = 0
    readings: tuple[FaceReading, ...] = ()
    error: str = ""

    def __post_init__(self) -> None:
        if bool(self.error) == bool(self.content):
            raise ValueError(f"Expected either a picture or an error for {self.name!r}.")

    def annotated(self, longest: int | None = None) -> npt.NDArray[np.uint8]:
        """The picture, uint8 (H, W, 3), blue first, with every face framed and named.

        Args:
            longest: shrink it to this longest side before drawing, pixels; None keeps its size.
        """
        picture = load_image(self.content)
        scale = min(1.0, (longest or max(self.width, self.height)) / max(self.width, self.height))
        if scale < 1:
            size = max(1, round(self.width * scale)), max(1, round(self.height * scale))
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        drawn = [Annotation.of(reading) for reading in self.readings]
        return annotate(picture, [each.scaled(scale) for each in drawn])

    def annotated_jpeg(self) -> bytes:
        """The same as a JPEG file, at its own size where such a file can have it."""
        done, encoded = cv2.imencode(
            ".jpg", self.annotated(_JPEG_SIDE), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        )
        assert done, "OpenCV writes every uint8 picture of such a size"
        return encoded.tobytes()


def read_pictures(
    uploads: Sequence[tuple[str, BinaryIO]],
    analyzer: ExpressionAnalyzer,
    progress: Callable[[float], None] | None = None,
) -> tuple[ReadPicture, ...]:
    """Read the faces of pictures, one after the other.

    Args:
        uploads: names and open files: pictures, and zips of them at any depth of folders (a zip within a zip is not
            opened).
        analyzer: finds and reads the faces.
        progress: told the share of the pictures that is done.

    Returns:
        One for each picture in the order given, a zip's by name. What cannot be read carries its sentence; so does the
        zip itself, and whatever exceeds MOST_PICTURES or MOST_BYTES_IN_ALL.
    """
    done: list[ReadPicture] = []
    pictures = kept = 0
    for at, (name, file) in enumerate(uploads):
        for share, picture_name, read in _files(name, file):
            if isinstance(read, str):
                done.append(ReadPicture(picture_name, error=read))
                continue
            if pictures == MOST_PICTURES:
                done.append(
                    ReadPicture(
                        picture_name,
                        error=f"At most {MOST_PICTURES} pictures are read at once; this is the first left out.",
                    )
                )
                return tuple(done)
            pictures += 1
            result = _read(picture_name, read, analyzer, MOST_BYTES_IN_ALL - kept)
            kept += len(result.content)
            done.append(result)
            if progress is not None:
                progress((at + share) / len(uploads))
    return tuple(done)


def faces_csv(pictures: Sequence[ReadPicture]) -> bytes:
    """A row a face, and one for each picture without a face or with an error; boxes in pixels after EXIF rotation."""
    rows = []
    for picture in pictures:
        for number, reading in enumerate(picture.readings or (None,), start=1):
            row: dict[str, object] = {
                "file": picture.name,
                "width": picture.width or None,
                "height": picture.height or None,
                "error": picture.error or None,
                "face": None if reading is None else number,
            }
            if reading is not None:
                box = reading.box
                row |= {
                    name: round(value, 1)
                    for name, value in zip("xywh", (box.x, box.y, box.w, box.h), strict=True)
                }
                row |= {"score": round(reading.score, 4), "label": reading.label}
                row |= {"confidence": round(reading.confidence, 4)}
                row |= {label: round(reading.probabilities[label], 4) for label in LABELS}
            rows.append(row)
    columns = ["file", "width", "height", "error", "face", *"xywh", "score", "label", "confidence", *LABELS]
    table = pd.DataFrame(rows, columns=columns)
    whole = ["width", "height", "face"]
    return csv_bytes(table.astype(dict.fromkeys(whole, "Int64")))


def annotated_zip(pictures: Sequence[ReadPicture], progress: Callable[[float], None] | None = None) -> bytes:
    """Every picture that could be read, annotated, as JPEG files in a zip; equal names get a number."""
    buffer = io.BytesIO()
    taken: set[str] = set()
    good = [picture for picture in pictures if not picture.error]
    # A JPEG does not shrink any further.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for at, picture in enumerate(good, start=1):
            archive.writestr(
                _free_name(PurePosixPath(_safe(picture.name)).stem, taken), picture.annotated_jpeg()
            )
            if progress is not None:
                progress(at / len(good))
    return buffer.getvalue()


def _files(name: str, file: BinaryIO) -> Iterator[tuple[float, str, bytes | str | Callable[[], bytes]]]:
    """Of an upload: (share of it that is done with this one, name, content or how to get it, or why there is none)."""
    file.seek(0)
    beginning = file.read(4)
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if beginning not in _ZIP:
        if size > MOST_BYTES:
            yield 1.0, name, f"{name} has {size / 1e6:.0f} MB; at most {MOST_BYTES / 1e6:.0f} MB are opened."
        else:
            yield 1.0, name, file.read()
        return
    try:
        with zip_files(file, name, MOST_BYTES) as files:
            wanted = [each for each in files if _is_picture(each)]
            if not wanted:
                yield 1.0, name, f"{name} holds no picture ({', '.join(ENDINGS)})."
            for at, each in enumerate(wanted, start=1):
                yield at / len(wanted), f"{name}/{each}", files[each]
    except DatasetError as error:
        yield 1.0, name, str(error)


def _is_picture(name: str) -> bool:
    last = PurePosixPath(name.replace("\\", "/")).name
    # A Mac adds a hidden file beside each picture it packs.
    return last.lower().endswith(ENDINGS) and not last.startswith(".")


def _read(
    name: str, content: bytes | Callable[[], bytes], analyzer: ExpressionAnalyzer, room: int
) -> ReadPicture:
    shown = name.encode("utf-8", "replace").decode("utf-8")
    try:
        given = content if isinstance(content, bytes) else content()
        if len(given) > room:
            raise ImageError(f"there is room for {MOST_BYTES_IN_ALL / 1e6:.0f} MB of pictures at once")
        picture = load_image(given)
        readings = analyzer.analyze(picture)
    except Exception as error:  # noqa: BLE001 - see why_unreadable
        return ReadPicture(shown, error=why_unreadable(shown, error))
    return ReadPicture(shown, given, picture.shape[1], picture.shape[0], readings)


def _free_name(stem: str, taken: set[str]) -> str:
    name, number = f"{stem or 'picture'}.jpg", 1
    while name.lower() in taken:
        number += 1
        name = f"{stem or 'picture'}-{number}.jpg"
    taken.add(name.lower())
    return name


def _safe(name: str) -> str:
    """A name that no program that unpacks takes for a path or a command."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign if sign.isalnum() or sign in " -_.()" else "_" for sign in last)[-100:].lstrip(".- ")
