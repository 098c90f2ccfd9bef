"""A person's own labelled pictures: faces are found first, and a picture without one counts as wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.data.picture_files import Files, class_of, folder_files, why_unreadable, zip_files
from fer_core.errors import EvaluationError
from fer_core.evaluation.judging import Predictions
from fer_core.labels import TAG_TO_POSITION
from fer_core.preprocessing import FACE_SIZE, load_image, to_gray
from fer_core.vision.classifier import ExpressionClassifier
from fer_core.vision.detectors import Detector
from fer_core.vision.framing import crop_faces

#: What these pictures are called where a split is named.
OWN: Final = "own pictures"

_MOST_PICTURES: Final = 20_000
_MOST_BYTES: Final = 30_000_000


@dataclass(frozen=True)
class OwnFaces:
    """The faces of N labelled pictures. Kept in memory and nowhere else.

    Attributes:
        names: of the pictures, with their folder.
        truth: (N,) position of the folder's label in LABELS.
        faces: (N, 48, 48) uint8, the largest face of each; the whole picture, scaled down, where none was found.
        seen: (N,) bool, a face was found.
        unreadable: a sentence for each picture that could not be opened; they count nowhere.
        skipped: pictures in folders named disgust or fear, which no answer can name.
    """

    names: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    faces: npt.NDArray[np.uint8]
    seen: npt.NDArray[np.bool_]
    unreadable: tuple[str, ...]
    skipped: int

    @cached_property
    def identity(self) -> str:
        """Another text for other faces or labels."""
        whole = self.faces.tobytes() + self.truth.tobytes() + self.seen.tobytes()
        return hashlib.sha256(whole).hexdigest()[:32]

    def judged_by(
        self, classifier: ExpressionClassifier, progress: Callable[[float], None] | None = None
    ) -> Predictions:
        """What a network says of the faces; ``row`` is the picture's place in ``names``."""
        return Predictions(
            row=np.arange(len(self.truth), dtype=np.int64),
            usage=np.full(len(self.truth), OWN),
            truth=self.truth,
            probabilities=classifier.classify(self.faces, progress),
            leaked=np.zeros(len(self.truth), dtype=bool),
            seen=self.seen,
        )


def find_own_faces(
    source: Path | BinaryIO | Files, detector: Detector, progress: Callable[[float], None] | None = None
) -> OwnFaces:
    """Find the largest face of every picture that lies in a folder named after its expression.

    Args:
        source: a folder, a zip (as a path or an open file), or files by name.
        detector: finds the faces.
        progress: told the share of the pictures that is done.

    Raises:
        DatasetError: no folder or zip there.
        EvaluationError: no picture in a folder of a class, too many of them, or none that can be opened.
    """
    names, truth, faces, seen, unreadable = [], [], [], [], []
    with _opened(source) as files:
        tags = {name: tag for name in files if (tag := class_of(name)) is not None}
        known = [name for name, tag in tags.items() if TAG_TO_POSITION[tag] >= 0]
        if not known:
            raise EvaluationError(
                "No picture lies in a folder of a class; expected such as happy/1.jpg and sad/2.jpg."
            )
        if len(known) > _MOST_PICTURES:
            raise EvaluationError(
                f"There are {len(known):,} pictures; at most {_MOST_PICTURES:,} are judged."
            )
        for number, name in enumerate(known, start=1):
            try:
                face, found = _largest_face(load_image(files[name]()), detector)
            except Exception as error:  # noqa: BLE001 - see why_unreadable
                unreadable.append(why_unreadable(name, error))
            else:
                # A file's name need not be text; a file that lists it is.
                names.append(name.encode("utf-8", "replace").decode("utf-8"))
                truth.append(int(TAG_TO_POSITION[tags[name]]))
                faces.append(face)
                seen.append(found)
            if progress is not None:
                progress(number / len(known))
    if not names:
        raise EvaluationError(
            f"None of the {len(known):,} pictures can be opened. The first: {unreadable[0]}."
        )
    return OwnFaces(
        tuple(names),
        np.array(truth, dtype=np.int64),
        np.stack(faces),
        np.array(seen, dtype=bool),
        tuple(unreadable),
        len(tags) - len(known),
    )


def uploaded_files(uploads: Sequence[tuple[str, BinaryIO]]) -> Files:
    """Uploads of a folder, each named by its path in it, as files by name."""

    def reading(content: BinaryIO) -> Callable[[], bytes]:
        def read() -> bytes:
            content.seek(0)
            return content.read(_MOST_BYTES)

        return read

    return {name: reading(content) for name, content in uploads}


@contextmanager
def _opened(source: Path | BinaryIO | Files) -> Iterator[Files]:
    if isinstance(source, Path) and source.is_dir():
        yield folder_files(source, _MOST_BYTES)
    elif isinstance(source, Path):
        with zip_files(source, source.name, _MOST_BYTES) as files:
            yield files
    elif not isinstance(source, Mapping):
        with zip_files(source, "The file", _MOST_BYTES) as files:
            yield files
    else:
        yield source


def _largest_face(bgr: npt.NDArray[np.uint8], detector: Detector) -> tuple[npt.NDArray[np.uint8], bool]:
    gray = to_gray(bgr)
    found = detector.detect(bgr)[:1]
    if found:
        return crop_faces(gray, found, detector.framing)[0], True
    # Shrunk before it is padded: a picture may be a million pixels long and fifty high.
    height, width = gray.shape
    scale = FACE_SIZE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    square = np.zeros((FACE_SIZE, FACE_SIZE), dtype=np.uint8)
    top, left = (FACE_SIZE - small.shape[0]) // 2, (FACE_SIZE - small.shape[1]) // 2
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square, False
