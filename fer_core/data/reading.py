"""Read FER-2013 CSV files and FER+ votes: vectorised, and a bad row never costs a good one."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from fer_core.errors import DatasetError
from fer_core.labels import FER2013_LABELS, FERPLUS_COLUMNS

USAGES: Final = ("Training", "PublicTest", "PrivateTest")
SIDE: Final = 48
_PIXELS: Final = SIDE * SIDE
_COLUMNS: Final = ("emotion", "pixels", "Usage")
_CHUNK: Final = 2_000
# The longest honest row is about 9.3 kB; a longer field is a bad row, not a reason to fill the memory.
_LONGEST_FIELD: Final = 20_000_000


@dataclass(frozen=True)
class BadRow:
    """A row set aside: its line in the file (line 1 is the header) and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class FerDataset:
    """The usable rows of a FER-2013 file.

    Attributes:
        pixels: (N, 48, 48) uint8 grey values.
        emotion: (N,) uint8, FER-2013 tags 0..6 (positions in FER2013_LABELS).
        usage: (N,) str, one of USAGES.
        row: (N,) int64, the row's number in the file, counted from 0 and bad rows included: what joins votes
            and names a row in a stored evaluation.
        votes: (N, 10) uint8 FER+ votes in the order of FERPLUS_COLUMNS, or None.
        bad_rows: what was set aside.
    """

    pixels: npt.NDArray[np.uint8]
    emotion: npt.NDArray[np.uint8]
    usage: npt.NDArray[np.str_]
    row: npt.NDArray[np.int64]
    votes: npt.NDArray[np.uint8] | None = None
    bad_rows: tuple[BadRow, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        n = len(self.emotion)
        if self.pixels.shape != (n, SIDE, SIDE) or self.pixels.dtype != np.uint8:
            raise ValueError(
                f"Expected uint8 pixels of shape ({n}, {SIDE}, {SIDE}), got {self.pixels.dtype} {self.pixels.shape}."
            )
        for name, length in (("usage", len(self.usage)), ("row", len(self.row))):
            if length != n:
                raise ValueError(f"Expected {n} entries in {name}, got {length}.")
        if self.votes is not None and self.votes.shape != (n, len(FERPLUS_COLUMNS)):
            raise ValueError(
                f"Expected votes of shape ({n}, {len(FERPLUS_COLUMNS)}), got {self.votes.shape}."
            )

    def __len__(self) -> int:
        return len(self.emotion)


def read_csv(path: Path) -> FerDataset:
    """Read a CSV with the columns emotion, pixels (2,304 grey values, separated by spaces) and Usage.

    A malformed row (wrong number of pixels, a value outside 0..255, an unknown tag or Usage, a wrong number of
    columns) is set aside in ``bad_rows``; all others load. Columns may stand in any order.

    Raises:
        DatasetError: the file is missing or not text, a column is missing or named twice, or no row is usable.
    """
    emotions: list[npt.NDArray[np.uint8]] = []
    usages: list[npt.NDArray[np.str_]] = []
    pixels: list[npt.NDArray[np.uint8]] = []
    rows: list[npt.NDArray[np.int64]] = []
    bad: list[BadRow] = []
    with _Table(path, _COLUMNS) as table:
        entries = iter(table)
        while chunk := list(islice(entries, _CHUNK)):
            good = [entry for entry in chunk if _check_tags(entry, bad)]
            faces, kept = _parse_pixels(good, bad)
            if not kept:
                continue
            pixels.append(faces)
            emotions.append(np.array([int(entry.values[0]) for entry in kept], dtype=np.uint8))
            usages.append(np.array([entry.values[2].strip() for entry in kept]))
            rows.append(np.array([entry.row for entry in kept], dtype=np.int64))
        bad.extend(table.misshapen)
    bad.sort(key=lambda item: item.line)
    if not rows:
        first = f" The first: line {bad[0].line}, {bad[0].reason}." if bad else ""
        raise DatasetError(f"{path.name} holds no usable row ({len(bad)} were set aside).{first}")
    return FerDataset(
        pixels=np.concatenate(pixels),
        emotion=np.concatenate(emotions),
        usage=np.concatenate(usages),
        row=np.concatenate(rows),
        bad_rows=tuple(bad),
    )


def join_votes(dataset: FerDataset, path: Path) -> FerDataset:
    """Join a FER+ votes file (``fer2013new.csv``) by row number.

    Raises:
        DatasetError: the file is missing or damaged, has no votes for a row, or names another Usage for it.
    """
    votes: list[list[int]] = []
    usages: list[str] = []
    with _Table(path, ("Usage", *FERPLUS_COLUMNS)) as table:
        for entry in table:
            try:
                counts = [int(value) for value in entry.values[1:]]
            except ValueError:
                raise DatasetError(
                    f"{path.name}, line {entry.line}: expected ten whole numbers of votes."
                ) from None
            if not all(0 <= count <= 255 for count in counts):
                raise DatasetError(f"{path.name}, line {entry.line}: expected votes in 0..255, got {counts}.")
            votes.append(counts)
            usages.append(entry.values[0].strip())
        if table.misshapen:
            first = table.misshapen[0]
            raise DatasetError(f"{path.name}, line {first.line}: {first.reason}.")
    last = int(dataset.row.max())
    if last >= len(votes):
        raise DatasetError(
            f"{path.name} has votes for {len(votes):,} rows, but the data set has a row number {last:,}. "
            "Take the votes file that belongs to this data set."
        )
    theirs = np.array(usages)[dataset.row]
    differing = np.flatnonzero(theirs != dataset.usage)
    if len(differing):
        at = differing[0]
        raise DatasetError(
            f"{path.name} gives Usage {str(theirs[at])!r} for row {dataset.row[at]}, the data set says "
            f"{str(dataset.usage[at])!r}. Take the votes file that belongs to this data set."
        )
    return FerDataset(
        pixels=dataset.pixels,
        emotion=dataset.emotion,
        usage=dataset.usage,
        row=dataset.row,
        votes=np.array(votes, dtype=np.uint8)[dataset.row],
        bad_rows=dataset.bad_rows,
    )


@dataclass(frozen=True)
class _Entry:
    line: int
    row: int
    values: tuple[str, ...]


class _Table:
    """The wanted columns of a CSV file, entry by entry; rows with too few or too many fields are set aside."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns
        self.misshapen: list[BadRow] = []

    def __enter__(self) -> _Table:
        csv.field_size_limit(_LONGEST_FIELD)
        try:
            # utf-8-sig: spreadsheets write a byte-order mark that would become part of the first column's name.
            self._file = self._path.open(encoding="utf-8-sig", newline="")
        except FileNotFoundError:
            raise DatasetError(f"There is no file at {self._path}.") from None
        except OSError as error:
            raise DatasetError(f"{self._path} cannot be opened: {error.strerror}.") from error
        try:
            self._reader = csv.reader(self._file)
            header = [name.strip() for name in self._next() or []]
            missing = [name for name in self._columns if name not in header]
            if missing:
                raise DatasetError(
                    f"{self._path.name} has no column {', '.join(missing)}; expected {', '.join(self._columns)}."
                )
            twice = [name for name in self._columns if header.count(name) > 1]
            if twice:
                raise DatasetError(f"{self._path.name} names the column {', '.join(twice)} twice.")
        except BaseException:
            self._file.close()
            raise
        self._width = len(header)
        self._positions = [header.index(name) for name in self._columns]
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[_Entry]:
        row = 0
        while True:
            line = self._reader.line_num + 1
            fields = self._next()
            if fields is None:
                return
            if not fields:  # a blank line is no row
                continue
            if len(fields) == self._width:
                yield _Entry(line, row, tuple(fields[at] for at in self._positions))
            else:
                self.misshapen.append(BadRow(line, f"expected {self._width} columns, got {len(fields)}"))
            row += 1

    def _next(self) -> list[str] | None:
        try:
            return next(self._reader, None)
        except UnicodeDecodeError as error:
            raise DatasetError(f"{self._path.name} is not a UTF-8 text file.") from error
        except csv.Error as error:
            raise DatasetError(f"{self._path.name}, line {self._reader.line_num}: {error}.") from error


def _check_tags(entry: _Entry, bad: list[BadRow]) -> bool:
    tag, _, usage = (value.strip() for value in entry.values)
    if not (tag.isascii() and tag.isdigit() and int(tag[:4]) < len(FER2013_LABELS)):
        bad.append(BadRow(entry.line, f"unknown tag {tag[:20]!r}, expected 0 to {len(FER2013_LABELS) - 1}"))
        return False
    if usage not in USAGES:
        bad.append(BadRow(entry.line, f"unknown Usage {usage[:20]!r}, expected one of {', '.join(USAGES)}"))
        return False
    return True


def _parse_pixels(entries: list[_Entry], bad: list[BadRow]) -> tuple[npt.NDArray[np.uint8], list[_Entry]]:
    """All rows at once; only when that fails, row by row, to find the bad ones."""
    texts = [entry.values[1] for entry in entries]
    values = _numbers(" ".join(texts))
    # The count alone could hide a short row beside a long one, so each row's separators are counted as well.
    if (
        values is not None
        and len(values) == _PIXELS * len(texts)
        and all(text.count(" ") == _PIXELS - 1 for text in texts)
        and (len(values) == 0 or (values.min() >= 0 and values.max() <= 255))
    ):
        return values.astype(np.uint8).reshape(-1, SIDE, SIDE), entries
    faces: list[npt.NDArray[np.uint8]] = []
    kept: list[_Entry] = []
    for entry in entries:
        values = _numbers(entry.values[1])
        if values is None:
            bad.append(BadRow(entry.line, "pixels that are not whole numbers"))
        elif len(values) != _PIXELS:
            bad.append(BadRow(entry.line, f"expected {_PIXELS:,} pixels, got {len(values):,}"))
        elif values.min() < 0 or values.max() > 255:
            bad.append(
                BadRow(entry.line, f"pixel values {values.min()} to {values.max()}, expected 0 to 255")
            )
        else:
            faces.append(values.astype(np.uint8).reshape(SIDE, SIDE))
            kept.append(entry)
    return np.array(faces, dtype=np.uint8).reshape(-1, SIDE, SIDE), kept


def _numbers(text: str) -> npt.NDArray[np.int64] | None:
    """Whole numbers separated by spaces, or None where something else stands among them."""
    if not text.strip():
        return np.empty(0, dtype=np.int64)
    with warnings.catch_warnings():
        # NumPy deprecates, and so only warns of, text it could not parse to its end.
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, dtype=np.int64, sep=" ")
        except (ValueError, DeprecationWarning, OverflowError):
            return None
