"""Two app processes behind nginx, as docs/deployment.md sets them up: its own configuration, with paths and ports of a test."""

from __future__ import annotations

import datetime
import itertools
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fer_core.settings import PROJECT_ROOT

_DEPLOYMENT = PROJECT_ROOT / "docs" / "deployment.md"


def nginx_program() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def documented_configuration() -> str:
    """The block that docs/deployment.md tells people to write."""
    found = re.search(
        r"```nginx\n(# /etc/nginx/conf\.d/facet\.conf\n.*?)```", _DEPLOYMENT.read_text(), re.DOTALL
    )
    assert found is not None, "docs/deployment.md holds no configuration of nginx"
    return found[1]


class Replicas:
    """Both processes, which share FACET_HOME and a database, and nginx before them, on loopback alone."""

    def __init__(self, home: Path, **environment: str) -> None:
        program = nginx_program()
        if program is None:
            raise FileNotFoundError("nginx is not installed; apt-get install nginx")
        self._folder = Path(tempfile.mkdtemp(prefix="facet-nginx-"))
        self.ports = (free_port(), free_port())
        self.port = free_port()
        self.address = f"https://localhost:{self.port}"
        self._environment = {**os.environ, "FACET_HOME": str(home), **environment}
        self._apps: list[subprocess.Popen[bytes]] = []
        self._new_visitors = (f"visitor{number}" for number in itertools.count())
        try:
            for port in self.ports:
                self._apps.append(self._app(port))
            self._nginx = subprocess.Popen(
                [program, "-p", str(self._folder), "-c", str(self._configuration())],
                stdout=subprocess.DEVNULL,
                stderr=(self._folder / "nginx.log").open("wb"),
            )
            for address in (*(f"http://127.0.0.1:{port}" for port in self.ports), self.address):
                self._wait_for(address)
        except BaseException:
            self.close()
            raise

    def kill(self, port: int) -> None:
        """End one of the processes without a word."""
        app = self._apps[self.ports.index(port)]
        os.kill(app.pid, signal.SIGKILL)
        app.wait()

    def restart(self, port: int) -> None:
        """Start a process that was killed; returns when it answers."""
        self._apps[self.ports.index(port)] = self._app(port)
        self._wait_for(f"http://127.0.0.1:{port}")

    def route_to(self, port: int) -> str:
        """A value of the documented cookie whose visitor nginx sends to that process; waits until it takes it again."""
        end = time.monotonic() + 60
        for route in self._new_visitors:
            self._answers(self.address, cookie=f"facet_route={route}")
            # nginx writes the line once the answer is sent.
            while (
                found := re.search(rf"^{route} .*?(\d+)$", self._routes.read_text(), re.MULTILINE)
            ) is None:
                time.sleep(0.01)
            if int(found[1]) == port:
                return route
            assert time.monotonic() < end, f"nginx sends nobody to {port}"
        raise AssertionError

    def close(self) -> None:
        for process in (*self._apps, getattr(self, "_nginx", None)):
            if process is not None and process.poll() is None:
                process.terminate()
        for process in (*self._apps, getattr(self, "_nginx", None)):
            if process is not None:
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _app(self, port: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
        command += ["--server.fileWatcherType", "none"]
        with (self._folder / f"app-{port}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=PROJECT_ROOT, stdout=log, stderr=subprocess.STDOUT, env=self._environment
            )

    def _configuration(self) -> Path:
        written = documented_configuration()
        certificate, key = self._certificate()
        for pattern, ours in (
            (r"127\.0\.0\.1:8501", f"127.0.0.1:{self.ports[0]}"),
            (r"127\.0\.0\.1:8502", f"127.0.0.1:{self.ports[1]}"),
            (r"listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            (r"listen 80", f"listen 127.0.0.1:{free_port()}"),
            (r"/etc/letsencrypt/\S+/fullchain\.pem", str(certificate)),
            (r"/etc/letsencrypt/\S+/privkey\.pem", str(key)),
        ):
            written, changed = re.subn(pattern, ours, written)
            assert changed == 1, (
                f"expected {pattern} once in the documented configuration, found it {changed} times"
            )
        (self._folder / "facet.conf").write_text(written)
        temporary = "".join(
            f"{name}_temp_path {self._folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.geteuid() == 0 else ""
        path = self._folder / "nginx.conf"
        path.write_text(
            f"{user}daemon off;\nworker_processes 1;\npid {self._folder}/nginx.pid;\n"
            f"error_log stderr;\nevents {{}}\nhttp {{\n{temporary}"
            f"log_format routes '$cookie_facet_route $upstream_addr';\naccess_log {self._routes} routes;\n"
            f"include {self._folder}/facet.conf;\n}}\n"
        )
        return path

    def _certificate(self) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        paths = self._folder / "cert.pem", self._folder / "key.pem"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths

    @property
    def _routes(self) -> Path:
        """A line for each request: the visitor's cookie and the process that answered, the last one tried."""
        return self._folder / "routes.log"

    def _answers(self, address: str, cookie: str = "") -> bool:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(f"{address}/_stcore/health", headers={"Cookie": cookie})
        with urllib.request.urlopen(
            request, timeout=5, context=trusting if "https" in address else None
        ) as answer:
            return bool(answer.status == 200)

    def _wait_for(self, address: str) -> None:
        end = time.monotonic() + 90
        while True:
            try:
                if self._answers(address):
                    return
            except OSError:
                if time.monotonic() > end:
                    logs = "".join(path.read_text()[-1500:] for path in self._folder.glob("*.log"))
                    raise RuntimeError(f"{address} does not answer: {logs}") from None
                # The health address is the only event there is.
                time.sleep(0.1)
