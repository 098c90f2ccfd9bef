"""The JSON of the command predict."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_core import ExpressionAnalyzer
from fer_core.errors import FerError
from fer_core.labels import LABELS
from fer_core.vision.prediction import predict_pictures


@pytest.fixture(scope="module")
def analyzer(small_model: Path) -> ExpressionAnalyzer:
    return ExpressionAnalyzer.load(small_model)


def save(path: Path, bgr: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(bgr[:, :, ::-1]).save(path)
    return path


def test_the_keys_are_public(analyzer: ExpressionAnalyzer, portrait: np.ndarray, tmp_path: Path) -> None:
    path = save(tmp_path / "portrait.png", portrait)
    result = predict_pictures([path], analyzer)
    assert list(result) == ["images"]
    (row,) = result["images"]
    assert list(row) == ["path", "width", "height", "error", "faces"]
    assert (row["path"], row["width"], row["height"], row["error"]) == (str(path), 512, 512, None)
    (face,) = row["faces"]
    assert list(face) == ["box", "score", "label", "confidence", "probabilities"]
    assert tuple(face["probabilities"]) == LABELS
    assert face["confidence"] == max(face["probabilities"].values()) == face["probabilities"][face["label"]]
    assert 0 <= face["score"] <= 1
    x, y, w, h = face["box"]
    assert x < 222 < x + w
    assert y < 124 < y + h


def test_it_is_json(analyzer: ExpressionAnalyzer, portrait: np.ndarray, tmp_path: Path) -> None:
    result = predict_pictures([save(tmp_path / "a.png", portrait)], analyzer)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_boxes_are_in_the_upright_picture(
    analyzer: ExpressionAnalyzer, portrait: np.ndarray, tmp_path: Path
) -> None:
    """A camera held sideways stores the picture turned and says so in EXIF."""
    wide = portrait[:400]
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / "turned.jpg"
    lying = cv2.rotate(wide, cv2.ROTATE_90_COUNTERCLOCKWISE)
    Image.fromarray(lying[:, :, ::-1]).save(path, exif=exif, quality=95)
    (row,) = predict_pictures([path], analyzer)["images"]
    assert (row["width"], row["height"]) == (512, 400)
    x, y, w, h = row["faces"][0]["box"]
    assert (x + w / 2, y + h / 2) == pytest.approx((222, 120), abs=12)


def test_a_folder_is_walked_and_sorted(analyzer: ExpressionAnalyzer, tmp_path: Path) -> None:
    blank = np.full((20, 20, 3), 9, np.uint8)
    for name in ("b.png", "a.JPG", "deep/er/c.webp", "deep/z.bmp", ".hidden/x.png", ".y.png"):
        save(tmp_path / name, blank)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    result = predict_pictures([tmp_path], analyzer)
    names = [str(Path(row["path"]).relative_to(tmp_path)) for row in result["images"]]
    assert names == ["a.JPG", "b.png", "deep/er/c.webp", "deep/z.bmp"]
    assert all(row["faces"] == [] and row["error"] is None for row in result["images"])


def test_a_bad_picture_is_a_row_with_an_error(
    analyzer: ExpressionAnalyzer, portrait: np.ndarray, tmp_path: Path
) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    save(tmp_path / "good.png", portrait)
    bad, good = predict_pictures([tmp_path], analyzer)["images"]
    assert (bad["width"], bad["height"], bad["faces"]) == (None, None, [])
    assert "bad.jpg" in bad["error"]
    assert good["error"] is None
    assert len(good["faces"]) == 1


def test_a_file_named_outright_is_tried_whatever_it_is_called(
    analyzer: ExpressionAnalyzer, tmp_path: Path
) -> None:
    named = tmp_path / "notes.txt"
    named.write_text("no picture")
    (row,) = predict_pictures([named], analyzer)["images"]
    assert "not a picture" in row["error"]


def test_paths_keep_their_order(analyzer: ExpressionAnalyzer, tmp_path: Path) -> None:
    blank = np.full((20, 20, 3), 9, np.uint8)
    paths = [save(tmp_path / name, blank) for name in ("z.png", "a.png")]
    assert [row["path"] for row in predict_pictures(paths, analyzer)["images"]] == [str(p) for p in paths]


def test_an_empty_folder_gives_no_rows(analyzer: ExpressionAnalyzer, tmp_path: Path) -> None:
    assert predict_pictures([tmp_path], analyzer) == {"images": []}


def test_a_path_that_does_not_exist_stops_before_any_work(
    analyzer: ExpressionAnalyzer, portrait: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = save(tmp_path / "good.png", portrait)
    monkeypatch.setattr(analyzer, "analyze", lambda _: pytest.fail("a picture was read"))
    with pytest.raises(FerError, match="missing"):
        predict_pictures([good, tmp_path / "missing.png"], analyzer)


def test_most_press_photographs_show_one_face(analyzer: ExpressionAnalyzer, test_data: Path) -> None:
    """One face each; 60 photographs, by the even rows only."""
    rows = (test_data / "wild_dev" / "labels.csv").read_text().splitlines()[1::2][::6][:60]
    paths = [test_data / "wild_dev" / row.split(",")[0] for row in rows]
    counts = [len(row["faces"]) for row in predict_pictures(paths, analyzer)["images"]]
    assert len(counts) == 60
    assert counts.count(1) >= 57
