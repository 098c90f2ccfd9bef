"""Pictures on disk to the JSON of the command ``predict``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from fer_core.errors import ImageError
from fer_core.preprocessing import load_image
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.faces import FaceReading

#: What counts as a picture inside a folder; a file named outright is opened whatever it is called.
SUFFIXES: Final = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"))


def predict_pictures(paths: Sequence[Path], analyzer: ExpressionAnalyzer) -> dict[str, Any]:
    """Read the expressions in pictures.

    Args:
        paths: files and folders; a folder's pictures (by SUFFIXES) are taken at any depth, sorted, without
            following links to other folders and without hidden files.
        analyzer: detector and model.

    Returns:
        ``{"images": [{path, width, height, error, faces}]}`` in the order of ``paths``. A picture that cannot be
        opened has its sentence under ``error``, no faces and null for its size. A face is ``{box: [x, y, w, h],
        score, label, confidence, probabilities}``, largest first, in pixels after EXIF rotation.

    Raises:
        ImageError: one of the paths does not exist.
    """
    # All are looked up before the first is read, so that a misspelt path does not cost minutes of work.
    files = [file for path in paths for file in _files(path)]
    return {"images": [_predict(file, analyzer) for file in files]}


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(
            file
            for file in path.rglob("*")
            if file.suffix.lower() in SUFFIXES
            and file.is_file()
            and not any(part.startswith(".") for part in file.relative_to(path).parts)
        )
    if not path.exists():
        raise ImageError(f"There is no picture or folder at {path}.")
    return [path]


def _predict(file: Path, analyzer: ExpressionAnalyzer) -> dict[str, Any]:
    row: dict[str, Any] = {"path": str(file), "width": None, "height": None, "error": None, "faces": []}
    try:
        bgr = load_image(file)
    except ImageError as error:
        return {**row, "error": str(error)}
    height, width = bgr.shape[:2]
    return {
        **row,
        "width": width,
        "height": height,
        "faces": [_face(reading) for reading in analyzer.analyze(bgr)],
    }


def _face(reading: FaceReading) -> dict[str, Any]:
    box = reading.box
    return {
        "box": [round(value, 1) for value in (box.x, box.y, box.w, box.h)],
        "score": round(reading.score, 4),
        "label": reading.label,
        "confidence": reading.confidence,
        "probabilities": dict(reading.probabilities),
    }
