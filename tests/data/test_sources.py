from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import types
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.data import sources
from fer_core.data.reading import FerDataset
from fer_core.data.sources import Registry, download_from_kaggle, read_dataset
from fer_core.data.synthetic import SYNTHETIC, synthetic_sample, write_csv, write_votes
from fer_core.errors import DatasetError
from fer_core.settings import Settings
from tests.fer_files import line, write_file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment(
        {"FACET_HOME": str(tmp_path / "home"), "FACET_DATASET": str(tmp_path / "no")}
    )


@pytest.fixture
def registry(settings: Settings) -> Registry:
    return Registry(settings)


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    return write_file(tmp_path / "mine.csv", line(0), line(3))


def names(registry: Registry) -> list[str]:
    return [source.name for source in registry.sources()]


def test_on_a_fresh_machine_there_is_the_synthetic_sample(registry: Registry) -> None:
    (source,) = registry.sources()
    assert source.name == SYNTHETIC
    assert source.synthetic
    assert registry.open(source).identity == synthetic_sample().identity


def test_the_real_file_comes_first_with_its_votes(tmp_path: Path) -> None:
    sample = synthetic_sample(30)
    write_csv(sample, tmp_path / "fer2013.csv")
    write_votes(sample, tmp_path / "votes.csv")
    registry = Registry(
        Settings.from_environment(
            {
                "FACET_HOME": str(tmp_path / "home"),
                "FACET_DATASET": str(tmp_path / "fer2013.csv"),
                "FACET_VOTES": str(tmp_path / "votes.csv"),
            }
        )
    )
    first, last = registry.sources()
    assert (first.name, last.name) == ("fer2013.csv", SYNTHETIC)
    assert registry.open(first).identity == sample.identity


def test_what_is_added_stays_and_can_be_taken_away(
    registry: Registry, settings: Settings, csv_file: Path
) -> None:
    source = registry.add(csv_file)
    assert names(Registry(settings)) == ["mine.csv", SYNTHETIC]
    registry.remove(source.name)
    assert names(Registry(settings)) == [SYNTHETIC]
    assert csv_file.exists()


def test_votes_beside_a_file_join_by_themselves(registry: Registry, tmp_path: Path) -> None:
    sample = synthetic_sample(30)
    write_csv(sample, tmp_path / "a.csv")
    write_votes(sample, tmp_path / "fer2013new.csv")
    assert registry.open(registry.add(tmp_path / "a.csv")).votes is not None


def test_two_files_of_one_name_get_two_names(registry: Registry, csv_file: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = write_file(tmp_path / "other" / "mine.csv", line(4))
    registry.add(csv_file)
    registry.add(other)
    registry.add(csv_file)
    assert names(registry) == ["mine.csv (2)", "mine.csv", SYNTHETIC] or names(registry) == [
        "mine.csv",
        "mine.csv (2)",
        SYNTHETIC,
    ]
    assert {registry.open(registry.find(name)).emotion.tolist()[0] for name in names(registry)[:2]} == {0, 4}


@pytest.mark.parametrize("content", [b"nothing", b"emotion,pixels,Usage\n"])
def test_what_is_of_no_use_never_enters_the_list(registry: Registry, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(DatasetError):
        registry.add(tmp_path / "bad.csv")
    with pytest.raises(DatasetError):
        registry.add_upload("bad.csv", io.BytesIO(content))
    assert names(registry) == [SYNTHETIC]
    assert not list((tmp_path / "home" / "uploads").glob("*"))


def test_an_upload_is_kept_once_and_goes_when_it_is_removed(
    registry: Registry, csv_file: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        source = registry.add_upload("mine.csv", io.BytesIO(csv_file.read_bytes()))
    kept = list((tmp_path / "home" / "uploads").rglob("*.csv"))
    assert len(kept) == 1
    registry.remove(source.name)
    assert not kept[0].exists()


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "", "con.csv", "x" * 300 + ".csv"])
def test_an_upload_s_name_reaches_nowhere_else(
    name: str, registry: Registry, csv_file: Path, tmp_path: Path
) -> None:
    source = registry.add_upload(name, io.BytesIO(csv_file.read_bytes()))
    assert source.path is not None
    assert (tmp_path / "home" / "uploads").resolve() in source.path.resolve().parents


def test_an_upload_brings_its_votes(registry: Registry, tmp_path: Path) -> None:
    sample = synthetic_sample(30)
    write_csv(sample, tmp_path / "a.csv")
    write_votes(sample, tmp_path / "v.csv")
    content, votes = (io.BytesIO((tmp_path / name).read_bytes()) for name in ("a.csv", "v.csv"))
    assert registry.open(registry.add_upload("a.csv", content, votes)).identity == sample.identity


def test_too_large_an_upload_is_refused(
    registry: Registry, csv_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_UPLOADED", 1_000)
    with pytest.raises(DatasetError, match="larger than"):
        registry.add_upload("mine.csv", io.BytesIO(csv_file.read_bytes()))


def test_nobody_reads_a_file_twice(
    registry: Registry, csv_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = registry.add(csv_file)
    registry = Registry(registry._settings)
    calls: list[int] = []
    both_wait = threading.Barrier(2)

    def slow(*arguments: object, **options: object) -> FerDataset:
        calls.append(1)
        return read_dataset(csv_file)

    monkeypatch.setattr(sources, "read_dataset", slow)
    opened: list[FerDataset] = []

    def visit() -> None:
        both_wait.wait(10)
        opened.append(registry.open(source))

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(20)
    assert calls == [1]
    assert opened[0] is opened[1]


def test_a_changed_file_is_opened_anew(registry: Registry, csv_file: Path) -> None:
    source = registry.add(csv_file)
    before = registry.open(source)
    write_file(csv_file, line(6))
    assert registry.open(source).emotion.tolist() == [6]
    assert before.emotion.tolist() == [0, 3]


def test_the_synthetic_sample_has_files_that_read_back_the_same(registry: Registry) -> None:
    source = registry.find(SYNTHETIC)
    data, votes = registry.files_of(source)
    assert read_dataset(data, votes).identity == registry.open(source).identity


@pytest.mark.parametrize("content", ["{", "[1]", '[{"name": 1}]'])
def test_a_damaged_list_is_an_empty_one(registry: Registry, tmp_path: Path, content: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "datasets.json").write_text(content)
    assert names(registry) == [SYNTHETIC]


def test_an_unknown_name_lists_the_known_ones(registry: Registry) -> None:
    with pytest.raises(DatasetError, match=SYNTHETIC):
        registry.find("gone")


def fake_kagglehub(monkeypatch: pytest.MonkeyPatch, download: object) -> None:
    module = types.ModuleType("kagglehub")
    module.dataset_download = download  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kagglehub", module)


def test_a_download_gives_its_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_kagglehub(monkeypatch, lambda name: str(tmp_path))
    assert download_from_kaggle() == tmp_path


def test_without_the_package_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(DatasetError, match="pip install kagglehub"):
        download_from_kaggle()


def test_without_a_network_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> str:
        raise ConnectionError("no route\nto host")

    fake_kagglehub(monkeypatch, fail)
    with pytest.raises(DatasetError, match=r"no route\).*by hand") as caught:
        download_from_kaggle()
    assert len(str(caught.value).splitlines()) == 1


def test_votes_never_join_pictures(tmp_path: Path) -> None:
    picture = tmp_path / "set" / "train" / "sad" / "1.png"
    picture.parent.mkdir(parents=True)
    cv2.imwrite(str(picture), np.full((48, 48), 90, np.uint8))
    with pytest.raises(DatasetError, match="votes cannot join"):
        read_dataset(tmp_path / "set", tmp_path / "fer2013new.csv")


def test_votes_beside_a_zip_are_not_taken_for_its_own(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "train/sad/1.png", cv2.imencode(".png", np.full((48, 48), 90, np.uint8))[1].tobytes()
        )
    (tmp_path / "fer2013new.csv").write_text("nothing")
    assert Registry(settings).add(path).votes is None


def test_an_upload_under_another_name_or_with_bad_votes_leaves_the_first_alone(
    settings: Settings, tmp_path: Path
) -> None:
    registry = Registry(settings)
    content = write_file(tmp_path / "f.csv", line(0), line(4)).read_bytes()
    first = registry.add_upload("mine.csv", io.BytesIO(content))
    with pytest.raises(DatasetError):
        registry.add_upload("mine.csv", io.BytesIO(content), io.BytesIO(b"nothing"))
    registry.add_upload("other.csv", io.BytesIO(content))
    registry.remove("other.csv")
    assert len(registry.open(registry.find(first.name))) == 2


def test_visitors_who_add_at_once_are_all_on_the_list(settings: Settings, tmp_path: Path) -> None:
    registry = Registry(settings)
    files = [write_file(tmp_path / f"{at}.csv", line(0), line(at % 7)) for at in range(8)]
    threads = [threading.Thread(target=registry.add, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {file.name for file in files} <= set(names(registry))


def test_app_processes_that_add_at_once_are_all_on_the_list(settings: Settings, tmp_path: Path) -> None:
    files = [write_file(tmp_path / f"{at}.csv", line(0), line(at)) for at in range(3)]
    script = (
        "import sys; from pathlib import Path; from fer_core.data.sources import Registry; "
        "from fer_core.settings import Settings; registry = Registry(Settings.from_environment()); "
        "sys.stdin.readline(); registry.add(Path(sys.argv[1]))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(file)],
            stdin=subprocess.PIPE,
            env={**os.environ, "FACET_HOME": str(settings.home)},
        )
        for file in files
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert {file.name for file in files} <= set(names(Registry(settings)))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("~nosuchuser/fer2013.csv", id="no such user"),
        pytest.param("x" * 300, id="a name too long for any file system"),
        pytest.param("a\0b", id="a zero byte"),
        pytest.param("nowhere/fer2013.csv", id="nothing there"),
    ],
)
def test_a_path_that_leads_nowhere_is_one_sentence(registry: Registry, path: str) -> None:
    with pytest.raises(DatasetError):
        registry.add(Path(path))


def test_a_home_that_cannot_be_written_is_one_sentence(csv_file: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file")
    registry = Registry(
        Settings.from_environment(
            {"FACET_HOME": str(tmp_path / "blocked"), "FACET_DATASET": str(tmp_path / "no")}
        )
    )
    with pytest.raises(DatasetError, match="cannot be written"):
        registry.add(csv_file)
    with pytest.raises(DatasetError, match="cannot be written"):
        registry.files_of(registry.find(SYNTHETIC))


def test_a_file_that_went_is_named_without_its_path(registry: Registry, csv_file: Path) -> None:
    source = registry.add(csv_file)
    csv_file.unlink()
    with pytest.raises(DatasetError, match="is gone") as caught:
        registry.open(source)
    assert str(csv_file.parent) not in str(caught.value)


def test_the_settings_file_can_be_added_again_with_votes(tmp_path: Path) -> None:
    sample = synthetic_sample(30)
    write_csv(sample, tmp_path / "mine.csv")
    write_votes(sample, tmp_path / "votes.csv")
    registry = Registry(
        Settings.from_environment(
            {
                "FACET_HOME": str(tmp_path / "home"),
                "FACET_DATASET": str(tmp_path / "mine.csv"),
                "FACET_VOTES": str(tmp_path / "no"),
            }
        )
    )
    added = registry.add(tmp_path / "mine.csv", tmp_path / "votes.csv")
    assert registry.open(registry.find(added.name)).votes is not None


def test_a_removed_upload_leaves_no_face_behind(
    registry: Registry, settings: Settings, csv_file: Path
) -> None:
    source = registry.add_upload("mine.csv", io.BytesIO(csv_file.read_bytes()))
    assert list(settings.home.rglob("pixels.npy"))
    registry.remove(source.name)
    assert not list(settings.home.rglob("pixels.npy"))
    assert not list(settings.home.rglob("*.csv"))


def test_a_file_name_that_is_no_utf8_costs_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "faces"
    (folder / "train" / "happy").mkdir(parents=True)
    cv2.imwrite(str(folder / "train" / "happy" / "1.png"), np.arange(48 * 48, dtype=np.uint8).reshape(48, 48))
    (folder / os.fsdecode(b"\xff.txt")).touch()
    settings = Settings.from_environment({"FACET_HOME": str(tmp_path / "home"), "FACET_DATASET": "no"})
    registry = Registry(settings)
    assert len(registry.open(registry.add(folder, name="any/name"))) == 1
    assert "any/name" in names(registry)
