"""Files of an archive to the faces in them; a file that breaks its reader costs no other."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.archive.listing import ArchiveFile
from fer_core.settings import PROJECT_ROOT

#: Seconds without a sign after which a file is given up. The first file of a process also waits for its model.
_SILENCE: Final = 30.0


@dataclass(frozen=True)
class ReadFile:
    """What a file came to.

    Attributes:
        file: it.
        width, height: pixels after rotation; 0 where there is an error.
        pictures: that were looked at.
        faces: of each: seconds (None in a picture), number (1 is the largest), x, y, w, h in pixels, score, and the shares
            of LABELS.
        error: why it could not be read, a sentence; "" where it could.
    """

    file: ArchiveFile
    width: int = 0
    height: int = 0
    pictures: int = 0
    faces: tuple[tuple[float | None, ...], ...] = ()
    error: str = ""


class ArchiveReader:
    """Reads one file after the other in a process of its own, and starts another when one breaks it. One thread uses it."""

    def __init__(
        self, model: Path | None, detector: str | None, every: float, silence: float = _SILENCE
    ) -> None:
        """
        Args:
            model, detector: as of ``ExpressionAnalyzer.load``.
            every: of a video a picture is read each so many seconds.
            silence: a file is given up after so many seconds without a sign.
        """
        self._settings = {
            "model": None if model is None else str(model),
            "detector": detector,
            "every": every,
        }
        self._silence = silence
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[str] = queue.Queue()

    def read(self, file: ArchiveFile) -> ReadFile:
        """The faces of a file, or why there are none to be had."""
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({"url": file.url, "kind": file.kind}) + "\n")
            process.stdin.flush()
            while True:
                # An empty line stands for the end of what the process says.
                line = self._said.get(timeout=self._silence)
                if not line:
                    break
                said = json.loads(line)
                if "error" in said:
                    return ReadFile(file, error=said["error"])
                if "done" in said:
                    return _read_file(file, said["done"])
        except queue.Empty:
            self.close()
            return ReadFile(file, error=f"Nothing came of it for {self._silence:.0f} seconds.")
        except BrokenPipeError:
            pass
        self.close()
        return ReadFile(file, error="It broke the program that reads it. It is probably damaged.")

    def close(self) -> None:
        """End the process; the next file starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fer_core.archive.file_worker", json.dumps(self._settings)],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        # Each process has a queue of its own, so that nothing of a dead one answers for the next.
        self._said = queue.Queue()
        threading.Thread(target=_listen, args=(self._process, self._said), daemon=True).start()
        return self._process


def _listen(process: subprocess.Popen[str], said: queue.Queue[str]) -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            said.put(line)
    said.put("")


def _read_file(file: ArchiveFile, done: dict[str, Any]) -> ReadFile:
    faces = tuple(tuple(face) for face in done["faces"])
    return ReadFile(file, done["width"], done["height"], done["pictures"], faces)
