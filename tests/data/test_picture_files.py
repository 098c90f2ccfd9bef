from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import pytest

from fer_core.data import picture_files
from fer_core.data.picture_files import class_of, folder_files, why_unreadable, zip_files
from fer_core.errors import DatasetError, ImageError
from fer_core.labels import FER2013_LABELS


@pytest.mark.parametrize(
    ("name", "label"),
    [
        pytest.param("happy/1.jpg", "happy", id="a label"),
        pytest.param("a/b/Anger/1.PNG", "angry", id="another word for it, any case, any depth"),
        pytest.param("train\\sadness\\1.webp", "sad", id="written on Windows"),
        pytest.param("happy.jpg", None, id="no folder"),
        pytest.param("other/1.jpg", None, id="no class"),
        pytest.param("happy/notes.txt", None, id="no picture"),
        pytest.param("happy/deeper/1.jpg", None, id="the class is not the last folder"),
    ],
)
def test_the_last_folder_names_the_class(name: str, label: str | None) -> None:
    assert class_of(name) == (None if label is None else FER2013_LABELS.index(label))


def test_a_folder_is_walked_in_order_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.txt").write_bytes(b"one")
    (tmp_path / "a.txt").write_bytes(b"a")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    files = folder_files(tmp_path, 10)
    assert list(files) == ["a.txt", "b/1.txt"]
    assert files["b/1.txt"]() == b"one"


def test_a_file_that_is_too_large_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert folder_files(tmp_path, 5)["a"]() == b"12345"
    with pytest.raises(ImageError, match="at most 4"):
        folder_files(tmp_path, 4)["a"]()


def test_no_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no folder"):
        folder_files(tmp_path / "absent", 5)


def zipped(**files: bytes) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    content.seek(0)
    return content


def test_a_zip_is_read_within_bounds() -> None:
    with zip_files(zipped(a=b"one", b=b"123456"), "it", 5) as files:
        assert files["a"]() == b"one"
        with pytest.raises(ImageError, match="claims 6 bytes"):
            files["b"]()


def test_an_encrypted_member_is_told() -> None:
    content = zipped(a=b"one").getvalue()
    flagged = bytearray(content)
    # The flag of encryption stands in the local header and in the directory.
    flagged[6] |= 1
    flagged[content.rindex(b"PK\x01\x02") + 8] |= 1
    with (
        zip_files(io.BytesIO(bytes(flagged)), "it", 5) as files,
        pytest.raises(ImageError, match="encrypted"),
    ):
        files["a"]()


def test_a_zip_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "MOST_UNPACKED", 100)
    with pytest.raises(DatasetError, match="unpacks to"), zip_files(zipped(a=bytes(101)), "it", 1_000):
        pass


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param(io.BytesIO(b"no zip"), "cannot be opened as a zip", id="no zip"),
        pytest.param(Path("/nowhere/it.zip"), "There is no file", id="no file"),
    ],
)
def test_what_is_no_zip_is_one_sentence(source: Path | io.BytesIO, words: str) -> None:
    with pytest.raises(DatasetError, match=words), zip_files(source, "it", 5):
        pass


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(ImageError("it is encrypted"), "it is encrypted", id="said in words"),
        pytest.param(ValueError(), "ValueError", id="nothing said"),
        pytest.param(zlib.error("Error -3 while decompressing"), "error", id="words that help nobody"),
    ],
)
def test_a_picture_says_why_it_could_not_be_read(error: Exception, words: str) -> None:
    line = why_unreadable("a\x1b[2J.png", error)
    assert line.endswith(words)
    assert "\x1b" not in line
    assert len(why_unreadable("x" * 1_000, error)) == 300
