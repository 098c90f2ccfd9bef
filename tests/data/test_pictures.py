from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.data import picture_files
from fer_core.data.pictures import read_folder, read_zip
from fer_core.errors import DatasetError
from fer_core.labels import FER2013_LABELS


def save(folder: Path, name: str, value: int = 90, side: int = 48) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    face = np.random.default_rng(value).integers(0, 60, (side, side)) + value
    cv2.imwrite(str(path), face.astype(np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "set"
    for at, label in enumerate(FER2013_LABELS):
        save(root, f"train/{label}/1.png", at * 10)
    save(root, "test/happy/2.png", 120)
    return root


def zip_of(folder: Path, inside: str = "") -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, inside + file.relative_to(folder).as_posix())
    return path


def test_folders_become_rows_with_their_label_and_split(folder: Path) -> None:
    dataset = read_folder(folder)
    assert len(dataset) == 8
    found = dict(zip(dataset.usage.tolist(), dataset.emotion.tolist(), strict=True))
    assert found["PublicTest"] == FER2013_LABELS.index("happy")
    assert sorted(dataset.emotion[dataset.usage == "Training"].tolist()) == list(range(7))
    expected = cv2.imread(str(folder / "test/happy/2.png"), cv2.IMREAD_GRAYSCALE)
    assert (dataset.pixels[dataset.usage == "PublicTest"][0] == expected).all()


@pytest.mark.parametrize("inside", ["", "fer2013/", "a/b/"], ids=["plain", "in a folder", "in two folders"])
def test_a_zip_is_its_folder(folder: Path, inside: str) -> None:
    assert read_zip(zip_of(folder, inside)).fingerprint == read_folder(folder).fingerprint


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("Training/Happy/1.png", "Training"),
        ("PrivateTest/happiness/1.png", "PrivateTest"),
        ("validation/HAPPY/1.PNG", "PublicTest"),
    ],
)
def test_common_spellings_are_understood(tmp_path: Path, name: str, usage: str) -> None:
    save(tmp_path, name)
    dataset = read_folder(tmp_path)
    assert dataset.usage.tolist() == [usage]
    assert dataset.emotion.tolist() == [FER2013_LABELS.index("happy")]


def test_a_larger_and_a_colour_picture_become_48_grey_pixels(tmp_path: Path) -> None:
    save(tmp_path, "train/sad/large.png", 40, side=96)
    (tmp_path / "train/sad/colour.png").write_bytes(
        cv2.imencode(".png", np.full((20, 30, 3), (0, 0, 255), np.uint8))[1].tobytes()
    )
    dataset = read_folder(tmp_path)
    assert dataset.pixels.shape == (2, 48, 48)
    assert dataset.pixels[0].min() == dataset.pixels[0].max() == 76


def test_what_cannot_be_read_is_set_aside_and_keeps_its_number(folder: Path) -> None:
    (folder / "train/angry/0.png").write_bytes(b"no picture")
    dataset = read_folder(folder)
    assert len(dataset) == 8
    (bad,) = dataset.bad_rows
    assert "train/angry/0.png" in bad.reason
    assert bad.line - 1 not in dataset.row.tolist()
    assert dataset.row.max() == 8


def test_other_files_are_no_part_of_it(folder: Path) -> None:
    before = read_folder(folder).fingerprint
    (folder / "README.txt").write_text("hello")
    (folder / "train/happy/notes.txt").write_text("hello")
    save(folder, "thumbs/1.png")
    assert read_folder(folder).fingerprint == before


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    save(tmp_path, "outside.png")
    (folder / "train/happy/link.png").symlink_to(tmp_path / "outside.png")
    assert len(read_folder(folder)) == 8


def test_progress_reaches_the_end(folder: Path) -> None:
    told: list[float] = []
    read_folder(folder, told.append)
    assert told == sorted(told)
    assert told[-1] == 1


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda root: root.mkdir(), "no class folders"),
        (lambda root: save(root, "happy/1.png"), "no class folders"),
        (lambda root: None, "no folder at"),
    ],
    ids=["empty", "classes without splits", "missing"],
)
def test_a_folder_of_no_use_is_one_sentence(tmp_path: Path, make: object, sentence: str) -> None:
    root = tmp_path / "root"
    make(root)  # type: ignore[operator]
    with pytest.raises(DatasetError, match=sentence):
        read_folder(root)


def test_a_picture_too_large_for_a_face_is_set_aside_before_it_is_decoded(folder: Path) -> None:
    cv2.imwrite(str(folder / "train/happy/big.png"), np.zeros((2_001, 2_000), np.uint8))
    dataset = read_folder(folder)
    assert len(dataset) == 8
    assert "4,002,000" in dataset.bad_rows[0].reason or "2,000 x 2,001" in dataset.bad_rows[0].reason


def test_a_zip_that_unpacks_to_too_much_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "MOST_UNPACKED", 1_000)
    with pytest.raises(DatasetError, match="unpacks to"):
        read_zip(zip_of(folder))


def test_a_name_cannot_act_in_a_terminal_or_a_spreadsheet(tmp_path: Path) -> None:
    save(tmp_path, "train/happy/1.png")
    (tmp_path / "train/happy/=1+1\x1b[31m.png").write_bytes(b"no picture")
    (bad,) = read_folder(tmp_path).bad_rows
    assert "\x1b" not in bad.reason
    assert bad.reason.startswith("'train")
