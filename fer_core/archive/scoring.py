"""Scores an archive on all cores of a machine or a cluster: Ray Data hands out the files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.archive.listing import ArchiveFile, list_archive
from fer_core.archive.reading import ArchiveReader
from fer_core.archive.tables import ScoreFolder, ScoreSettings
from fer_core.cluster import need_ray, ray_session
from fer_core.errors import MediaError
from fer_core.model_folder import ModelFolder, active_model
from fer_core.settings import Settings
from fer_core.vision.detectors import load_detector

#: Pictures that make a part: a killed run loses at most so many of each worker.
_PICTURES_A_PART: Final = 32
#: Seconds between two looks at how far it is.
_LOOK: Final = 0.5


@dataclass(frozen=True)
class ScoreProgress:
    """How far it is: files that are done of how many, those of them that could not be read, faces, and seconds left."""

    files: int
    of: int
    broken: int
    faces: int
    seconds_left: float | None


def score_archive(
    source: str,
    out: Path,
    *,
    model: Path | None = None,
    detector: str | None = None,
    every: float = 1.0,
    workers: int | None = None,
    address: str | None = None,
    progress: Callable[[ScoreProgress], None] = lambda _: None,
) -> ScoreProgress:
    """Read every face of an archive into Parquet; goes on where a run before it ended, however that was.

    Args:
        source: a folder or an fsspec URL of pictures and videos; on a cluster one that every machine sees.
        out: the folder of tables (``ScoreFolder``); on a cluster on a disk that every machine sees.
        model: its folder; None is the active one.
        detector: its name; None is the best installed.
        every: of a video a picture is read each so many seconds.
        workers: how many files are read at once; None takes a core each.
        address: of a Ray cluster; None starts Ray on this machine and ends it.
        progress: told after every part.

    Returns:
        The end: what was done before counts as well.

    Raises:
        MediaError: the archive cannot be read, or ``out`` cannot be used.
        ClusterError: Ray is not installed, cannot be reached, or cannot go on.
        ModelError, DetectorError: as of ``ExpressionAnalyzer.load``.
    """
    need_ray("Scoring an archive")
    if every <= 0 or (workers is not None and workers < 1):
        raise MediaError(f"Expected seconds above 0 and at least one worker, got {every:g} and {workers}.")
    folder = active_model(Settings.from_environment()) if model is None else ModelFolder.open(model)
    finder = load_detector(detector).name
    files = list_archive(source)
    tables = ScoreFolder(out.absolute())
    tables.open(ScoreSettings(source, f"{folder.name} {folder.identity}", finder, every))
    done = tables.done()
    left = [each for each in files if each.name not in done]
    now = ScoreProgress(len(files) - len(left), len(files), 0, 0, None)
    begun = time.monotonic()
    progress(now)
    if left:
        reader = {"model": str(folder.path), "detector": finder, "every": every}
        for result in _handed_out(parts(left), reader, tables.path, workers, address):
            finished = now.files + result["files"]
            taken, here = time.monotonic() - begun, finished - (len(files) - len(left))
            now = ScoreProgress(
                finished,
                len(files),
                now.broken + result["broken"],
                now.faces + result["faces"],
                taken * (len(files) - finished) / here,
            )
            progress(now)
    return now


def parts(files: Sequence[ArchiveFile]) -> list[list[ArchiveFile]]:
    """What one worker reads and writes at a time: a video by itself, pictures together."""
    pictures = [each for each in files if each.kind == "picture"]
    together = [pictures[at : at + _PICTURES_A_PART] for at in range(0, len(pictures), _PICTURES_A_PART)]
    # The long ones first, so that none is left alone at the end.
    videos = sorted((each for each in files if each.kind == "video"), key=lambda each: -each.size)
    return [*([each] for each in videos), *together]


class PartScorer:
    """Reads the files of a part and writes its tables; one lives in each worker."""

    def __init__(self, reader: dict[str, Any], out: str) -> None:
        self._reader = ArchiveReader(Path(reader["model"]), reader["detector"], reader["every"])
        self._tables = ScoreFolder(Path(out))

    def __call__(self, part: dict[str, str]) -> dict[str, int]:
        """Score a part, ``{"files": JSON}``; its numbers of files, of broken ones and of faces."""
        results = [self._reader.read(ArchiveFile(**each)) for each in json.loads(part["files"])]
        self._tables.write(results)
        return {
            "files": len(results),
            "broken": sum(bool(each.error) for each in results),
            "faces": sum(len(each.faces) for each in results),
        }


def _handed_out(
    work: Sequence[Sequence[ArchiveFile]],
    reader: dict[str, Any],
    out: Path,
    workers: int | None,
    address: str | None,
) -> Any:
    with ray_session(address, workers):
        import ray

        rows = [{"files": json.dumps([asdict(each) for each in part])} for part in work]
        at_once = min(workers or int(ray.cluster_resources().get("CPU", 1)), len(rows))
        board: Any = ray.remote(_Board).options(num_cpus=0).remote()
        # On the cluster, since Ray Data cannot be iterated over from outside (ray://).
        driving = ray.remote(_drive).options(num_cpus=0, max_retries=0)
        ended = driving.remote(rows, reader, str(out), at_once, board)
        seen = 0
        while True:
            over, _ = ray.wait([ended], timeout=_LOOK)
            new = ray.get(board.since.remote(seen))
            seen += len(new)
            yield from new
            if over:
                ray.get(ended)
                return


class _Board:
    """What the parts came to, for who asked for them."""

    def __init__(self) -> None:
        self._results: list[dict[str, int]] = []

    def add(self, result: dict[str, int]) -> None:
        self._results.append(result)

    def since(self, seen: int) -> list[dict[str, int]]:
        return self._results[seen:]


def _drive(rows: list[dict[str, str]], reader: dict[str, Any], out: str, at_once: int, board: Any) -> None:
    import ray

    # It would count on a terminal that nobody sees.
    ray.data.DataContext.get_current().enable_progress_bars = False
    # Ray's types know no classes that it makes one of in each worker.
    scorer: Any = PartScorer
    scored = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        scorer,
        fn_constructor_args=(reader, out),
        compute=ray.data.ActorPoolStrategy(size=at_once),
        num_cpus=1,
    )
    for result in scored.iter_rows():
        ray.get(board.add.remote(result))
