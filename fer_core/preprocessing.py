"""Pixels to model input, and the one safe way to open a picture."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from fer_core.errors import ImageError

#: Side of the square grey face that every network takes, pixels.
FACE_SIZE: Final = 48

#: Larger pictures are refused before a pixel is decoded.
MAX_PIXELS: Final = 50_000_000
MAX_BYTES: Final = 50_000_000

#: Pillow knows some forty formats; only those people really upload reach its decoders.
FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")

# Pillow warns of sizes that are refused here anyway; silencing that in the call would not be safe among threads.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

#: What Pillow's decoders raise for damaged files, beside its own errors.
_DAMAGED: Final = (
    OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, OverflowError, struct.error,
    MemoryError,
)  # fmt: skip

#: EXIF orientation -> what puts the picture upright (EXIF 2.32, table 6; 1 is upright already).
_ORIENTATION_TAG: Final = 274
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def to_model_input(faces: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Grey faces (N, 48, 48) uint8 as network input: float32 (N, 48, 48, 1) in 0..255.

    Nothing is normalised here: that is inside every network, so that nobody can forget it.

    Raises:
        ImageError: another shape or dtype.
    """
    if faces.ndim != 3 or faces.shape[1:] != (FACE_SIZE, FACE_SIZE) or faces.dtype != np.uint8:
        raise ImageError(
            f"Expected uint8 faces of shape (N, {FACE_SIZE}, {FACE_SIZE}), got {faces.dtype} {faces.shape}."
        )
    return faces[..., np.newaxis].astype(np.float32)


def to_gray(bgr: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A picture (H, W, 3) uint8, blue first, as grey values (H, W) uint8 (ITU-R BT.601 weights)."""
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def load_image(source: Path | bytes, *, most_pixels: int = MAX_PIXELS) -> npt.NDArray[np.uint8]:
    """Open a picture as uint8 (H, W, 3), blue first, turned as its EXIF orientation says.

    Grey, palette, CMYK and 16-bit pictures are converted, transparency is laid on white, and of an animation the
    first picture counts. Size is checked from the header, before anything is decoded.

    Args:
        source: a file, or the bytes of one.
        most_pixels: larger pictures are refused.

    Raises:
        ImageError: missing, empty, too large, not one of FORMATS, or damaged.
    """
    name = source.name if isinstance(source, Path) else "The picture"
    content = _read(source, name)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > most_pixels:
                raise ImageError(
                    f"{name} has {width:,} x {height:,} pixels; at most {most_pixels:,} in all are opened."
                )
            return _to_bgr(picture)
    except ImageError:
        raise
    except Image.UnidentifiedImageError:
        raise ImageError(f"{name} is not a picture that can be opened ({', '.join(FORMATS)}).") from None
    except Image.DecompressionBombError:
        raise ImageError(f"{name} is too large; at most {MAX_PIXELS:,} pixels are opened.") from None
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
    ) as error:
        # Pillow's decoders raise all of these for damaged files.
        raise ImageError(f"{name} is damaged: {error}.") from error


def _read(source: Path | bytes, name: str) -> bytes:
    if isinstance(source, bytes):
        size = len(source)
    else:
        try:
            size = source.stat().st_size
        except OSError as error:
            raise ImageError(f"{source} cannot be opened: {error.strerror}.") from error
    if size == 0:
        raise ImageError(f"{name} is empty.")
    if size > MAX_BYTES:
        raise ImageError(f"{name} is {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are opened.")
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError as error:
        raise ImageError(f"{source} cannot be opened: {error.strerror}.") from error


def _to_bgr(picture: Image.Image) -> npt.NDArray[np.uint8]:
    picture.seek(0)
    # Loading comes first: it turns a TIFF by itself and then drops the tag.
    picture.load()
    turned = _upright(picture)
    if turned.mode.startswith("I") or turned.mode == "F":
        gray = _to_eight_bit(np.asarray(turned), sixteen_bit=turned.mode.startswith("I;16"))
        return np.repeat(gray[:, :, np.newaxis], 3, axis=2)
    if turned.mode in ("LA", "PA", "RGBA") or "transparency" in turned.info:
        turned = turned.convert("RGBA")
        white = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(white, turned)
    return np.ascontiguousarray(np.asarray(turned.convert("RGB"))[:, :, ::-1])


def _upright(picture: Image.Image) -> Image.Image:
    try:
        orientation = picture.getexif().get(_ORIENTATION_TAG)
    except _DAMAGED:
        # Damaged notes about a picture are no reason to refuse the picture.
        return picture
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return picture if turn is None else picture.transpose(turn)


def _to_eight_bit(values: npt.NDArray[np.generic], *, sixteen_bit: bool) -> npt.NDArray[np.uint8]:
    """Grey values of more than 8 bits as 8 bits: scaled, as clipping would turn most of them white."""
    numbers = np.nan_to_num(np.asarray(values, dtype=np.float32), nan=0, posinf=0, neginf=0)
    highest = float(numbers.max())
    if sixteen_bit:
        white = 65_535.0
    elif highest <= 1:
        white = 1.0
    else:
        # 32-bit files do not say what white is: 255 or 65,535 as their values suggest, else their own highest.
        white = 255.0 if highest <= 255 else max(65_535.0, highest)
    return np.clip(numbers * (255 / white), 0, 255).round().astype(np.uint8)
