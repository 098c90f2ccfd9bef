"""A video to the expressions in it, picture by picture, and an annotated copy: read by a process of its own."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from fer_core.errors import MediaError
from fer_core.live.smoothing import SmoothingSettings
from fer_core.media.video_table import VideoPicture, faces_table
from fer_core.settings import PROJECT_ROOT

_log = logging.getLogger(__name__)

#: Faces are looked for at each so many pictures, and carried along between them; chosen on other photographs than those
#: of benchmarks/video.py.
EVERY: Final = 3
#: Longer videos are read until here, seconds.
MOST_SECONDS: Final = 3_600.0
#: Seconds without a sign after which a reading is given up.
_SILENCE: Final = 10.0
#: Seconds after which a video that nobody looks at any more is left: a browser's hidden tab looks once a minute.
_LEFT: Final = 150.0
#: Videos that are read at once, in all sessions together; others wait.
_AT_ONCE = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) // 2))

_STOPPED: Final = "stopped"


@dataclass(frozen=True)
class Progress:
    """How far a reading is.

    Attributes:
        state: "waiting", "reading", "done", "stopped" or "failed".
        pictures: read so far.
        seconds: of the video that are read.
        length: of the video, seconds; None where it does not say.
        seconds_left: until it is done, if it goes on like that; None before that can be told.
        error: why it failed, a sentence.
    """

    state: str
    pictures: int = 0
    seconds: float = 0.0
    length: float | None = None
    seconds_left: float | None = None
    error: str = ""

    @property
    def share(self) -> float:
        """Of the video that is read, in [0, 1]; 0 where its length is not known."""
        return min(1.0, self.seconds / self.length) if self.length else 0.0


class VideoReading:
    """One video, being read or read. Nothing of it has a name on the disk: all is gone with this object, or with the
    process, however it ends. All methods may be called from any thread."""

    def __init__(
        self,
        content: BinaryIO,
        model: Path | None = None,
        detector: str | None = None,
        *,
        smoothing: SmoothingSettings | None = None,
        every: int = EVERY,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        """Begin.

        Args:
            content: the file.
            model: its folder; None is the active one.
            detector: its name; None is the best installed.
            smoothing: how steady the expression is.
            every: at each so many pictures faces are looked for.
            most_seconds: a longer video is read until here.

        Raises:
            MediaError: there is no room for it.
        """
        try:
            self._source = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this object
            content.seek(0)
            shutil.copyfileobj(content, self._source)
            self._source.flush()
            self._source.seek(0)
            self._target = tempfile.TemporaryFile()  # noqa: SIM115
        except OSError as error:
            raise MediaError(f"There is no room to read a video here: {error.strerror}.") from error
        self._settings: dict[str, Any] = {
            "model": None if model is None else str(model),
            "detector": detector,
            "every": every,
            "most_seconds": most_seconds,
            "smoothing": dataclasses.asdict(smoothing or SmoothingSettings()),
        }
        self._pictures: list[VideoPicture] = []
        self._progress = Progress("waiting")
        self._cut = self._whole = False
        self._asked_to_stop = threading.Event()
        self._over = threading.Event()
        self._looked_at = self._heard_at = time.monotonic()
        self._process: subprocess.Popen[str] | None = None
        threading.Thread(target=self._run, name="read-video", daemon=True).start()

    @property
    def pictures(self) -> Sequence[VideoPicture]:
        """What has been read so far, in the order of time."""
        return self._pictures

    @property
    def was_cut(self) -> bool:
        """Whether the video goes on after what was read."""
        return self._cut

    def look(self) -> Progress:
        """How far it is. Somebody has to look now and then, or it is left."""
        self._looked_at = time.monotonic()
        return self._progress

    def stop(self) -> None:
        """Enough; what was read so far stays."""
        self._asked_to_stop.set()

    def wait(self, seconds: float) -> Progress:
        """Until it is over, or so long."""
        self._over.wait(seconds)
        return self.look()

    def at(self, seconds: float) -> VideoPicture | None:
        """The picture that is shown at that time; None before the first."""
        place = bisect_right(self._pictures, seconds, key=lambda each: each.state.time)
        return self._pictures[place - 1] if place else None

    def annotated(self) -> bytes:
        """The annotated video as far as it was read, MP4; b"" while it is being read and where that failed."""
        if not self._whole:
            return b""
        return os.pread(self._target.fileno(), os.fstat(self._target.fileno()).st_size, 0)

    def still(self, seconds: float) -> npt.NDArray[np.uint8] | None:
        """The annotated picture that is shown at that time, uint8 (H, W, 3), blue first; None while there is none."""
        import av

        if not self._whole or self.at(seconds) is None:
            return None
        found = None
        # A file of its own on the same content: several may look at once.
        with av.open(io.BytesIO(self.annotated()), "r", format="mov") as container:
            stream = container.streams.video[0]
            if stream.time_base is not None:
                container.seek(max(0, int(seconds / stream.time_base)), stream=stream)
            for frame in container.decode(stream):
                if found is not None and frame.time is not None and frame.time > seconds + 1e-3:
                    break
                found = frame
        return None if found is None else np.asarray(found.to_ndarray(format="bgr24"), np.uint8)

    def table(self) -> bytes:
        """What was read so far as CSV: ``faces_table``."""
        return faces_table(self._pictures)

    def _run(self) -> None:
        try:
            while not _AT_ONCE.acquire(timeout=0.25):
                if self._asked_to_stop.is_set() or self._is_left():
                    self._progress = dataclasses.replace(self._progress, state=_STOPPED)
                    return
            try:
                self._read()
            except Exception:  # noqa: BLE001 - a page waits for how it ends, whatever happens
                _log.exception("A video could not be read.")
                self._progress = dataclasses.replace(
                    self._progress,
                    state="failed",
                    error="The video could not be read: its program did not start.",
                )
            finally:
                _AT_ONCE.release()
        finally:
            self._over.set()

    def _read(self) -> None:
        self._progress = Progress("reading")
        begun = self._heard_at = time.monotonic()
        files = (self._source.fileno(), self._target.fileno())
        settings = self._settings | {"source": files[0], "target": files[1]}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fer_core.media.video_worker", json.dumps(settings)],
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            pass_fds=files,
        )
        watching = threading.Thread(
            target=self._watch, args=(self._process,), name="watch-video", daemon=True
        )
        watching.start()
        ended = ""
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._heard_at = time.monotonic()
                ended = self._take(json.loads(line), begun) or ended
        code = self._process.wait()
        watching.join()
        self._whole = ended == "done" and code == 0
        if self._asked_to_stop.is_set() or self._is_left():
            state, error = _STOPPED, ""
        elif self._whole:
            state, error = "done", ""
        else:
            state, error = "failed", ended if ended not in ("", "done") else self._why()
        self._progress = dataclasses.replace(self._progress, state=state, error=error, seconds_left=None)

    def _take(self, message: dict[str, Any], begun: float) -> str:
        """Take what the process says; gives how it ends, "" while it does not."""
        if "frame" in message:
            self._pictures.append(VideoPicture.of(message["frame"]))
            at = self._pictures[-1].state.time
            length, taken = self._progress.length, time.monotonic() - begun
            left = taken * (length - at) / at if length and at > 0 and taken > 1 else None
            self._progress = dataclasses.replace(
                self._progress,
                pictures=len(self._pictures),
                seconds=at,
                seconds_left=None if left is None else max(0.0, left),
            )
        elif "begin" in message:
            self._progress = dataclasses.replace(self._progress, length=message["begin"]["seconds"])
        elif "cut" in message:
            self._cut = True
        elif "error" in message:
            return str(message["error"])
        elif "done" in message:
            return "done"
        return ""

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """End the process when it is asked for, when it says nothing, and when nobody looks."""
        while process.poll() is None:
            if self._asked_to_stop.wait(0.25):
                process.terminate()
                try:
                    process.wait(_SILENCE)
                except subprocess.TimeoutExpired:
                    process.kill()
                return
            if time.monotonic() - self._heard_at > _SILENCE or self._is_left():
                process.kill()
                return

    def _is_left(self) -> bool:
        return time.monotonic() - self._looked_at > _LEFT

    def _why(self) -> str:
        if time.monotonic() - self._heard_at > _SILENCE:
            return f"The video could not be read: nothing came of it for {_SILENCE:.0f} seconds."
        return "The video could not be read: it broke the program that reads it. It is probably damaged."
