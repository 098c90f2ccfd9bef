from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from fer_core.archive.listing import list_archive
from fer_core.errors import MediaError


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jpg", "picture"),
        ("deep/er/b.PNG", "picture"),
        ("c.mp4", "video"),
        ("d.WebM", "video"),
        ("notes.txt", None),
        (".hidden.jpg", None),
        (".git/e.jpg", None),
        ("no_ending", None),
    ],
)
def test_pictures_and_videos_count_by_their_endings(name: str, kind: str | None, tmp_path: Path) -> None:
    (tmp_path / "always.jpg").write_bytes(b"12345")
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"1234567")
    found = {each.name: each for each in list_archive(str(tmp_path))}
    assert found["always.jpg"].size == 5
    assert (found[name].kind if name in found else None) == kind


def test_the_order_is_that_of_the_names(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/z.jpg", "c.mp4", "a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    names = [each.name for each in list_archive(str(tmp_path))]
    assert names == sorted(names)
    assert len(names) == 4


def test_one_file_is_an_archive(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(b"1")
    (file,) = list_archive(str(tmp_path / "one.jpg"))
    assert file.name == "one.jpg"


def test_an_url_is_an_archive() -> None:
    system = fsspec.filesystem("memory")
    system.pipe("/facet-listing/deep/a.jpg", b"123")
    try:
        (file,) = list_archive("memory://facet-listing")
        assert (file.name, file.size) == ("deep/a.jpg", 3)
        with fsspec.open(file.url, "rb") as opened:
            assert opened.read() == b"123"
    finally:
        system.rm("/facet-listing", recursive=True)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere", "no folder or file"),
        ("quite-another://bucket/x", "cannot be read"),
        ("", "holds neither"),
    ],
)
def test_what_is_no_archive_is_said(source: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=said):
        list_archive(source if "://" in source else str(tmp_path / source))
