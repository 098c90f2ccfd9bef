"""Where data sets come from, and the one list of those known here."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath
from typing import Final

from fer_core.data.cache import DatasetCache
from fer_core.data.pictures import read_folder, read_zip
from fer_core.data.reading import FerDataset, Progress, join_votes, read_csv
from fer_core.data.synthetic import SYNTHETIC, synthetic_sample, write_csv, write_votes
from fer_core.errors import DatasetError
from fer_core.file_store import folder_lock, write_atomically
from fer_core.settings import Settings

#: Largest upload, bytes: the challenge's file has 301 MB.
MOST_UPLOADED: Final = 400_000_000

#: What FER+ calls its file of votes.
VOTES_NAME: Final = "fer2013new.csv"

#: Data sets kept in memory; the real one takes some 80 MB.
_MOST_OPEN: Final = 3

#: The re-issue of FER-2013 that the download fetches.
KAGGLE_DATASET: Final = "msambare/fer2013"


@dataclass(frozen=True)
class Source:
    """A data set known here.

    Attributes:
        name: what people choose it by.
        path: a CSV, a zip or a folder; None for the synthetic sample, which is drawn.
        votes: its FER+ votes, or None.
        added: whether a person added it, and may take it off the list again.
    """

    name: str
    path: Path | None
    votes: Path | None = None
    added: bool = False

    @property
    def synthetic(self) -> bool:
        """Whether the faces are drawn by code."""
        return self.path is None


def read_dataset(
    path: Path,
    votes: Path | None = None,
    *,
    cache: DatasetCache | None = None,
    progress: Progress | None = None,
) -> FerDataset:
    """Read a data set from a CSV, a zip or a folder of pictures, and join its votes.

    Raises:
        DatasetError: what is there cannot be used.
    """
    if votes is not None and (path.is_dir() or path.suffix.lower() == ".zip"):
        raise DatasetError(
            f"{path.name} holds pictures, whose order is not FER-2013's, so FER+ votes cannot join. Leave the votes out, "
            "or take the CSV."
        )
    file_reader = read_zip if path.suffix.lower() == ".zip" else read_csv
    read: Callable[[Path, Progress | None], FerDataset] = read_folder if path.is_dir() else file_reader
    dataset = cache.open(path, read, progress) if cache is not None else read(path, progress)
    return join_votes(dataset, votes) if votes is not None else dataset


class Registry:
    """The data sets known here: the one the settings name, the synthetic sample, and those people added.

    What was added is kept in ``datasets.json`` under FACET_HOME.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = settings.home / "datasets.json"
        self._uploads = settings.home / "uploads"
        self.cache = DatasetCache(settings.home / "cache" / "datasets")
        self._opened: OrderedDict[str, FerDataset] = OrderedDict()
        self._room = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def sources(self) -> tuple[Source, ...]:
        """Every data set, the real one first and the synthetic sample last."""
        known: list[Source] = []
        if self._settings.dataset.exists():
            votes = self._settings.votes if self._settings.votes.is_file() else None
            known.append(Source(self._settings.dataset.name, self._settings.dataset, votes))
        taken = {source.name for source in known} | {SYNTHETIC}
        known += [source for source in self._added() if source.name not in taken]
        return (*known, Source(SYNTHETIC, None))

    def find(self, name: str) -> Source:
        """The data set of that name; DatasetError lists the valid ones."""
        for source in self.sources():
            if source.name == name:
                return source
        names = ", ".join(source.name for source in self.sources())
        raise DatasetError(f"There is no data set named {name!r}; there are {names}.")

    def add(
        self,
        path: Path,
        votes: Path | None = None,
        progress: Progress | None = None,
        *,
        name: str | None = None,
    ) -> Source:
        """Add what lies at a path; it is opened once, so that nothing unusable enters the list.

        Without ``votes``, a file VOTES_NAME beside a CSV is taken for its votes; without ``name`` its own name serves.

        Raises:
            DatasetError: it cannot be used.
        """
        path = existing_path(path)
        beside = path.with_name(VOTES_NAME)
        if votes is None and path.is_file() and path.suffix.lower() != ".zip" and beside.is_file():
            votes = beside
        votes = existing_path(votes) if votes is not None else None
        self.open(Source(path.name, path, votes), progress)
        wanted = name or path.name
        with self._changing() as added:
            added[:] = [source for source in added if source.path != path]
            names = {source.name for source in self.sources() if not (source.added and source.path == path)}
            name, number = wanted, 2
            while name in names:
                name, number = f"{wanted} ({number})", number + 1
            added.append(Source(name, path, votes, added=True))
            return added[-1]

    def add_upload(
        self, name: str, content: BytesIO, votes: BytesIO | None = None, progress: Progress | None = None
    ) -> Source:
        """Keep an uploaded CSV or zip, and its votes, under FACET_HOME and add it; the same content is kept once.

        Raises:
            DatasetError: too large, no room, or of no use.
        """
        whole = hashlib.sha256(content.getbuffer())
        # Other votes or another name make another upload: none may change or take away somebody else's.
        whole.update(b"" if votes is None else votes.getbuffer())
        whole.update(name.encode("utf-8", errors="replace"))
        digest = whole.hexdigest()
        if content.getbuffer().nbytes > MOST_UPLOADED:
            raise DatasetError(f"{name} is larger than {MOST_UPLOADED // 1_000_000} MB.")
        suffix = ".zip" if name.lower().endswith(".zip") else ".csv"
        folder = self._uploads / digest[:16]
        path = folder / f"{PurePath(name).stem[:60] or 'upload'}{suffix}"
        fresh = not folder.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for target, source in ((path, content), (folder / VOTES_NAME, votes)):
                if source is not None:
                    source.seek(0)
                    with target.open("wb") as file:
                        shutil.copyfileobj(source, file)
            return self.add(path, progress=progress)
        except BaseException as error:
            # Also when the visitor leaves while it is read: an upload nobody lists must not stay.
            if fresh:
                shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise DatasetError(f"{name} cannot be kept here: {error.strerror}.") from error
            raise

    def remove(self, name: str) -> None:
        """Take a data set that was added off the list; an upload's file goes, a file of the person's stays."""
        for source in self._added():
            if source.name == name and source.path is not None and self._uploads in source.path.parents:
                if source.path.exists():
                    self.cache.forget(source.path)
                shutil.rmtree(source.path.parent, ignore_errors=True)
        with self._changing() as added:
            added[:] = [source for source in added if source.name != name]

    def open(self, source: Source, progress: Progress | None = None) -> FerDataset:
        """The rows of a data set, with its votes; what is open already is shared, and nobody reads it a second time.

        Raises:
            DatasetError: the file is gone or cannot be used.
        """
        if source.path is not None and not source.path.exists():
            raise DatasetError(f"The file of {source.name!r} is gone. Put it back, or take it off the list.")
        key = self._key(source)
        with self._locks[key]:
            dataset = self._opened.get(key)
            if dataset is None:
                dataset = (
                    synthetic_sample()
                    if source.path is None
                    else read_dataset(source.path, source.votes, cache=self.cache, progress=progress)
                )
            # The lock above is this data set's alone; another visitor may be making room just now.
            with self._room:
                self._opened[key] = dataset
                self._opened.move_to_end(key)
                while len(self._opened) > _MOST_OPEN:
                    self._opened.popitem(last=False)
        return dataset

    def _key(self, source: Source) -> str:
        if source.path is None:
            return SYNTHETIC
        votes = self.cache.digest(source.votes) if source.votes is not None else ""
        return f"{self.cache.digest(source.path)} {votes}"

    def files_of(self, source: Source) -> tuple[Path, Path | None]:
        """The data and votes as files that the command line takes; the synthetic sample is written first."""
        if source.path is not None:
            return source.path, source.votes
        dataset = self.open(source)
        folder = self._settings.home / "cache" / f"synthetic-{dataset.fingerprint[:12]}"
        data, votes = folder / "synthetic-sample.csv", folder / VOTES_NAME
        try:
            if not votes.exists():
                folder.mkdir(parents=True, exist_ok=True)
                write_csv(dataset, data)
                write_votes(dataset, votes)
        except OSError as error:
            raise DatasetError(f"The sample cannot be written to {folder}: {error.strerror}.") from error
        return data, votes

    def _added(self) -> list[Source]:
        try:
            entries = json.loads(self._file.read_text(encoding="utf-8"))
            return [
                Source(
                    str(entry["name"]),
                    Path(entry["path"]),
                    Path(entry["votes"]) if entry.get("votes") else None,
                    added=True,
                )
                for entry in entries
            ]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    @contextmanager
    def _changing(self) -> Iterator[list[Source]]:
        """The list of what was added, to be changed in place; two who change it at once both succeed."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with folder_lock(self._file.parent):
                added = self._added()
                yield added
                entries = [
                    {
                        key: str(value)
                        for key, value in dataclasses.asdict(source).items()
                        if value and key != "added"
                    }
                    for source in added
                ]
                write_atomically(self._file, json.dumps(entries, indent=1))
        except OSError as error:
            raise DatasetError(f"The list {self._file} cannot be written: {error.strerror}.") from error


def existing_path(path: Path) -> Path:
    """The whole path of something that is there; DatasetError where it is not, or cannot be asked for."""
    try:
        whole = path.expanduser().resolve()
        found = whole.exists()
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DatasetError(f"{str(path)[:200]} cannot be opened: {str(reason).rstrip('.')}.") from None
    if not found:
        raise DatasetError(f"There is no file or folder at {whole}.")
    return whole


def download_from_kaggle() -> Path:
    """Fetch KAGGLE_DATASET (folders of pictures) through ``kagglehub``; gives its folder.

    Raises:
        DatasetError: the package, the network or Kaggle's permission is missing.
    """
    try:
        import kagglehub
    except ImportError:
        raise DatasetError(
            "The download needs the package kagglehub (pip install kagglehub); data/README.md says how to get "
            "the file by hand."
        ) from None
    try:
        return Path(kagglehub.dataset_download(KAGGLE_DATASET))
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise DatasetError(
            f"Kaggle could not be reached or refused the download ({reason}). Check the network, or get the file by "
            "hand as data/README.md says."
        ) from error
