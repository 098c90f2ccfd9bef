"""What the core may import: no page library ever, no TensorFlow outside training, and quickly."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core.settings import PROJECT_ROOT

CORE = PROJECT_ROOT / "fer_core"
PAGE_LIBRARIES = {"streamlit", "streamlit_webrtc", "aiortc"}
TRAINING_LIBRARIES = {"tensorflow", "keras"}
HEAVY = sorted(PAGE_LIBRARIES | TRAINING_LIBRARIES | {"av", "torch"})


def imports(path: Path) -> set[str]:
    """Top-level names of everything a file imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    return found


FILES = sorted(CORE.rglob("*.py"))


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORE)))
def test_no_file_of_the_core_imports_what_only_others_may(path: Path) -> None:
    names = imports(path)
    assert not names & PAGE_LIBRARIES
    trains = path.is_relative_to(CORE / "training") or path == CORE / "release.py"
    assert trains or not names & TRAINING_LIBRARIES
    assert path.is_relative_to(CORE / "media") or "av" not in names


def loaded_by(code: str, *arguments: str) -> list[str]:
    """The HEAVY modules in a fresh interpreter after running ``code``."""
    code += f"\nimport sys; print('loaded:', *[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=PROJECT_ROOT,
    )
    return done.stdout.rpartition("loaded:")[2].split()


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import fer_core") == []


def test_the_check_sees_what_is_loaded() -> None:
    assert loaded_by("import sys, types; sys.modules['keras'] = types.ModuleType('keras')") == ["keras"]


def test_analyzing_and_predicting_load_nothing_heavy(small_model: Path, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.fromarray(np.full((60, 60, 3), 99, np.uint8)).save(picture)
    code = (
        "import sys; from pathlib import Path\n"
        "from fer_core import ExpressionAnalyzer\n"
        "from fer_core.vision.prediction import predict_pictures\n"
        "analyzer = ExpressionAnalyzer.load(Path(sys.argv[1]))\n"
        "assert predict_pictures([Path(sys.argv[2])], analyzer)['images'][0]['error'] is None\n"
    )
    assert loaded_by(code, str(small_model), str(picture)) == []
