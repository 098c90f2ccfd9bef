"""Reads files of an archive in a process of its own: ``python -m fer_core.archive.file_worker SETTINGS``.

Whatever a hostile file does to a decoder it does in here. A line of JSON comes in on standard input for each file: its
``url`` and ``kind``. Out go lines: ``{"pictures": n}`` now and then while it reads, then ``{"done": {width, height, pictures,
faces: [[seconds or null, number, x, y, w, h, score, shares...]]}}`` or ``{"error": sentence}``.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import fsspec

from fer_core.errors import FerError, ImageError
from fer_core.labels import LABELS
from fer_core.media.pictures import MOST_BYTES
from fer_core.preprocessing import load_image
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.faces import FaceReading

#: Bytes that the process may take for data.
_MOST_MEMORY: Final = 1_500_000_000
_CHUNK: Final = 1 << 20


def read_file(url: str, kind: str, analyzer: ExpressionAnalyzer, every: float) -> Iterator[dict[str, Any]]:
    """What goes out for one file: see above.

    Args:
        url: what fsspec opens.
        kind: "picture" or "video".
        analyzer: finds and reads the faces.
        every: of a video a picture is read at least so many seconds after the one before.

    Raises:
        FerError: it is no such file, or damaged.
        OSError: it cannot be opened.
    """
    faces: list[list[float | None]] = []
    if kind == "picture":
        with fsspec.open(url, "rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ImageError(f"It has more than {MOST_BYTES / 1e6:.0f} MB, which no picture is opened with.")
        bgr = load_image(content)
        faces += [_face(None, *each) for each in enumerate(analyzer.analyze(bgr), start=1)]
        size, pictures = (bgr.shape[1], bgr.shape[0]), 1
    else:
        from fer_core.media.video_worker import pictures as pictures_of

        size, pictures = (0, 0), 0
        # The file has no name, and a decoder that jumps about in it does so on this machine.
        with tempfile.TemporaryFile() as local:
            with fsspec.open(url, "rb") as file:
                while chunk := file.read(_CHUNK):
                    local.write(chunk)
            local.seek(0)
            for at, bgr, _ in pictures_of(local, every):
                size = size if pictures else (bgr.shape[1], bgr.shape[0])
                pictures += 1
                readings = analyzer.read(bgr, analyzer.detect(bgr))
                faces += [_face(round(at, 3), *each) for each in enumerate(readings, start=1)]
                yield {"pictures": pictures}
    yield {"done": {"width": size[0], "height": size[1], "pictures": pictures, "faces": faces}}


def _face(at: float | None, number: int, reading: FaceReading) -> list[float | None]:
    box = reading.box
    place = [round(value, 1) for value in (box.x, box.y, box.w, box.h)]
    shares = [round(reading.probabilities[label], 4) for label in LABELS]
    return [at, number, *place, round(reading.score, 4), *shares]


def main() -> int:
    """Answer each line until there are no more."""
    settings = json.loads(sys.argv[1])
    # A decoder that writes to standard output must not write into the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    model = Path(settings["model"]) if settings["model"] else None
    analyzer = ExpressionAnalyzer.load(model, settings["detector"])
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            for said in read_file(asked["url"], asked["kind"], analyzer, settings["every"]):
                print(json.dumps(said), file=answers, flush=True)
        except FerError as error:
            print(json.dumps({"error": str(error)}), file=answers, flush=True)
        except MemoryError:
            print(
                json.dumps({"error": "It needs more memory than a file may take."}), file=answers, flush=True
            )
        except OSError as error:
            reason = f"It cannot be opened: {error.strerror or error}."
            print(json.dumps({"error": reason}), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
