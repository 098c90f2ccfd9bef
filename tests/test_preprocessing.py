"""The one preprocessing and the one image loader."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core import preprocessing
from fer_core.errors import ImageError
from fer_core.preprocessing import FACE_SIZE, load_image, to_gray, to_model_input

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def quarters() -> Image.Image:
    """Upright: red top left, green top right, blue bottom left, white bottom right; 40 wide, 20 high."""
    picture = Image.new("RGB", (40, 20))
    for colour, corner in ((RED, (0, 0)), (GREEN, (20, 0)), (BLUE, (0, 10)), (WHITE, (20, 10))):
        picture.paste(colour, (*corner, corner[0] + 20, corner[1] + 10))
    return picture


def corners(bgr: np.ndarray) -> list[tuple[int, ...]]:
    """Colours (red first) near the four corners, rounded to what survives JPEG."""
    height, width = bgr.shape[:2]
    return [
        tuple(int(round(value / 255) * 255) for value in bgr[row, column, ::-1])
        for row in (3, height - 4)
        for column in (3, width - 4)
    ]


#: What a camera held that way would have stored: the inverse of the turn that orientation asks for.
STORED = {
    1: lambda p: p,
    2: lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda p: p.transpose(Image.Transpose.ROTATE_180),
    4: lambda p: p.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda p: p.transpose(Image.Transpose.TRANSPOSE),
    6: lambda p: p.transpose(Image.Transpose.ROTATE_90),
    7: lambda p: p.transpose(Image.Transpose.TRANSVERSE),
    8: lambda p: p.transpose(Image.Transpose.ROTATE_270),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    bgr = load_image(encoded(STORED[orientation](quarters()), kind, exif=exif))
    assert bgr.shape == (20, 40, 3)
    assert corners(bgr) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("value", [0, 9, 77])
def test_an_orientation_that_does_not_exist_is_ignored(value: int) -> None:
    exif = Image.Exif()
    exif[274] = value
    assert corners(load_image(encoded(quarters(), "JPEG", exif=exif))) == [RED, GREEN, BLUE, WHITE]


def test_damaged_exif_does_not_cost_the_picture() -> None:
    bgr = load_image(encoded(quarters(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f"))
    assert corners(bgr) == [RED, GREEN, BLUE, WHITE]


def two_frames() -> list[Image.Image]:
    return [Image.new("RGB", (8, 8), RED), Image.new("RGB", (8, 8), BLUE)]


def palette_with_transparency() -> bytes:
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.paste(1, (4, 0, 8, 8))
    return encoded(picture, transparency=0)


@pytest.mark.parametrize(
    ("content", "left", "right"),
    [
        pytest.param(encoded(Image.new("L", (8, 8), 90)), (90, 90, 90), (90, 90, 90), id="grey"),
        pytest.param(encoded(Image.new("1", (8, 8), 1)), WHITE, WHITE, id="one bit"),
        pytest.param(
            encoded(Image.new("LA", (8, 8), (0, 0))), WHITE, WHITE, id="grey, wholly transparent: white"
        ),
        pytest.param(
            encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 128))),
            (255, 127, 127),
            (255, 127, 127),
            id="half transparent red on white is pink",
        ),
        pytest.param(
            encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 255))), (0, 0, 0), (0, 0, 0), id="opaque alpha"
        ),
        pytest.param(
            encoded(Image.new("P", (8, 8), 3).convert("RGB").quantize(4)), (0, 0, 0), (0, 0, 0), id="palette"
        ),
        pytest.param(palette_with_transparency(), WHITE, RED, id="palette whose first colour is transparent"),
        pytest.param(
            encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"), RED, RED, id="CMYK, as printers do"
        ),
        pytest.param(
            encoded(Image.fromarray(np.full((8, 8), 32_896, np.uint16))),
            (128, 128, 128),
            (128, 128, 128),
            id="16 bit PNG is scaled, not clipped to white",
        ),
        pytest.param(
            encoded(Image.fromarray(np.full((8, 8), 200, np.uint16))),
            (1, 1, 1),
            (1, 1, 1),
            id="16 bit, very dark, stays dark",
        ),
        pytest.param(
            encoded(Image.fromarray(np.full((8, 8), 32_896, np.uint16)), "TIFF"),
            (128, 128, 128),
            (128, 128, 128),
            id="16 bit TIFF",
        ),
        pytest.param(
            encoded(Image.fromarray(np.full((8, 8), 32_896, np.int32)), "TIFF"),
            (128, 128, 128),
            (128, 128, 128),
            id="32 bit TIFF with 16-bit values",
        ),
        pytest.param(
            encoded(Image.fromarray(np.full((8, 8), 0.5, np.float32)), "TIFF"),
            (128, 128, 128),
            (128, 128, 128),
            id="float TIFF from 0 to 1",
        ),
        pytest.param(
            encoded(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF"),
            (0, 0, 0),
            (0, 0, 0),
            id="float TIFF without a number in it",
        ),
        pytest.param(
            encoded(two_frames()[0], "GIF", save_all=True, append_images=two_frames()[1:]),
            RED,
            RED,
            id="animated GIF: the first picture",
        ),
        pytest.param(
            encoded(two_frames()[0], "WEBP", save_all=True, append_images=two_frames()[1:], lossless=True),
            RED,
            RED,
            id="animated WebP: the first picture",
        ),
        pytest.param(
            encoded(two_frames()[0], "TIFF", save_all=True, append_images=two_frames()[1:]),
            RED,
            RED,
            id="TIFF with two pages: the first",
        ),
        pytest.param(encoded(Image.new("RGB", (8, 8), RED), "BMP"), RED, RED, id="BMP"),
        pytest.param(encoded(Image.new("RGB", (1, 1), RED)), RED, RED, id="a single pixel"),
    ],
)
def test_kinds_of_pictures(content: bytes, left: tuple[int, int, int], right: tuple[int, int, int]) -> None:
    bgr = load_image(content)
    assert bgr.dtype == np.uint8
    assert bgr.ndim == 3
    assert bgr.flags.c_contiguous
    np.testing.assert_allclose(bgr[0, 0, ::-1], left, atol=1)
    np.testing.assert_allclose(bgr[-1, -1, ::-1], right, atol=1)


def test_a_telephone_picture_with_a_second_picture_inside_opens() -> None:
    frames = two_frames()
    bgr = load_image(encoded(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert bgr[4, 4, 2] > 200


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that nothing behind it backs up."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


NOISE = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "is empty", id="zero bytes"),
        pytest.param(b"hello, this is text", "is not a picture", id="text"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a picture", id="SVG"),
        pytest.param(
            encoded(Image.new("RGB", (8, 8)), "PPM"), "is not a picture", id="a format nobody uploads"
        ),
        pytest.param(
            encoded(Image.new("RGB", (8, 8)), "EPS"), "is not a picture", id="EPS would start Ghostscript"
        ),
        pytest.param(encoded(Image.fromarray(NOISE), "JPEG")[:900], "is damaged", id="JPEG cut off half way"),
        pytest.param(encoded(Image.fromarray(NOISE))[:900], "is damaged", id="PNG cut off half way"),
        pytest.param(
            encoded(Image.fromarray(NOISE), "WEBP")[:400], "picture|damaged", id="WebP cut off half way"
        ),
        pytest.param(b"\xff\xd8\xff", "is not a picture", id="a JPEG's first bytes only"),
        pytest.param(png_claiming(30_000, 30_000), "pixels", id="900 million pixels claimed"),
        pytest.param(png_claiming(12_000, 9_000), "12,000 x 9,000", id="108 million pixels claimed"),
        pytest.param(png_claiming(2_000_000, 26), "2,000,000 x 26", id="an absurdly wide strip"),
    ],
)
def test_bad_pictures_are_refused_in_one_sentence(content: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason) as caught:
        load_image(content)
    assert "\n" not in str(caught.value)


def test_size_is_checked_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("a pixel was decoded")

    monkeypatch.setattr(preprocessing, "_to_bgr", decode)
    with pytest.raises(ImageError, match="at most"):
        load_image(png_claiming(8_000, 8_000))


def test_the_byte_limit_is_checked_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = tmp_path / "big.png"
    with big.open("wb") as file:
        file.truncate(preprocessing.MAX_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("the file was read"))
    with pytest.raises(ImageError, match=r"big\.png is 50 MB"):
        load_image(big)


def test_files_are_known_by_content_and_named_in_errors(tmp_path: Path) -> None:
    disguised = tmp_path / "photo.txt"
    disguised.write_bytes(encoded(quarters(), "JPEG"))
    assert load_image(disguised).shape == (20, 40, 3)
    fake = tmp_path / "fake.jpg"
    fake.write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"fake\.jpg is not a picture"):
        load_image(fake)


@pytest.mark.parametrize(
    "name", [pytest.param("nothing.jpg", id="no such file"), pytest.param(".", id="a folder")]
)
def test_what_cannot_be_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match="cannot be opened"):
        load_image(tmp_path / name)


def test_model_input_keeps_values_and_adds_a_channel() -> None:
    faces = np.random.default_rng(0).integers(0, 256, (3, FACE_SIZE, FACE_SIZE), dtype=np.uint8)
    pictures = to_model_input(faces)
    assert pictures.dtype == np.float32
    assert pictures.shape == (3, 48, 48, 1)
    np.testing.assert_array_equal(pictures[..., 0], faces)
    assert to_model_input(faces[:0]).shape == (0, 48, 48, 1)


@pytest.mark.parametrize(
    "faces",
    [
        pytest.param(np.zeros((48, 48), np.uint8), id="one face without its axis"),
        pytest.param(np.zeros((2, 47, 48), np.uint8), id="another height"),
        pytest.param(np.zeros((2, 48, 48, 1), np.uint8), id="a channel already there"),
        pytest.param(np.zeros((2, 48, 48), np.float32), id="floats, normalised perhaps"),
    ],
)
def test_model_input_refuses_other_shapes(faces: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r"\(N, 48, 48\)"):
        to_model_input(faces)


def test_gray_weighs_green_most() -> None:
    gray = to_gray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], dtype=np.uint8))
    assert gray.dtype == np.uint8
    assert gray.tolist() == [[29, 150, 76]]
