from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.data.picture_files import Files
from fer_core.errors import DatasetError, EvaluationError
from fer_core.evaluation import own_pictures
from fer_core.evaluation.metrics import measure
from fer_core.evaluation.own_pictures import OWN, OwnFaces, find_own_faces, uploaded_files
from fer_core.model_folder import ModelFolder
from fer_core.preprocessing import to_gray
from fer_core.vision.classifier import ExpressionClassifier
from fer_core.vision.faces import Box, Face
from fer_core.vision.framing import Framing, crop_faces


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


def test_a_picture_of_any_shape_is_shown_small(monkeypatch: pytest.MonkeyPatch) -> None:
    long = cv2.imencode(".png", np.full((3, 40_000), 90, np.uint8))[1].tobytes()
    found = find_own_faces(uploaded_files([("sad/long.png", io.BytesIO(long))]), Finder())
    assert (found.faces.shape, found.seen.tolist()) == ((1, 48, 48), [False])
    assert found.faces.max() == 90


@pytest.mark.parametrize(
    ("name", "label"),
    [
        pytest.param("mine/happy/lächeln 😀.png", 1, id="beyond ASCII"),
        pytest.param("mine/Anger/a 'b' \"c\" <d>.png", 0, id="quotes and brackets"),
        pytest.param("surprised/=1+1.png", 3, id="a formula"),
        pytest.param("mine\\neutral\\1.png", 4, id="written on Windows"),
        pytest.param("../../happy/1.png", 1, id="a way out, which is never gone"),
        pytest.param("happy/" + "x" * 200 + ".png", 1, id="long"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True], ids=["uploaded", "zipped"])
def test_an_odd_name_is_a_name(name: str, label: int, zipped: bool) -> None:
    source: io.BytesIO | Files = uploaded_files([(name, io.BytesIO(png(None)))])
    if zipped:
        source = io.BytesIO()
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr(name, png(None))
    found = find_own_faces(source, Finder())
    assert (found.names, found.truth.tolist(), found.seen.tolist()) == ((name,), [label], [True])


def test_the_first_face_that_the_detector_names_is_cut_out() -> None:
    class Second(Finder):
        framing = Framing(1.2)

        def detect(self, bgr: np.ndarray) -> tuple[Face, ...]:
            return Face(Box(10, 4, 40, 40), 0.7), Face(Box(0, 0, 5, 5), 0.9)

    picture = np.random.default_rng(3).integers(0, 255, (60, 80, 3)).astype(np.uint8)
    content = cv2.imencode(".png", picture)[1].tobytes()
    found = find_own_faces(uploaded_files([("sad/1.png", io.BytesIO(content))]), Second())
    expected = crop_faces(to_gray(picture), [Face(Box(10, 4, 40, 40), 0.7)], Second.framing)
    assert (found.faces == expected).all()


def test_what_cannot_be_read_is_told_with_its_reason_and_counts_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(own_pictures, "_MOST_BYTES", len(png(None)))
    (tmp_path / "happy").mkdir()
    for name, content in (
        ("1.png", png(None)),
        ("2.png", b""),
        ("3.png", png(None)[:200]),
        ("4.png", png(None) + b"x"),
    ):
        (tmp_path / "happy" / name).write_bytes(content)
    found = find_own_faces(tmp_path, Finder())
    assert found.names == ("happy/1.png",)
    assert len(found.truth) == len(found.faces) == len(found.seen) == 1
    for line, words in zip(found.unreadable, ("empty", "damaged", "at most"), strict=True):
        assert words in line


def test_a_zip_s_bad_members_are_told_and_the_others_count() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("happy/1.png", png(None))
        archive.writestr("happy/2.png", png(90))
    raw = bytearray(content.getvalue())
    # The second picture is flagged as encrypted in the directory and in its own header.
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    raw[raw.rindex(b"PK\x03\x04") + 6] |= 1
    found = find_own_faces(io.BytesIO(bytes(raw)), Finder())
    assert found.names == ("happy/1.png",)
    assert found.unreadable == ("'happy/2.png': it is encrypted",)


def test_an_upload_may_be_read_again() -> None:
    files = uploaded_files([("happy/1.png", io.BytesIO(b"one")), ("sad/2.png", io.BytesIO(b"two"))])
    assert [files[name]() for name in (*files, *files)] == [b"one", b"two"] * 2


def test_an_empty_zip_holds_no_class() -> None:
    content = io.BytesIO()
    zipfile.ZipFile(content, "w").close()
    with pytest.raises(EvaluationError, match="folder of a class"):
        find_own_faces(content, Finder())


def test_the_same_faces_under_another_label_have_another_identity() -> None:
    happy, sad = (
        find_own_faces(uploaded_files([(name, io.BytesIO(png(None)))]), Finder())
        for name in ("happy/1.png", "sad/1.png")
    )
    assert happy.identity != sad.identity


def test_many_pictures_are_judged_with_progress_and_are_no_rows_of_a_split(small_model: Path) -> None:
    n = 300
    faces = np.random.default_rng(0).integers(0, 255, (n, 48, 48)).astype(np.uint8)
    names = tuple(f"happy/{number}.png" for number in range(n))
    own = OwnFaces(names, np.ones(n, dtype=np.int64), faces, np.arange(n) >= 100, (), 0)
    classifier = ExpressionClassifier(ModelFolder.open(small_model))
    told: list[float] = []
    known = own.judged_by(classifier, told.append)
    assert told == [0.5, 1.0]
    assert set(known.usage) == {OWN}
    assert known.row.tolist() == list(range(n))
    assert (known.probabilities == classifier.classify(faces)).all()
    assert (known.answer[:100] == -1).all()
    metrics = measure(known.truth, known.answer)
    assert metrics.unanswered.tolist() == [0, 100, 0, 0, 0]
    assert metrics.accuracy == (known.probabilities[100:].argmax(axis=1) == 1).sum() / n


def test_a_name_that_is_no_text_can_be_written_into_a_file() -> None:
    uploads = uploaded_files([("happy/\udcff.png", io.BytesIO(png(None)))])
    (name,) = find_own_faces(uploads, Finder()).names
    assert name.encode("utf-8").endswith(b".png")


def test_a_face_that_is_found_now_is_another_face() -> None:
    class Blind(Finder):
        def detect(self, bgr: np.ndarray) -> tuple[Face, ...]:
            return ()

    content = png(None, 48, 48)
    found, missed = (
        find_own_faces(uploaded_files([("sad/1.png", io.BytesIO(content))]), finder)
        for finder in (Finder(), Blind())
    )
    assert found.identity != missed.identity
