"""Read FER-2013 CSV files and FER+ votes: vectorised, and a bad row never costs a good one."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fer_core.data.csv_table import BadRow, CsvTable, Entry
from fer_core.errors import DatasetError
from fer_core.labels import FER2013_LABELS, FERPLUS_COLUMNS

USAGES: Final = ("Training", "PublicTest", "PrivateTest")
SIDE: Final = 48
_PIXELS: Final = SIDE * SIDE
_COLUMNS: Final = ("emotion", "pixels", "Usage")
#: A file with more unusable rows is not FER-2013, and each costs memory.
_MOST_BAD: Final = 500_000
_CHUNK: Final = 2_000
#: Rows whose texts are parsed at once: few enough for a processor's cache, many enough to forget NumPy's calls.
_PIECE: Final = 64
_THREADS: Final = min(4, os.cpu_count() or 1)
_TAGS: Final = {str(tag).encode() for tag in range(len(FER2013_LABELS))}
_USAGES: Final = {usage.encode() for usage in USAGES}

#: Told the share of the work that is done, in [0, 1].
Progress = Callable[[float], None]


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

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name these rows: their numbers, labels, splits and pixels, not their file."""
        parts = (self.row.astype("<i8"), self.emotion, self.usage.astype("<U11"), self.pixels)
        return _digest(*parts)

    @cached_property
    def identity(self) -> str:
        """The fingerprint, and what names the votes: two data sets of one identity give the same findings."""
        return self.fingerprint if self.votes is None else f"{self.fingerprint}-{_digest(self.votes)}"


def _digest(*parts: npt.NDArray[Any]) -> str:
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        # An array of texts offers no plain buffer; its bytes viewed as numbers do.
        whole.update(np.ascontiguousarray(part).view(np.uint8).data)
    return whole.hexdigest()


def read_csv(path: Path, progress: Progress | None = None) -> FerDataset:
    """Read a CSV with the columns emotion, pixels (2,304 grey values, separated by spaces) and Usage.

    A malformed row (wrong number of pixels, a value outside 0..255, an unknown tag or Usage, a wrong number of
    columns, text that is not UTF-8) is set aside in ``bad_rows``; all others load. A row is one line. Columns may
    stand in any order.

    Args:
        path: the file.
        progress: is told the share of the file that has been read, in [0, 1].

    Raises:
        DatasetError: the file is missing or not text, a column is missing or named twice, or no row is usable.
    """
    emotions: list[npt.NDArray[np.uint8]] = []
    usages: list[npt.NDArray[np.str_]] = []
    pixels: list[npt.NDArray[np.uint8]] = []
    rows: list[npt.NDArray[np.int64]] = []
    bad: list[BadRow] = []
    with CsvTable(path, _COLUMNS) as table:
        for faces, kept, refused in _parsed_chunks(iter(table)):
            bad.extend(refused)
            if len(bad) + len(table.misshapen) > _MOST_BAD:
                raise DatasetError(
                    f"More than {_MOST_BAD:,} rows of {path.name} are unusable. The first: line {bad[0].line}, "
                    f"{bad[0].reason}."
                    if bad
                    else f"More than {_MOST_BAD:,} rows of {path.name} are unusable."
                )
            if progress is not None:
                progress(table.share_read)
            if not kept:
                continue
            pixels.append(faces)
            emotions.append(np.array([int(entry.values[0]) for entry in kept], dtype=np.uint8))
            usages.append(np.array([entry.values[2].strip().decode("ascii") for entry in kept]))
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
    with CsvTable(path, ("Usage", *FERPLUS_COLUMNS)) as table:
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
            usages.append(entry.values[0].strip().decode("utf-8", errors="replace"))
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


#: Faces (N, 48, 48) uint8, the N rows they belong to, and what was set aside.
_Parsed = tuple[npt.NDArray[np.uint8], list[Entry], list[BadRow]]


def _check_tags(entry: Entry, bad: list[BadRow]) -> bool:
    tag, _, usage = (value.strip() for value in entry.values)
    if tag not in _TAGS:
        bad.append(BadRow(entry.line, f"unknown tag {_shown(tag)}, expected 0 to {len(FER2013_LABELS) - 1}"))
        return False
    if usage not in _USAGES:
        bad.append(BadRow(entry.line, f"unknown Usage {_shown(usage)}, expected one of {', '.join(USAGES)}"))
        return False
    return True


def _shown(value: bytes) -> str:
    return repr(value[:20].decode("utf-8", errors="replace"))


def _parsed_chunks(entries: Iterator[Entry]) -> Iterator[_Parsed]:
    """The rows of a table, a chunk at a time and in order, while the next chunks are being parsed.

    NumPy lets other threads work while it counts, so threads are enough and nothing is copied to processes.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        under_way: deque[Future[_Parsed]] = deque()
        while chunk := list(islice(entries, _CHUNK)):
            under_way.append(pool.submit(_parse, chunk))
            # No further ahead than the threads are many, so that memory does not grow with the file.
            if len(under_way) > _THREADS:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _parse(chunk: list[Entry]) -> _Parsed:
    """All rows at once; only where that fails, row by row, to find the bad ones."""
    bad: list[BadRow] = []
    entries = [entry for entry in chunk if _check_tags(entry, bad)]
    faces: list[npt.NDArray[np.uint8]] = []
    kept: list[Entry] = []
    for at in range(0, len(entries), _PIECE):
        piece = entries[at : at + _PIECE]
        texts = [entry.values[1].strip() for entry in piece]
        values = _pixels(texts)
        if values is not None:
            faces.append(values)
            kept += piece
            continue
        for entry, text in zip(piece, texts, strict=True):
            reason, face = _one_face(text)
            if face is None:
                bad.append(BadRow(entry.line, reason))
            else:
                faces.append(face)
                kept.append(entry)
    joined = np.concatenate(faces) if faces else np.empty((0, SIDE, SIDE), dtype=np.uint8)
    return joined, kept, bad


def _one_face(text: bytes) -> tuple[str, npt.NDArray[np.uint8] | None]:
    """A row that may have more than one space between its numbers, or what is wrong with it."""
    words = text.split()
    numbers = _numbers(b" ".join(words))
    if words and numbers is None:
        return "pixels that are not whole numbers from 0 to 255", None
    if numbers is None or len(words) != _PIXELS:
        return f"expected {_PIXELS:,} pixels, got {len(words):,}", None
    highest = int(numbers[0].max())
    if highest > 255:
        return f"a pixel value of {highest}, expected 0 to 255", None
    return "", numbers[0].astype(np.uint8).reshape(1, SIDE, SIDE)


def _pixels(texts: list[bytes]) -> npt.NDArray[np.uint8] | None:
    """(len(texts), 48, 48) pixels, or None where a row is not 2,304 values a space apart."""
    numbers = _numbers(b" ".join(texts))
    if numbers is None or len(numbers[0]) != _PIXELS * len(texts) or numbers[0].max() > 255:
        return None
    values, ends = numbers
    # The count alone could hide a short row beside a long one, so each row must end where its text does.
    if (ends[_PIXELS - 1 :: _PIXELS] != np.cumsum([len(text) + 1 for text in texts]) - 1).any():
        return None
    return values.astype(np.uint8).reshape(-1, SIDE, SIDE)


def _numbers(text: bytes) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64]] | None:
    """Whole numbers of one to three digits, a space apart, and where each ends; None for anything else.

    The three bytes before every space are weighed, for all numbers at once: several times as fast as
    ``numpy.fromstring`` (benchmarks/csv.py).
    """
    # Three bytes before, so that the first number has neighbours to look at, and a space after the last.
    padded = np.frombuffer(b"   " + text + b" ", dtype=np.uint8)
    ends = np.flatnonzero(padded == 32)[2:]
    lengths = np.diff(ends)
    if lengths.min() < 2 or lengths.max() > 4:
        return None
    ends, lengths = ends[1:], lengths.astype(np.uint8)
    # Anything but a digit wraps round to 10 and more.
    digit = padded - np.uint8(48)
    ones, tens, hundreds = (digit.take(ends - back) for back in (1, 2, 3))
    # Where a number is shorter, those places belong to the space and the number before it.
    tens *= lengths > 2
    hundreds *= lengths > 3
    if max(ones.max(), tens.max(), hundreds.max()) > 9:
        return None
    values = hundreds * np.uint16(100)
    values += tens * np.uint8(10)
    values += ones
    return values, ends - 3
