from __future__ import annotations

import io
import stat
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
        pytest.param("disgusted/1.bmp", "disgust", id="a word for disgust"),
        pytest.param("fearful/1.jpeg", "fear", id="a word for fear"),
        pytest.param("HAPPINESS/1.JPG", "happy", id="a word for happy, shouted"),
        pytest.param("surprised/1.Png", "surprise", id="a word for surprise"),
        pytest.param("a\\b/neutral\\1.png", "neutral", id="both slashes"),
        pytest.param("happy/sad/1.jpg", "sad", id="of two classes the inner one"),
        pytest.param("happy/a.b.c.jpg", "happy", id="many dots"),
        pytest.param("happy.jpg", None, id="no folder"),
        pytest.param("happy/1.jpg.txt", None, id="the ending is not the last one"),
        pytest.param("happy/1", None, id="no ending"),
        pytest.param("happy/1.gif", None, id="another kind of picture"),
        pytest.param("unhappy/1.jpg", None, id="a class within a word"),
        pytest.param("happy/", None, id="a folder alone"),
        pytest.param("", None, id="nothing"),
        pytest.param("other/1.jpg", None, id="no class"),
        pytest.param("happy/notes.txt", None, id="no picture"),
        pytest.param("__MACOSX/happy/._1.png", None, id="what a Mac packs beside each picture"),
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


def test_a_name_that_is_no_text_is_one_sentence() -> None:
    content = bytearray(zipped(**{"name.png": b"x"}).getvalue())
    directory = content.rindex(b"PK\x01\x02")
    # Flagged as UTF-8 in both places, and then not.
    content[7] |= 8
    content[directory + 9] |= 8
    content = content.replace(b"name.png", b"\xff\xfeme.png")
    with (
        pytest.raises(DatasetError, match="cannot be opened as a zip"),
        zip_files(io.BytesIO(bytes(content)), "it", 5),
    ):
        pass


def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside" / "happy").mkdir(parents=True)
    (tmp_path / "outside" / "happy" / "1.jpg").write_bytes(b"secret")
    (tmp_path / "mine" / "sad").mkdir(parents=True)
    (tmp_path / "mine" / "sad" / "2.jpg").write_bytes(b"own")
    (tmp_path / "mine" / "happy").symlink_to(tmp_path / "outside" / "happy")
    (tmp_path / "mine" / "round").symlink_to(tmp_path / "mine")
    assert list(folder_files(tmp_path / "mine", 10)) == ["sad/2.jpg"]


def test_a_zip_s_folders_and_links_are_no_files_of_it() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.mkdir("happy")
        archive.writestr("happy/2.jpg", b"two")
        archive.writestr("happy/1.jpg", b"one")
        link = zipfile.ZipInfo("happy/link.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/hostname")
    with zip_files(content, "it", 10) as files:
        assert list(files) == ["happy/1.jpg", "happy/2.jpg"]
        assert [read() for read in files.values()] == [b"one", b"two"]


def test_a_zip_on_disk_is_read_as_an_open_one(tmp_path: Path) -> None:
    (tmp_path / "it.zip").write_bytes(zipped(a=b"one").getvalue())
    with zip_files(tmp_path / "it.zip", "it", 5) as files:
        assert files["a"]() == b"one"


@pytest.mark.parametrize(
    "claimed", [pytest.param(10, id="less than the bound"), pytest.param(1_000, id="the bound itself")]
)
def test_a_member_larger_than_it_claims_is_never_given_whole(claimed: int) -> None:
    raw = bytearray(zipped(a=bytes(1_000_000)).getvalue())
    directory = raw.rindex(b"PK\x01\x02")
    # The size once unpacked stands in the local header and in the directory.
    raw[22:26] = raw[directory + 24 : directory + 28] = claimed.to_bytes(4, "little")
    with zip_files(io.BytesIO(bytes(raw)), "it", 1_000) as files, pytest.raises(zipfile.BadZipFile):
        files["a"]()


def test_a_cut_zip_is_one_sentence() -> None:
    whole = zipped(a=bytes(500), b=b"two").getvalue()
    with (
        pytest.raises(DatasetError, match="it cannot be opened as a zip"),
        zip_files(io.BytesIO(whole[: len(whole) // 2]), "it", 500),
    ):
        pass


def test_a_folder_is_no_zip(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="it cannot be opened as a zip"), zip_files(tmp_path, "it", 5):
        pass


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param("\x1b", id="begins a terminal's command"),
        pytest.param("\n", id="a new line"),
        pytest.param("\r", id="back to the line's beginning"),
        pytest.param("\0", id="nothing"),
        pytest.param("\u202e", id="turns the reading direction"),
        pytest.param("\udcff", id="a byte that is no text"),
    ],
)
def test_a_name_cannot_act(sign: str) -> None:
    line = why_unreadable(f"happy/a{sign}b.png", ImageError("it is empty"))
    assert sign not in line
    assert line.isprintable()
    assert line.endswith("b.png': it is empty")


def test_a_member_without_a_name_is_passed_over() -> None:
    content = zipped(x=b"1", yes=b"2").getvalue().replace(b"x", b"\0")
    with zip_files(io.BytesIO(content), "it", 5) as files:
        assert [name for name in files if name] == ["yes"]
