from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.errors import DatasetError, EvaluationError
from fer_core.evaluation import own_pictures
from fer_core.evaluation.metrics import measure
from fer_core.evaluation.own_pictures import find_own_faces, uploaded_files
from fer_core.model_folder import ModelFolder
from fer_core.vision.classifier import ExpressionClassifier
from fer_core.vision.faces import Box, Face
from fer_core.vision.framing import Framing


class Finder:
    """Finds the whole picture, and a smaller face behind it, unless it is of one grey."""

    name = "finder"
    framing = Framing(1.0)

    def detect(self, bgr: np.ndarray) -> tuple[Face, ...]:
        height, width = bgr.shape[:2]
        if bgr.std() <= 1:
            return ()
        return Face(Box(0, 0, width, height), 0.9), Face(Box(0, 0, 5, 5), 0.5)


def png(value: int | None, height: int = 60, width: int = 60) -> bytes:
    """A picture of noise, or of one grey."""
    picture = np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8)
    if value is not None:
        picture[:] = value
    return cv2.imencode(".png", picture)[1].tobytes()


FILES = {
    "mine/happy/1.png": png(None),
    "mine/happiness/2.PNG": png(None),
    "mine/sad/blank.png": png(90, 40, 80),
    "mine/sad/broken.png": b"no picture",
    "mine/fear/3.png": png(None),
    "mine/notes.txt": b"x",
    "mine/other/4.png": png(None),
}


def as_folder(path: Path) -> Path:
    for name, content in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def as_zip(path: Path) -> Path:
    with zipfile.ZipFile(path / "mine.zip", "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return path / "mine.zip"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(as_folder, id="a folder"),
        pytest.param(as_zip, id="a zip on disk"),
        pytest.param(lambda path: io.BytesIO(as_zip(path).read_bytes()), id="an uploaded zip"),
        pytest.param(
            lambda path: uploaded_files([(name, io.BytesIO(content)) for name, content in FILES.items()]),
            id="an uploaded folder",
        ),
    ],
)
def test_every_way_in_gives_the_same_faces(make: object, tmp_path: Path) -> None:
    told: list[float] = []
    found = find_own_faces(make(tmp_path), Finder(), told.append)  # type: ignore[operator]
    by_name = dict(zip(found.names, zip(found.truth.tolist(), found.seen.tolist(), strict=True), strict=True))
    assert by_name == {
        "mine/happy/1.png": (1, True),
        "mine/happiness/2.PNG": (1, True),
        "mine/sad/blank.png": (2, False),
    }
    assert found.skipped == 1
    assert ["broken.png" in line for line in found.unreadable] == [True]
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_a_missed_face_shows_the_picture_and_counts_as_wrong(tmp_path: Path, small_model: Path) -> None:
    found = find_own_faces(as_folder(tmp_path), Finder())
    blank = found.faces[found.names.index("mine/sad/blank.png")]
    assert (blank[24, 24], blank[0, 24]) == (90, 0)
    known = found.judged_by(ExpressionClassifier(ModelFolder.open(small_model)))
    assert known.answer[~found.seen].tolist() == [-1]
    assert measure(known.truth, known.answer).unanswered.tolist() == [0, 0, 1, 0, 0]
    assert not known.leaked.any()


def test_other_faces_have_another_identity(tmp_path: Path) -> None:
    first = find_own_faces(as_folder(tmp_path), Finder())
    (tmp_path / "mine/happy/1.png").write_bytes(png(None, 50, 50))
    assert find_own_faces(tmp_path, Finder()).identity != first.identity


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({}, "folder of a class", id="nothing"),
        pytest.param({"1.png": png(None)}, "folder of a class", id="no folders"),
        pytest.param({"fear/1.png": png(None)}, "folder of a class", id="only what no answer can name"),
        pytest.param({"happy/1.png": b"x"}, "can be opened", id="only broken ones"),
    ],
)
def test_pictures_of_no_use_are_one_sentence(files: dict[str, bytes], words: str) -> None:
    uploads = uploaded_files([(name, io.BytesIO(content)) for name, content in files.items()])
    with pytest.raises(EvaluationError, match=words):
        find_own_faces(uploads, Finder())


def test_too_many_pictures_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(own_pictures, "_MOST_PICTURES", 2)
    with pytest.raises(EvaluationError, match="at most 2"):
        find_own_faces(as_folder(tmp_path), Finder())


def test_no_zip_is_one_sentence() -> None:
    with pytest.raises(DatasetError, match="cannot be opened as a zip"):
        find_own_faces(io.BytesIO(b"no zip"), Finder())


def test_a_name_cannot_act_in_a_terminal() -> None:
    uploads = uploaded_files([("happy/\x1b[2J.png", io.BytesIO(b"x")), ("sad/1.png", io.BytesIO(png(None)))])
    (line,) = find_own_faces(uploads, Finder()).unreadable
    assert "\x1b" not in line
