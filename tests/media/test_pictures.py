"""Several pictures at once, in zips and out of them, and what is taken away."""

from __future__ import annotations

import io
import zipfile

import cv2
import numpy as np
import pandas as pd
import pytest

from fer_core.labels import LABELS
from fer_core.media import pictures as module
from fer_core.media.pictures import ReadPicture, annotated_zip, faces_csv, read_pictures
from fer_core.preprocessing import load_image
from fer_core.vision.analyzer import ExpressionAnalyzer
from tests.media.picture_files import FACE, FORMS, GOOD, rotated, saved, zipped

BLANK = saved(FACE.crop((0, 0, 60, 40)), "PNG")


@pytest.fixture(scope="module")
def analyzer() -> ExpressionAnalyzer:
    return ExpressionAnalyzer.load()


def given(*files: tuple[str, bytes]) -> list[tuple[str, io.BytesIO]]:
    return [(name, io.BytesIO(content)) for name, content in files]


def table_of(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content))


def test_each_has_its_faces_or_its_sentence(analyzer: ExpressionAnalyzer) -> None:
    told: list[float] = []
    found = read_pictures(
        given(("a.jpg", GOOD), ("b.png", BLANK), ("c.webp", b"text"), ("d.webp", FORMS["webp"])),
        analyzer,
        told.append,
    )
    assert [each.name for each in found] == ["a.jpg", "b.png", "c.webp", "d.webp"]
    assert [len(each.readings) for each in found] == [1, 0, 0, 1]
    assert [bool(each.error) for each in found] == [False, False, True, False]
    assert (found[0].width, found[0].height) == FACE.size
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_a_zip_is_read_as_what_is_in_it(analyzer: ExpressionAnalyzer) -> None:
    content = zipped(
        ("deep/er/2.JPG", GOOD),
        ("1.png", FORMS["png"]),
        ("notes.txt", b"text"),
        ("__MACOSX/._1.png", b"text"),
        ("broken.jpg", b"text"),
        ("../../up.webp", FORMS["webp"]),
    )
    found = read_pictures(given(("z.zip", content), ("after.jpg", GOOD)), analyzer)
    assert {each.name: len(each.readings) for each in found if not each.error} == {
        "z.zip/../../up.webp": 1,
        "z.zip/1.png": 1,
        "z.zip/deep/er/2.JPG": 1,
        "after.jpg": 1,
    }
    (broken,) = (each for each in found if each.error)
    assert broken.name == "z.zip/broken.jpg"


def test_a_zip_may_be_named_anything(analyzer: ExpressionAnalyzer) -> None:
    found = read_pictures(given(("pictures", zipped(("1.jpg", GOOD)))), analyzer)
    assert [each.name for each in found] == ["pictures/1.jpg"]


@pytest.mark.parametrize(
    ("name", "value", "kept", "words"),
    [
        pytest.param("MOST_PICTURES", 2, 2, "At most 2 pictures", id="too many"),
        pytest.param("MOST_BYTES_IN_ALL", 2 * len(GOOD), 2, "room for", id="too much in all"),
        pytest.param("MOST_BYTES", len(GOOD) - 1, 0, "MB", id="each too large"),
    ],
)
def test_bounds_are_said(
    name: str,
    value: int,
    kept: int,
    words: str,
    analyzer: ExpressionAnalyzer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, name, value)
    found = read_pictures(given(*[(f"{at}.jpg", GOOD) for at in range(4)]), analyzer)
    assert sum(not each.error for each in found) == kept
    assert all(words in each.error for each in found if each.error)
    assert len(found) > kept


def test_nothing_is_read_of_nothing(analyzer: ExpressionAnalyzer) -> None:
    assert read_pictures([], analyzer) == ()


def test_the_annotated_picture_is_upright_framed_and_named(analyzer: ExpressionAnalyzer) -> None:
    (straight, turned) = read_pictures(given(("a.jpg", GOOD), ("b.jpg", rotated())), analyzer)
    assert (turned.width, turned.height) == (straight.width, straight.height)
    plain, drawn = load_image(GOOD), straight.annotated()
    assert drawn.shape == plain.shape
    box = straight.readings[0].box
    changed = np.argwhere((drawn != plain).any(axis=2))
    assert abs(changed[:, 1].min() - box.x) < 4
    assert abs(changed[:, 1].max() - (box.x + box.w)) < 4
    # The tag stands above the rectangle's top left.
    assert changed[:, 0].min() < box.y - 8
    small = straight.annotated(longest=160)
    assert max(small.shape[:2]) == 160
    again = cv2.imdecode(np.frombuffer(straight.annotated_jpeg(), np.uint8), cv2.IMREAD_COLOR)
    assert again.shape == plain.shape
    assert np.abs(again.astype(int) - drawn).mean() < 4


def test_the_table_has_a_row_a_face_and_one_for_each_without(analyzer: ExpressionAnalyzer) -> None:
    two = saved(FACE.resize((320, 240)), "PNG")
    wide = np.hstack([load_image(two)] * 2)
    double = cv2.imencode(".png", wide)[1].tobytes()
    found = read_pictures(given(("=1+1.png", double), ("b.png", BLANK), ("c.jpg", b"text")), analyzer)
    table = table_of(faces_csv(found))
    assert list(table["file"]) == ["'=1+1.png", "'=1+1.png", "b.png", "c.jpg"]
    assert table["face"].tolist()[:2] == [1, 2]
    assert table["face"].isna().tolist() == [False, False, True, True]
    assert table["error"].isna().tolist() == [True, True, True, False]
    shares = table[list(LABELS)].to_numpy()[:2]
    assert shares.sum(axis=1) == pytest.approx([1, 1], abs=1e-3)
    assert table["label"][0] == LABELS[int(shares[0].argmax())]
    assert table["confidence"][0] == pytest.approx(shares[0].max(), abs=1e-4)
    assert table["x"][0] != table["x"][1]


def test_a_picture_longer_than_a_jpeg_file_can_be_is_shrunk(analyzer: ExpressionAnalyzer) -> None:
    strip = cv2.imencode(".png", np.full((2, 70_000, 3), 90, np.uint8))[1].tobytes()
    (found,) = read_pictures(given(("strip.png", strip)), analyzer)
    assert load_image(found.annotated_jpeg()).shape[1] == 65_500
    with zipfile.ZipFile(io.BytesIO(annotated_zip([found]))) as archive:
        assert archive.namelist() == ["strip.jpg"]


def test_a_table_of_nothing_has_its_columns() -> None:
    assert list(table_of(faces_csv([])).columns)[:5] == ["file", "width", "height", "error", "face"]


def test_the_zip_that_is_taken_away(analyzer: ExpressionAnalyzer) -> None:
    found = read_pictures(
        given(
            ("a.jpg", GOOD),
            ("A.png", FORMS["png"]),
            ("z.zip", zipped(("../../../a.webp", FORMS["webp"]), ("x/c:\\con|$.jpg", GOOD))),
            ("broken.jpg", b"text"),
        ),
        analyzer,
    )
    with zipfile.ZipFile(io.BytesIO(annotated_zip(found))) as archive:
        assert archive.namelist() == ["a.jpg", "A-2.jpg", "a-3.jpg", "con__.jpg"]
        for name in archive.namelist():
            assert load_image(archive.read(name)).shape[2] == 3


@pytest.mark.parametrize(
    ("content", "error"),
    [pytest.param(b"", "", id="neither"), pytest.param(b"x", "broken", id="both")],
)
def test_a_picture_has_content_or_an_error(content: bytes, error: str) -> None:
    with pytest.raises(ValueError, match="either"):
        ReadPicture("a", content, error=error)
