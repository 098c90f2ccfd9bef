"""Do the requirements resolve to wheels alone on every platform and Python the README names?

    python benchmarks/wheels.py

Asks the package index through ``uv`` (``pip install uv``); installs nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

PLATFORMS: Final = {
    "Debian, x86-64": "x86_64-manylinux_2_28",
    "Debian, 64-bit Arm": "aarch64-manylinux_2_28",
    "Apple silicon": "aarch64-apple-darwin",
}
PYTHONS: Final = ("3.11", "3.12", "3.13")
REQUIREMENTS: Final = Path(__file__).resolve().parents[1] / "requirements-dev.txt"


def main() -> int:
    """Print a line a pair, then one line of JSON; 0 when every pair resolves."""
    resolved = {}
    for name, platform in PLATFORMS.items():
        for python in PYTHONS:
            command = ["uv", "pip", "compile", "--quiet", "--only-binary", ":all:"]
            command += ["--python-version", python, "--python-platform", platform, str(REQUIREMENTS)]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            packages = sum("==" in line for line in result.stdout.splitlines())
            resolved[f"{name}, Python {python}"] = result.returncode == 0
            print(
                f"{name}, Python {python}: {f'{packages} wheels' if result.returncode == 0 else result.stderr}"
            )
    print(json.dumps({"resolved": sum(resolved.values()), "goal": len(resolved)}))
    return 0 if all(resolved.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
