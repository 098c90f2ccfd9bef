"""The wanted columns of a CSV file, line by line, where a bad line never costs a good one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fer_core.errors import DatasetError

# The longest honest row is about 9.3 kB; a longer line is a bad row, not a reason to fill the memory.
_LONGEST_LINE: Final = 1_000_000


@dataclass(frozen=True)
class BadRow:
    """A row set aside: its line in the file (line 1 is the header) and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class Entry:
    """A line: its number in the file, its row counted from 0, and the wanted columns."""

    line: int
    row: int
    values: tuple[bytes, ...]


class CsvTable:
    """The wanted columns of a CSV file, line by line; lines of another shape are set aside.

    Lines are taken one by one, not by the csv module, so that a quote somebody forgot to close costs its own line
    and not all that follow; the csv module only takes apart a line that has quotes in it.
    """

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns
        self.misshapen: list[BadRow] = []

    def __enter__(self) -> CsvTable:
        try:
            self._file = self._path.open("rb", buffering=1 << 20)
        except FileNotFoundError:
            raise DatasetError(f"There is no file at {self._path}.") from None
        except OSError as error:
            raise DatasetError(f"{self._path} cannot be opened: {error.strerror}.") from error
        try:
            self._size = max(self._path.stat().st_size, 1)
            header = self._header()
        except BaseException:
            self._file.close()
            raise
        self._width = len(header)
        self._positions = [header.index(name) for name in self._columns]
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def share_read(self) -> float:
        """How much of the file has been read, in [0, 1]."""
        return min(1.0, self._file.tell() / self._size)

    def _header(self) -> list[str]:
        # A spreadsheet's byte-order mark would become part of the first column's name.
        raw = self._file.readline(_LONGEST_LINE).removeprefix(b"\xef\xbb\xbf")
        try:
            header = [name.strip() for name in next(csv.reader([raw.decode("utf-8")]), [])]
        except (UnicodeDecodeError, csv.Error) as error:
            raise DatasetError(f"{self._path.name} is not a UTF-8 text file.") from error
        missing = [name for name in self._columns if name not in header]
        if missing:
            raise DatasetError(
                f"{self._path.name} has no column {', '.join(missing)}; expected {', '.join(self._columns)}."
            )
        twice = [name for name in self._columns if header.count(name) > 1]
        if twice:
            raise DatasetError(f"{self._path.name} names the column {', '.join(twice)} twice.")
        return header

    def __iter__(self) -> Iterator[Entry]:
        row, line = 0, 1
        while raw := self._file.readline(_LONGEST_LINE):
            line += 1
            fields = self._fields(raw, line)
            if fields == []:  # a blank line is no row
                continue
            if fields is not None:
                yield Entry(line, row, tuple(fields[at] for at in self._positions))
            row += 1

    def _fields(self, raw: bytes, line: int) -> list[bytes] | None:
        """A line's fields; none at all for a blank line; None for one that was set aside."""
        if len(raw) == _LONGEST_LINE and not raw.endswith(b"\n"):
            while (rest := self._file.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            self.misshapen.append(BadRow(line, f"longer than {_LONGEST_LINE:,} bytes"))
            return None
        raw = raw.rstrip(b"\r\n")
        if not raw:
            return []
        if b'"' in raw:
            try:
                fields = [field.encode() for field in next(csv.reader([raw.decode("utf-8")], strict=True))]
            except (UnicodeDecodeError, csv.Error, StopIteration):
                self.misshapen.append(BadRow(line, "quotes that do not close, or text that is not UTF-8"))
                return None
        else:
            fields = raw.split(b",")
        if len(fields) != self._width:
            self.misshapen.append(BadRow(line, f"expected {self._width} columns, got {len(fields)}"))
            return None
        return fields
