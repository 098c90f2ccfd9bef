"""The folder that an archive is scored into: Parquet files in parts, and what is done when it goes on.

``faces/`` has a row a face a sampled picture, ``broken/`` a row a file that could not be read, ``files/`` a row a file. A part
of ``files/`` appears last and at once: what it names is done, and what has none is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from fer_core.archive.listing import ArchiveFile
from fer_core.archive.reading import ReadFile
from fer_core.errors import MediaError
from fer_core.file_store import write_atomically
from fer_core.labels import LABELS

FACES: Final = pa.schema(
    [
        ("file", pa.string()),
        ("kind", pa.string()),
        ("seconds", pa.float64()),
        ("face", pa.int32()),
        *((name, pa.float32()) for name in ("x", "y", "w", "h", "score")),
        ("label", pa.string()),
        ("confidence", pa.float32()),
        *((label, pa.float32()) for label in LABELS),
    ]
)
FILES: Final = pa.schema(
    [
        ("file", pa.string()),
        ("kind", pa.string()),
        ("bytes", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("pictures", pa.int32()),
        ("faces", pa.int32()),
        ("error", pa.string()),
    ]
)
BROKEN: Final = pa.schema([("file", pa.string()), ("kind", pa.string()), ("error", pa.string())])


@dataclass(frozen=True)
class ScoreSettings:
    """What the figures of a folder depend on; it holds those of one such set alone.

    Attributes:
        source: the archive.
        model: the model's name and the SHA-256 of its network.
        detector: its name.
        every: seconds between the pictures of a video that are read.
    """

    source: str
    model: str
    detector: str
    every: float


class ScoreFolder:
    """A folder of tables, on a disk that all who write see. Several may write different parts at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, settings: ScoreSettings) -> None:
        """Make it, or go on with it; what a killed run left half done is taken away.

        Raises:
            MediaError: it holds something else, or figures with other settings; it cannot be written.
        """
        known = self.path / "score.json"
        try:
            if known.exists():
                before = json.loads(known.read_text(encoding="utf-8"))
                if before != asdict(settings):
                    other = ", ".join(
                        key for key, value in asdict(settings).items() if before.get(key) != value
                    )
                    raise MediaError(f"{self.path} was scored with another {other}; name another folder.")
            elif self.path.exists() and any(self.path.iterdir()):
                raise MediaError(f"{self.path} is not empty and holds no scores; name another folder.")
            for name in ("faces", "broken", "files"):
                (self.path / name).mkdir(parents=True, exist_ok=True)
            write_atomically(known, json.dumps(asdict(settings), indent=1))
            whole = {part.name for part in (self.path / "files").glob("*.parquet")}
            for part in self.path.glob("*/*"):
                if part.name not in whole:
                    part.unlink()
        except (OSError, ValueError) as error:
            raise MediaError(f"{self.path} cannot be used: {error}.") from error

    def done(self) -> set[str]:
        """Names of the files that are scored."""
        return {
            name
            for part in (self.path / "files").glob("*.parquet")
            for name in pq.read_table(part, columns=["file"]).column("file").to_pylist()
        }

    def write(self, results: Sequence[ReadFile]) -> None:
        """A part of each table. Written again, the same files make the same part and are not doubled."""
        name = f"{part_name([each.file for each in results])}.parquet"
        faces = [_face_row(each, face) for each in results for face in each.faces]
        broken = [
            {"file": each.file.name, "kind": each.file.kind, "error": each.error}
            for each in results
            if each.error
        ]
        files = [_file_row(each) for each in results]
        # Last the one that makes them count.
        for table, schema, rows in (
            ("faces", FACES, faces),
            ("broken", BROKEN, broken),
            ("files", FILES, files),
        ):
            if rows or table == "files":
                half = self.path / table / f".{name}.half"
                pq.write_table(pa.Table.from_pylist(rows, schema), half)
                half.replace(self.path / table / name)


def part_name(files: Sequence[ArchiveFile]) -> str:
    """Of a part that holds these files."""
    return hashlib.sha256("\n".join(each.name for each in files).encode()).hexdigest()[:24]


def _face_row(read: ReadFile, face: Sequence[float | None]) -> dict[str, Any]:
    seconds, number, x, y, w, h, score, *shares = face
    best = max(range(len(LABELS)), key=lambda at: shares[at] or 0.0)
    row: dict[str, Any] = {"file": read.file.name, "kind": read.file.kind, "seconds": seconds, "face": number}
    row |= {"x": x, "y": y, "w": w, "h": h, "score": score, "label": LABELS[best], "confidence": shares[best]}
    return row | dict(zip(LABELS, shares, strict=True))


def _file_row(read: ReadFile) -> dict[str, Any]:
    file = read.file
    row: dict[str, Any] = {"file": file.name, "kind": file.kind, "bytes": file.size}
    row |= {"width": read.width, "height": read.height, "pictures": read.pictures, "faces": len(read.faces)}
    return row | {"error": read.error or None}
