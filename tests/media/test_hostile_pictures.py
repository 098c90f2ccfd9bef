"""Pictures that are wrong: each ends in faces or one sentence, within 10 s and 1 GB, and the next one is read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fer_core.settings import PROJECT_ROOT
from tests.media.picture_files import GOOD, HOSTILE

SECONDS, BYTES = 10, 1_000_000_000

#: Reads the files that it is told on its input, one a line; a process of its own, so that memory is its own.
READER = """
import io, json, sys, time
from pathlib import Path
from fer_core import ExpressionAnalyzer
from fer_core.errors import FerError
from fer_core.media.pictures import annotated_zip, faces_csv, read_pictures

def most():
    # What getrusage tells begins with what the process that started this one took.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no VmHWM")

analyzer = ExpressionAnalyzer.load()
good = Path(sys.argv[1]).read_bytes()
for line in sys.stdin:
    path = Path(line.rstrip("\\n"))
    begun = time.perf_counter()
    found = read_pictures([(path.name, io.BytesIO(path.read_bytes()))], analyzer)
    lasted = time.perf_counter() - begun
    faces_csv(found)
    drawn = [each.annotated(640).shape for each in found if not each.error]
    after = read_pictures([("good.jpg", io.BytesIO(good))], analyzer)
    answer = {
        "seconds": lasted,
        "bytes": most(),
        "errors": [each.error for each in found if each.error],
        "faces": [len(each.readings) for each in found if not each.error],
        "drawn": len(drawn),
        "after": len(after[0].readings),
    }
    print(json.dumps(answer), flush=True)
"""


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="memory is read from /proc")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Any:
    good = tmp_path_factory.mktemp("good") / "good.jpg"
    good.write_bytes(GOOD)
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(good)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    assert process.stdin is not None
    process.stdin.close()
    process.wait(30)


def test_there_are_sixty_of_them() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_in_faces_or_one_sentence(name: str, reader: Any, tmp_path: Path) -> None:
    make, expected = HOSTILE[name]
    path = tmp_path / "upload.jpg"
    path.write_bytes(make())
    reader.stdin.write(f"{path}\n")
    reader.stdin.flush()
    line = reader.stdout.readline()
    assert line, "the process ended"
    answer = json.loads(line)
    assert answer["seconds"] < SECONDS
    assert answer["bytes"] < BYTES
    assert answer["after"] == 1
    if isinstance(expected, int):
        assert answer["errors"] == []
        assert answer["faces"] == [expected]
    elif not answer["faces"]:
        (error,) = answer["errors"]
        assert re.search(expected, error), error
        assert "Traceback" not in error
        assert "\n" not in error
        assert len(error) < 400
    else:
        # Some decoders make something of a damaged file.
        assert expected == ".*" or "damaged" in expected
