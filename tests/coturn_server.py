"""A coturn of the tests' own, on this machine: Debian's ``turnserver`` on a free port, with its log to read."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

#: What it knows: the name and the password that are the same for all, or the secret.
USER, PASSWORD, SECRET = "facet", "a-password", "a-shared-secret"


def turnserver() -> str:
    """The program; skips without it, or fails where it is required."""
    path = shutil.which("turnserver")
    if path is None:
        reason = "no turnserver on this machine; apt-get install coturn"
        if os.environ.get("FACET_REQUIRE_COTURN") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    assert path is not None
    return path


def free_port() -> int:
    """A UDP port that nobody holds just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def own_address() -> str:
    """This machine's address towards others; loopback where it has no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket sends nothing.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@dataclass
class Coturn:
    """A running server."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    grown: threading.Condition = field(default_factory=threading.Condition)

    def said(self, words: str, seconds: float = 20.0) -> bool:
        """Whether its log holds these words now or soon."""
        with self.grown:
            return self.grown.wait_for(lambda: any(words in line for line in self.lines), seconds)

    def read(self) -> None:
        """Take in its log until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.grown:
                self.lines.append(line)
                self.grown.notify_all()


@contextmanager
def running_coturn(*, secret: bool = False) -> Iterator[Coturn]:
    """Start one that relays between addresses of this machine; with a shared secret, or with one name for all."""
    program, port, address = turnserver(), free_port(), own_address()
    with tempfile.TemporaryDirectory() as folder:
        known = (
            ["--use-auth-secret", f"--static-auth-secret={SECRET}"]
            if secret
            else [f"--user={USER}:{PASSWORD}"]
        )
        command = [
            program,
            *("-n", "--lt-cred-mech", "--realm=facet", "--log-file=stdout", "--verbose", "--no-cli"),
            *("--no-tls", "--no-dtls", "--no-tcp-relay", f"--listening-port={port}"),
            *(f"--listening-ip={address}", f"--relay-ip={address}", "--allow-loopback-peers"),
            *(f"--userdb={Path(folder) / 'turndb'}", f"--pidfile={Path(folder) / 'pid'}"),
            *known,
        ]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
        )
        server = Coturn(f"turn:{address}:{port}?transport=udp", process)
        reader = threading.Thread(target=server.read, daemon=True)
        reader.start()
        try:
            if not server.said("UDP listener opened"):
                pytest.fail(f"coturn did not start: {''.join(server.lines)[-2000:]}")
            yield server
        finally:
            process.kill()
            process.wait(20)
            reader.join(20)
