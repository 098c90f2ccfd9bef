"""The app as a process of its own, for benchmarks that look at it through Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

from fer_core.settings import PROJECT_ROOT


def chromium() -> str | None:
    """Where Chromium is on this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.contextmanager
def running_app(**environment: str) -> Iterator[str]:
    """Start the app with these variables, give its address once it answers, and stop it at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    app = subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health", app)
        yield f"http://localhost:{port}"
    finally:
        app.terminate()
        app.wait(20)


def _wait_for(address: str, app: subprocess.Popen[bytes]) -> None:
    """Wait until the app answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            if app.poll() is not None or time.monotonic() > deadline:
                raise
            with contextlib.suppress(subprocess.TimeoutExpired):
                app.wait(0.1)
