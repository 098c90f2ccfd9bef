"""Files that are wrong, by accident or on purpose: each ends in rows or one sentence, within 10 s and 1 GB."""

from __future__ import annotations

import io
import json
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.settings import PROJECT_ROOT
from tests.fer_files import HEADER, line, pixel_text

GOOD = line(4).encode()
SECONDS, BYTES = 10, 1_000_000_000


def csv(*lines: bytes, header: bytes = HEADER.encode(), end: bytes = b"\n") -> bytes:
    return end.join((header, *lines)) + end


def jpeg(value: int = 90, side: int = 48) -> bytes:
    noise = np.random.default_rng(value).integers(0, 60, (side, side))
    return cv2.imencode(".jpg", (noise + value).astype(np.uint8))[1].tobytes()


def zipped(*files: tuple[str, bytes], compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compress) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return content.getvalue()


def linked() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        link = zipfile.ZipInfo("train/happy/link.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("train/sad/1.jpg", jpeg())
    return content.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its few bytes unfold to."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def lying_size() -> bytes:
    """A member whose header says 100 bytes and whose stream holds 60 MB."""
    content = bytearray(zipped(("train/happy/1.jpg", b"\0" * 60_000_000), ("train/sad/1.jpg", jpeg())))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.find(signature)
        content[at + offset : at + offset + 4] = struct.pack("<I", 100)
    return bytes(content)


def encrypted() -> bytes:
    content = bytearray(zipped(("train/happy/1.jpg", jpeg()), ("train/sad/1.jpg", jpeg(120))))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(signature) + offset] |= 1
    return bytes(content)


def row(pixels: str, tag: object = 3, usage: str = "Training") -> bytes:
    return line(tag, pixels, usage).encode()


#: name -> suffix, content, rows that are read (None: one sentence instead).
INPUTS: dict[str, tuple[str, Callable[[], bytes], int | None]] = {
    "an empty file": (".csv", lambda: b"", None),
    "a header alone": (".csv", lambda: csv(), None),
    "line ends alone": (".csv", lambda: b"\n" * 100_000, None),
    "a byte order mark": (".csv", lambda: b"\xef\xbb\xbf" + csv(GOOD), 1),
    "CRLF": (".csv", lambda: csv(GOOD, GOOD, end=b"\r\n"), 2),
    "no line end at the end": (".csv", lambda: csv(GOOD)[:-1], 1),
    "blank lines between": (".csv", lambda: csv(GOOD, b"", GOOD), 2),
    "semicolons": (".csv", lambda: csv(GOOD).replace(b",", b";"), None),
    "tabs": (".csv", lambda: csv(GOOD).replace(b",", b"\t"), None),
    "UTF-16": (".csv", lambda: csv(GOOD).decode().encode("utf-16"), None),
    "UTF-32": (".csv", lambda: csv(GOOD).decode().encode("utf-32"), None),
    "a quote nobody closes": (".csv", lambda: csv(b'3,"' + GOOD[2:], GOOD), 1),
    "quoted pixels": (".csv", lambda: csv(b'3,"' + pixel_text().encode() + b'",Training', GOOD), 2),
    "nothing but quotes": (".csv", lambda: csv(b'"' * 1_000_000, GOOD), 1),
    "a line of 10 MB": (".csv", lambda: csv(b"3," + b"7 " * 5_000_000 + b",Training", GOOD), 1),
    "a line of 300 MB": (".csv", lambda: csv(b"3," + b"7 " * 150_000_000 + b",Training", GOOD), 1),
    "one line of commas": (".csv", lambda: csv(b"," * 10_000_000, GOOD), 1),
    "NUL bytes": (".csv", lambda: csv(b"\0" * 5_000_000, GOOD), 1),
    "a NUL inside a pixel": (".csv", lambda: csv(row("1\x00 " + pixel_text(count=2303)), GOOD), 1),
    "negative pixels": (".csv", lambda: csv(row("-5 " + pixel_text(count=2303)), GOOD), 1),
    "float pixels": (".csv", lambda: csv(row("0.5 " + pixel_text(count=2303)), GOOD), 1),
    "exponents": (".csv", lambda: csv(row("1e2 " + pixel_text(count=2303)), GOOD), 1),
    "pixels above 255": (".csv", lambda: csv(row("256 " + pixel_text(count=2303)), GOOD), 1),
    "a pixel of 100,000 digits": (".csv", lambda: csv(row("9" * 100_000), GOOD), 1),
    "2,303 pixels": (".csv", lambda: csv(row(pixel_text(count=2303)), GOOD), 1),
    "2,305 pixels": (".csv", lambda: csv(row(pixel_text(count=2305)), GOOD), 1),
    "no pixels": (".csv", lambda: csv(row(""), GOOD), 1),
    "duplicate headers": (".csv", lambda: csv(GOOD, header=b"emotion,pixels,pixels,Usage"), None),
    "a header of 50,000 columns": (".csv", lambda: csv(GOOD, header=b"a," * 50_000 + HEADER.encode()), None),
    "the header again and again": (".csv", lambda: csv(*[HEADER.encode()] * 200_000, GOOD), 1),
    "300,000 bad rows": (".csv", lambda: csv(*[b"x"] * 300_000, GOOD), 1),
    "a tag that is no number": (".csv", lambda: csv(row(pixel_text(), "happy"), GOOD), 1),
    "a tag of another alphabet": (".csv", lambda: csv(row(pixel_text(), "३"), GOOD), 1),
    "an unknown Usage": (".csv", lambda: csv(row(pixel_text(), usage="Test"), GOOD), 1),
    "a PNG named CSV": (".csv", lambda: png_of(48, 48), None),
    "a zip named CSV": (".csv", lambda: zipped(("train/happy/1.jpg", jpeg())), None),
    "a formula in a cell": (".csv", lambda: csv(row("=cmd|'/c calc'!A1"), GOOD), 1),
    "random bytes": (".csv", lambda: np.random.default_rng(0).bytes(3_000_000), None),
    "an empty zip": (".zip", lambda: zipped(), None),
    "a CSV named zip": (".zip", lambda: csv(GOOD), None),
    "a cut zip": (".zip", lambda: zipped(("train/happy/1.jpg", jpeg()))[:-30], None),
    "a zip bomb": (
        ".zip",
        lambda: zipped(("train/happy/1.jpg", b"\0" * 400_000_000), ("train/sad/1.jpg", jpeg())),
        1,
    ),
    "a size that lies": (".zip", lying_size, 1),
    "a picture that unfolds to 2.5 gigapixels": (
        ".zip",
        lambda: zipped(("train/happy/1.png", png_of(50_000, 50_000)), ("train/sad/1.jpg", jpeg())),
        1,
    ),
    "100,000 empty members": (
        ".zip",
        lambda: zipped(*((f"train/happy/{at}.jpg", b"") for at in range(100_000)), compress=zipfile.ZIP_STORED),
        None,
    ),
    "names that climb": (
        ".zip",
        lambda: zipped(("../../train/happy/1.jpg", jpeg()), ("train/sad/1.jpg", jpeg(120))),
        2,
    ),
    "absolute names": (".zip", lambda: zipped(("/train/happy/1.jpg", jpeg())), 1),
    "names with backslashes": (".zip", lambda: zipped(("train\\happy\\1.jpg", jpeg())), 1),
    "links": (".zip", linked, 1),
    "a zip in a zip": (".zip", lambda: zipped(("train/happy/more.zip", zipped(("1.jpg", jpeg())))), None),
    "wrong class folders": (".zip", lambda: zipped(("train/bored/1.jpg", jpeg())), None),
    "wrong split folders": (".zip", lambda: zipped(("oven/happy/1.jpg", jpeg())), None),
    "encrypted members": (".zip", encrypted, 1),
    "text named JPEG": (".zip", lambda: zipped(("train/happy/1.jpg", b"hello"), ("train/sad/1.jpg", jpeg())), 1),
    "half a JPEG": (
        ".zip",
        lambda: zipped(("train/happy/1.jpg", jpeg()[:200]), ("train/sad/1.jpg", jpeg())),
        1,
    ),
}  # fmt: skip

READ = """
import json, re, sys, time
from pathlib import Path
from fer_core.data.sources import read_dataset
from fer_core.errors import DatasetError
for name in sys.argv[1:]:
    # Of the processor: other tests run beside this one, and what is read here waits for nothing.
    started = time.process_time()
    try:
        rows, error = len(read_dataset(Path(name))), None
    except DatasetError as wrong:
        rows, error = None, str(wrong)
    # Not ru_maxrss: that begins with the size of the process that started this one.
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    print(json.dumps([rows, error, time.process_time() - started, peak]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What reading each input gave: rows, error, seconds, peak memory of the process until then."""
    if not Path("/proc/self/status").exists():
        pytest.skip("peak memory is read from /proc, which this system lacks")
    folder = tmp_path_factory.mktemp("hostile")
    paths = []
    for at, (suffix, content, _) in enumerate(INPUTS.values()):
        path = folder / f"{at}{suffix}"
        path.write_bytes(content())
        paths.append(str(path))
    done = subprocess.run(
        [sys.executable, "-c", READ, *paths],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = dict(zip(INPUTS, map(json.loads, done.stdout.splitlines()), strict=True))
    # Reading writes nothing, wherever a name in a zip points.
    assert sorted(path.name for path in folder.iterdir()) == sorted(Path(path).name for path in paths)
    for path in paths:
        Path(path).unlink()
    return found


def test_there_are_enough_of_them() -> None:
    assert len(INPUTS) >= 40


@pytest.mark.parametrize("name", INPUTS)
def test_it_ends_in_rows_or_one_sentence_in_time_and_memory(
    name: str, outcomes: dict[str, list[object]]
) -> None:
    rows, error, seconds, peak = outcomes[name]
    assert rows == INPUTS[name][2], error
    if rows is None:
        assert isinstance(error, str)
        assert len(error.splitlines()) == 1
        assert len(error) < 500
    assert float(str(seconds)) < SECONDS
    assert int(str(peak)) < BYTES
