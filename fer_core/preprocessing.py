"""Pixels to model input, and the one safe way to open a picture."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from fer_core.errors import ImageError

#: Side of the square grey face that every network takes, pixels.
FACE_SIZE: Final = 48

#: Larger pictures are refused before a pixel is decoded.
MAX_PIXELS: Final = 50_000_000
MAX_BYTES: Final = 50_000_000

#: Pillow knows some forty formats; only those people really upload reach its decoders.
FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")


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


def load_image(source: Path | bytes) -> npt.NDArray[np.uint8]:
    """Open a picture as uint8 (H, W, 3), blue first, turned as its EXIF orientation says.

    Grey, palette, CMYK and 16-bit pictures are converted, transparency is laid on white, and of an animation the
    first picture counts. Size is checked from the header, before anything is decoded.

    Args:
        source: a file, or the bytes of one.

    Raises:
        ImageError: missing, empty, too large, not one of FORMATS, or damaged.
    """
    name = source.name if isinstance(source, Path) else "The picture"
    content = _read(source, name)
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a picture between one and two times its own limit; ours is checked below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise ImageError(
                        f"{name} has {width:,} x {height:,} pixels; at most {MAX_PIXELS:,} in all are opened."
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
    turned = ImageOps.exif_transpose(picture)
    if turned.mode.startswith("I") or turned.mode == "F":
        gray = _to_eight_bit(np.asarray(turned))
        return np.repeat(gray[:, :, np.newaxis], 3, axis=2)
    if turned.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in turned.info:
        turned = turned.convert("RGBA")
        white = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(white, turned)
    return np.ascontiguousarray(np.asarray(turned.convert("RGB"))[:, :, ::-1])


def _to_eight_bit(values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """16-bit grey scaled by 257, as 65535 is white; what claims to be wider is scaled by what it holds."""
    numbers = np.nan_to_num(np.asarray(values, dtype=np.float64))
    top = max(65_535.0, float(numbers.max())) if numbers.max() > 255 else 255.0
    return np.clip(numbers * (255.0 / top), 0, 255).round().astype(np.uint8)
