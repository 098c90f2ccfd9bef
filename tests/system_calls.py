r"""What a program does to files and sockets, as the kernel saw it: a command run under ``strace``.

Libraries cannot hide from this as they can from a patched ``open``: what OpenCV, FFmpeg or a child process does goes
through the same system calls. How strace is asked, and what its lines then look like:

- ``-f``: threads and children are followed, those not yet born as well; each line begins with the number of its task.
- ``--seccomp-bpf``: only the calls asked for stop the program; all others run at full speed.
- ``-xx``: every byte of every name and address is ``\xHH``, so no name can look like strace's own punctuation.
- ``-s 0``: no byte of what is sent is kept (a trace must not become the leak). Names and addresses stay whole.
- ``-v``: lists are not shortened, so that each message of a ``sendmmsg`` shows its address.
- ``-y``: a descriptor shows its file: ``openat(...) = 3<\x2f\x74\x6d\x70>``, absolute whatever was asked for, with
  ``(deleted)`` behind it where the file has no name any more.
- When another task comes between, a call is two lines: ``7 openat(... <unfinished ...>`` and later ``7 <... openat
  resumed>, 0600) = 3<...>``. A task that dies within a call leaves the first alone.

What is counted: of files, each call that could and did open one for writing, and each new name (rename, link). Of
sockets, each address that was connected, sent to or accepted from, whether or not it worked: a machine without a network
must not hide the attempt. Left out is AF_UNSPEC, which dissolves a connection, and the kernel itself (AF_NETLINK).

What cannot be seen: bytes written to a descriptor that the command was started with, so its output is the caller's to look
at, and those sent over a connection that a client opened. ``io_uring`` would pass all of this by; its use is reported.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import psutil
import pytest

_OPEN: Final = ("open", "openat", "openat2", "creat", "open_by_handle_at")
_NAME: Final = ("rename", "renameat", "renameat2", "link", "linkat")
_REACH: Final = ("connect", "sendto", "sendmsg", "sendmmsg", "accept", "accept4")
_UNSEEN: Final = ("io_uring_setup",)

#: Ports of those who turn names into addresses, on this machine too: they ask others.
NAME_SERVICE_PORTS: Final = frozenset({53, 853, 5353})

_LINE = re.compile(r"(?:(?P<task>\d+) +)?(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<call>\w+)\()(?P<rest>.*)")
_UNFINISHED = re.compile(r" *<unfinished \.\.\.>.*$")
_RESULT = re.compile(
    r"\) += (?P<number>-?\d+|\?)(?:<(?P<path>[^>]*)>(?P<deleted>\(deleted\))?)?(?: [^)]*\)?)?$"
)
_NAMED = re.compile(
    r'(?:(?:AT_FDCWD|-?\d+)<(?P<folder>[^>]*)>(?:\(deleted\))?, )?"(?P<name>(?:\\x[0-9a-f]{2})*)"'
)
_ADDRESS = re.compile(
    r"\{sa_family=(?P<family>\w+)(?:"
    r', sin_port=htons\((?P<port>\d+)\), sin_addr=inet_addr\("(?P<four>[^"]*)"\)'
    r'|, sin6_port=htons\((?P<port6>\d+)\),.*?inet_pton\(AF_INET6, "(?P<six>[^"]*)"'
    r'|, sun_path=(?P<abstract>@?)"(?P<unix>[^"]*)")?'
)
_FLAGS_THAT_WRITE = re.compile(r"\bO_(?:WRONLY|RDWR|CREAT|TRUNC|TMPFILE)\b")


@dataclass(frozen=True)
class Written:
    """A file that was opened for writing, or a name that a file was given.

    Attributes:
        path: absolute, but for a name that was given relative to a folder the call does not tell.
        call: the system call.
    """

    path: str
    call: str


@dataclass(frozen=True)
class Reached:
    """An address that was connected, sent to or accepted from.

    Attributes:
        family: such as AF_INET.
        address: of the internet in its shortest form, an IPv4 address within IPv6 as IPv4; of AF_UNIX the path; of any
            other family "?".
        port: of the internet alone.
        call: the system call.
    """

    family: str
    address: str
    port: int | None
    call: str


@dataclass(frozen=True)
class Report:
    """Each different thing once, in the order it came.

    Attributes:
        written: files.
        reached: addresses.
        unseen: calls after which the two others may be incomplete.
    """

    written: tuple[Written, ...] = ()
    reached: tuple[Reached, ...] = ()
    unseen: tuple[str, ...] = ()


def leaks(report: Report, files: Mapping[str, str], addresses: Collection[str]) -> list[str]:
    """What is in a report and in no allow list, each as a line.

    Args:
        report: what was seen.
        files: pattern of the absolute paths that may be written, where ``*`` and ``?`` stay within one folder -> why.
        addresses: what may be reached, of the internet or of AF_UNIX; a name service on none of them.
    """
    found = [
        f"written by {each.call}: {each.path}"
        for each in report.written
        if not any(PurePosixPath(each.path).match(pattern) for pattern in files)
    ]
    found += [
        f"reached by {each.call}: {each.family} {each.address}" + (f" port {each.port}" if each.port else "")
        for each in report.reached
        if each.address not in addresses or each.port in NAME_SERVICE_PORTS
    ]
    return found + [f"{call} hides what is written and sent" for call in report.unseen]


def own_addresses() -> frozenset[str]:
    """This machine's own addresses: 127.0.0.1 and ::1, and what its interfaces have.

    The rest of 127.0.0.0/8 is not among them: a resolver may listen there, and it asks others.
    """
    found = {"127.0.0.1", "::1"}
    for of_interface in psutil.net_if_addrs().values():
        for each in of_interface:
            try:
                found.add(str(ipaddress.ip_address(each.address.partition("%")[0])))
            except ValueError:
                continue  # A network card's own number.
    return frozenset(found)


class Watched:
    """A command that runs under strace.

    Args:
        command: the program and its arguments.
        trace: the file for strace's lines.
        options: for ``subprocess.Popen``.
    """

    def __init__(self, command: Sequence[str], trace: Path, **options: Any) -> None:
        self._trace = trace
        self.strace = subprocess.Popen([*_strace(trace), *command], **options)

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        return self.strace.poll()

    def pause(self, seconds: float) -> None:
        """Wait so long, or less if it ends."""
        try:
            self.strace.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def wait(self, seconds: float) -> int:
        """Wait for its end; gives the exit status, which strace takes over."""
        return self.strace.wait(seconds)

    def stop(self, seconds: float = 30) -> None:
        """Ask the command to end, and end it and its children where it does not."""
        if self.strace.poll() is not None:
            return
        # strace itself blocks signals while it watches; it ends when the last task has.
        tasks = psutil.Process(self.strace.pid).children(recursive=True)
        for task in psutil.Process(self.strace.pid).children():
            task.terminate()
        try:
            self.strace.wait(seconds)
        except subprocess.TimeoutExpired:
            for task in tasks:
                if task.is_running():
                    task.kill()
            self.strace.wait(seconds)

    def report(self) -> Report:
        """What it has done; whole once it has ended."""
        with self._trace.open(encoding="ascii") as lines:
            return parse(lines)


def parse(lines: Iterable[str]) -> Report:
    """Read strace's lines, written as the module says."""
    written: dict[Written, None] = {}
    reached: dict[Reached, None] = {}
    unseen: dict[str, None] = {}
    for call, text in _calls(lines):
        if call in _REACH:
            reached.update(dict.fromkeys(_reached(call, text)))
        elif call in _UNSEEN:
            unseen[call] = None
        elif path := _opened(call, text) if call in _OPEN else _named(text):
            written[Written(path, call)] = None
    return Report(tuple(written), tuple(reached), tuple(unseen))


def _calls(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name and arguments of each call, the two halves of an interrupted one put together."""
    open_calls: dict[str, tuple[str, str]] = {}
    for line in lines:
        match = _LINE.match(line.rstrip("\n"))
        if match is None:
            continue  # A signal, or the end of a task.
        task, rest = match["task"] or "", match["rest"]
        if match["resumed"]:
            call, begun = open_calls.pop(task, (match["resumed"], ""))
            yield call, begun + rest
        elif "<unfinished ...>" in rest:
            if task in open_calls:
                yield open_calls[task]
            open_calls[task] = match["call"], _UNFINISHED.sub("", rest)
        else:
            yield match["call"], rest
    yield from open_calls.values()


def _opened(call: str, text: str) -> str | None:
    """The path of a file opened for writing; None of one that was only read or could not be opened."""
    if call != "creat" and not _FLAGS_THAT_WRITE.search(text):
        return None
    result = _RESULT.search(text)
    if result is None or result["number"] == "?":
        # The task died within the call: what it asked for is all there is.
        return _destination(text)
    if result["number"].startswith("-"):
        return None
    if result["path"] is None:
        return _destination(text)
    return _plain(result["path"]) + (" (deleted)" if result["deleted"] else "")


def _named(text: str) -> str | None:
    result = _RESULT.search(text)
    return None if result is not None and result["number"].startswith("-") else _destination(text)


def _destination(text: str) -> str:
    """The last name among a call's arguments."""
    names = list(_NAMED.finditer(text))
    if not names:
        return "?"
    folder, name = names[-1]["folder"], _plain(names[-1]["name"])
    return name if folder is None else str(Path(_plain(folder)) / name)


def _reached(call: str, text: str) -> Iterator[Reached]:
    result = _RESULT.search(text)
    if call.startswith("accept"):
        if result is None or not result["number"].isdecimal():
            return
        if "sa_family=" not in text:
            yield Reached("?", "?", None, call)
    for match in _ADDRESS.finditer(text):
        family = match["family"]
        if family in ("AF_UNSPEC", "AF_NETLINK"):
            continue
        if match["four"] is not None:
            yield Reached(family, _plain(match["four"]), int(match["port"]), call)
        elif match["six"] is not None:
            address = ipaddress.IPv6Address(_plain(match["six"]))
            yield Reached(family, str(address.ipv4_mapped or address), int(match["port6"]), call)
        elif match["unix"] is not None:
            yield Reached(family, match["abstract"] + _plain(match["unix"]), None, call)
        else:
            yield Reached(family, "?", None, call)


def _plain(escaped: str) -> str:
    r"""Text of ``\xHH\xHH...``."""
    return os.fsdecode(bytes.fromhex(escaped.replace("\\x", "")))


def _strace(trace: Path | str) -> list[str]:
    calls = ",".join((*_OPEN, *_NAME, *_REACH, *_UNSEEN))
    # A question mark: some machines' kernels do not know every call, such as open on arm64.
    known = ",".join(f"?{call}" for call in calls.split(","))
    options = ["-f", "--seccomp-bpf", "-qq", "-xx", "-s", "0", "-v", "-y"]
    return ["strace", *options, "-e", f"trace={known}", "-o", str(trace)]


@functools.cache
def why_not() -> str | None:
    """Why this machine cannot watch system calls; None where it can."""
    if shutil.which("strace") is None:
        return "no strace on this machine; apt-get install strace"
    tried = subprocess.run([*_strace("/dev/null"), "true"], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return None
    said = (tried.stderr.strip().splitlines() or [f"exit status {tried.returncode}"])[-1]
    return f"strace may not watch a program here ({said}); a container needs --cap-add=SYS_PTRACE"


def require_strace() -> None:
    """Skip where system calls cannot be watched, or fail where that is required."""
    if reason := why_not():
        if os.environ.get("FACET_REQUIRE_STRACE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
