"""A Ray cluster of one machine on loopback, as somebody would start one, for tests."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def ray_cluster(cpus: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Its address, ``ray://...``, and the environment of who may use it, while it runs in another folder."""
    key = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_USAGE_STATS_ENABLED": "0"}
    # What it starts for a client takes longer than its 30 seconds on a machine that does other things as well.
    key["RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S"] = "120"
    port, client = _free_port(), _free_port()
    # Ray's sockets stand in this folder, and their names may not be long.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        command = [
            str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", f"--port={port}",
            f"--ray-client-server-port={client}", f"--num-cpus={cpus}", "--include-dashboard=false",
            "--node-ip-address=127.0.0.1", "--object-store-memory=200000000", f"--temp-dir={folder}",
        ]  # fmt: skip
        log = Path(folder) / "start.log"
        with log.open("w") as said:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=os.environ | key,
                start_new_session=True,
            )
        try:
            end = time.monotonic() + 90
            while True:
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", client)) == 0:
                        break
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"Ray did not start: {log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield f"ray://127.0.0.1:{client}", key
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
