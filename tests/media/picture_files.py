"""Pictures that are wrong, by accident or on purpose, and some that only look so; made here, none is kept."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from PIL import Image, PngImagePlugin

from fer_core.live.drawn_clip import clip_frame

#: A drawn face, RGB.
FACE: Final = Image.fromarray(np.ascontiguousarray(clip_frame(1.0)[:, :, ::-1]))


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


GOOD: Final = saved(FACE, "JPEG", quality=90)
FORMS: Final = {"jpg": GOOD, "png": saved(FACE, "PNG"), "webp": saved(FACE, "WEBP")}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(width: int, height: int, depth: int = 8, colour: int = 2, body: int = 1_000) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    rows = zlib.compress(b"\0" * body, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg_claiming(width: int, height: int) -> bytes:
    at = GOOD.index(b"\xff\xc0")
    return GOOD[: at + 5] + struct.pack(">HH", height, width) + GOOD[at + 9 :]


def webp_claiming(width: int, height: int) -> bytes:
    """A lossless one, whose header holds 14 bits a side, within a canvas of 24 bits a side."""
    canvas = bytes([0, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inner = saved(Image.new("RGB", (16, 16)), "WEBP", lossless=True)[12:]
    body = b"WEBPVP8X" + struct.pack("<I", len(canvas)) + canvas + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def zipped(*files: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def linked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped(("1.jpg", GOOD)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(signature) + offset] |= 1
    return bytes(content)


def lying_size() -> bytes:
    """A member whose header says 100 bytes and whose stream holds 60 MB."""
    content = bytearray(zipped(("1.jpg", bytes(60_000_000))))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.find(signature)
        content[at + offset : at + offset + 4] = struct.pack("<I", 100)
    return bytes(content)


def corrupt(content: bytes, share: float) -> bytes:
    at = int(len(content) * share)
    return content[:at] + bytes(byte ^ 0xA5 for byte in content[at : at + 64]) + content[at + 64 :]


def with_text(count: int, size: int) -> bytes:
    info = PngImagePlugin.PngInfo()
    for at in range(count):
        info.add_text(f"note {at}", "x" * size, zip=True)
    return saved(FACE, "PNG", pnginfo=info)


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (320, 240), colour) for colour in ("red", "green", "blue")]
    return saved(FACE.resize((320, 240)), kind, save_all=True, append_images=frames, duration=40, loop=0)


def rotated() -> bytes:
    exif = Image.Exif()
    exif[274] = 6
    return saved(FACE.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


def deep() -> bytes:
    pixels = cv2.resize(clip_frame(1.0), (320, 240)).astype(np.uint16) * 257
    return cv2.imencode(".png", pixels)[1].tobytes()


def _whole() -> dict[str, tuple[Callable[[], bytes], str | int]]:
    return {
        # A face is found in each of these.
        "grey": (lambda: saved(FACE.convert("L"), "JPEG"), 1),
        "CMYK": (lambda: saved(FACE.convert("CMYK"), "JPEG"), 1),
        "CMYK in a TIFF": (lambda: saved(FACE.convert("CMYK"), "TIFF"), 1),
        "16 bits a channel": (deep, 1),
        "a palette": (lambda: saved(FACE.quantize(64), "PNG"), 1),
        "a palette with transparency": (lambda: saved(FACE.quantize(64), "PNG", transparency=0), 1),
        "see-through": (lambda: saved(FACE.convert("RGBA"), "WEBP"), 1),
        "turned by EXIF": (rotated, 1),
        "an animated GIF": (lambda: animated("GIF"), 1),
        "an animated WebP": (lambda: animated("WEBP"), 1),
        "an animated PNG": (lambda: animated("PNG"), 1),
        "an interlaced JPEG": (lambda: saved(FACE, "JPEG", progressive=True), 1),
        "a BMP": (lambda: saved(FACE, "BMP"), 1),
        "a PNG named jpg": (lambda: FORMS["png"], 1),
        "a profile of 60 kB": (lambda: saved(FACE, "PNG", icc_profile=bytes(60_000)), 1),
        "a JPEG with a zip behind it": (lambda: GOOD + zipped(("1.png", FORMS["png"])), 1),
        "a JPEG with a second one behind it": (lambda: GOOD + GOOD, 1),
        "a JPEG with a page behind it": (lambda: GOOD + b"<script>alert(1)</script>", 1),
        "a single pixel": (lambda: saved(Image.new("RGB", (1, 1)), "PNG"), 0),
        "a strip 20,000 wide": (lambda: saved(Image.new("RGB", (20_000, 2)), "PNG"), 0),
        "a strip 60,000 high": (lambda: saved(Image.new("L", (2, 60_000)), "PNG"), 0),
        "49 million pixels": (lambda: saved(Image.new("L", (7_000, 7_000), 90), "PNG"), 0),
    }


def _refused() -> dict[str, tuple[Callable[[], bytes], str | int]]:
    return {
        "zero bytes": (lambda: b"", "is empty"),
        "one byte": (lambda: b"\xff", "not a picture"),
        "text": (lambda: b"no picture at all", "not a picture"),
        "a page": (lambda: b"<html><img src=x></html>", "not a picture"),
        "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not a picture"),
        "a PDF": (lambda: b"%PDF-1.7\n1 0 obj\n<<>>", "not a picture"),
        "a program": (lambda: b"\x7fELF" + bytes(5_000), "not a picture"),
        "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        "zeros, 10 MB": (lambda: bytes(10_000_000), "not a picture"),
        "60 MB": (lambda: GOOD + bytes(60_000_000), "60 MB"),
        "a PNG claiming 30,000 x 30,000": (lambda: png_claiming(30_000, 30_000), "pixels"),
        "a JPEG claiming 30,000 x 30,000": (lambda: jpeg_claiming(30_000, 30_000), "pixels"),
        "a WebP claiming 30,000 x 30,000": (
            lambda: webp_claiming(30_000, 30_000),
            "pixels|damaged|not a picture",
        ),
        "a PNG that unfolds to 100 MB": (lambda: png_claiming(20_000, 20_000, body=100_000_000), "pixels"),
        "a PNG of 0 x 0": (lambda: png_claiming(0, 0), "damaged|not a picture|empty"),
        "a PNG of 2^31 - 1": (lambda: png_claiming(2**31 - 1, 1), "pixels"),
        "a PNG with no rows": (lambda: png_claiming(500, 500, body=0), "damaged"),
        "a PNG with a wrong checksum": (
            lambda: FORMS["png"][:29] + b"\0\0\0\0" + FORMS["png"][33:],
            "damaged|not a",
        ),
        "a profile of 30 MB": (lambda: saved(FACE, "PNG", icc_profile=bytes(30_000_000)), "damaged"),
        "200 notes of 2 MB in a PNG": (lambda: with_text(200, 2_000_000), "damaged"),
        "a JPEG with no data": (lambda: GOOD[: GOOD.index(b"\xff\xda")], "damaged|not a picture"),
        "a GIF cut off": (lambda: animated("GIF")[:400], "damaged|not a picture"),
        "a TIFF that points to itself": (
            lambda: b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 256, 4, 1, 9) + struct.pack("<I", 8),
            "damaged|not a picture",
        ),
        # Zips.
        "a zip of nothing": (lambda: zipped(), "holds no picture"),
        "a zip of texts": (lambda: zipped(("1.txt", b"text")), "holds no picture"),
        "a zip in a zip": (lambda: zipped(("in.zip", zipped(("1.jpg", GOOD)))), "holds no picture"),
        "a zip cut off": (lambda: zipped(("1.jpg", GOOD))[:-40], "cannot be opened as a zip"),
        "a zip of garbage": (lambda: b"PK\x03\x04" + bytes(3_000), "cannot be opened as a zip"),
        "an encrypted zip": (encrypted, "encrypted"),
        "a zip that lies about its size": (lying_size, "1.jpg"),
        "a link in a zip": (linked, "holds no picture"),
        "a bomb in a zip": (lambda: zipped(("1.png", png_claiming(30_000, 30_000))), "pixels"),
        "a member of 60 MB": (lambda: zipped(("1.jpg", GOOD + bytes(60_000_000))), "bytes"),
        "2 GB and more in a zip": (
            lambda: zipped(*((f"{at}.jpg", bytes(49_000_000)) for at in range(42))),
            "unpacks to",
        ),
        "a zip whose file is text": (lambda: zipped(("1.jpg", b"text")), "not a picture"),
        "a zip in a polyglot": (lambda: b"PK\x03\x04" + GOOD, "cannot be opened as a zip"),
    }


#: Name -> what makes it, and what has to come of it: a number of faces, or a pattern of the sentence.
HOSTILE: Final[dict[str, tuple[Callable[[], bytes], str | int]]] = {
    **_whole(),
    **_refused(),
    **{
        f"{ending} cut off at {tenth} tenths": ((lambda c=content, t=tenth: c[: len(c) * t // 10]), "damaged|not a|empty")
        for ending, content in FORMS.items()
        for tenth in range(1, 10)
    },
    **{
        f"{ending} with 64 wrong bytes at {tenth} tenths": ((lambda c=content, t=tenth: corrupt(c, t / 10)), ".*")
        for ending, content in FORMS.items()
        for tenth in (0, 3, 6, 9)
    },
}  # fmt: skip
