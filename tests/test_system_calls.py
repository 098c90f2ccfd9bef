"""The watcher sees what it must: each way in which a program could write a picture or send it is planted once."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.system_calls import (
    Reached,
    Report,
    Watched,
    Written,
    leaks,
    own_addresses,
    parse,
    require_strace,
)

#: Nobody need answer: an attempt counts.
PORT = 9

_PICTURE = "import cv2, numpy as np; picture = np.full((48, 64, 3), 96, np.uint8)\n"
_MUX = """
import av, numpy as np
with av.open(sys.argv[1] + "/planted", "w", format="mp4") as container:
    stream = container.add_stream("mpeg4", rate=30)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 96, np.uint8), format="bgr24")
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
"""
_WRITES = {
    "open": "open(sys.argv[1] + '/planted', 'w').write('x')",
    "append": "open(sys.argv[1] + '/planted', 'ab').write(b'x')",
    "update": "open(sys.argv[1] + '/old', 'r+b').write(b'x')",
    "relative": "os.chdir(sys.argv[1]); open('planted', 'w').write('x')",
    "relative to a folder": "os.close(os.open('planted', os.O_WRONLY | os.O_CREAT, "
    "dir_fd=os.open(sys.argv[1], os.O_RDONLY)))",
    "os.open": "os.write(os.open(sys.argv[1] + '/planted', os.O_RDWR | os.O_CREAT), b'x')",
    "creat": "import ctypes; ctypes.CDLL(None).creat((sys.argv[1] + '/planted').encode(), 0o600)",
    "a name out of the ordinary": "open(sys.argv[1] + '/pl\"\\n ünted, O_RDONLY) = 3<x>', 'w')",
    "memory map": "import numpy as np; np.memmap(sys.argv[1] + '/planted', np.uint8, 'w+', shape=9)[:] = 7",
    "without a name": "import tempfile; tempfile.TemporaryFile(dir=sys.argv[1]).write(b'x')",
    "rename": "os.rename(sys.argv[1] + '/old', sys.argv[1] + '/planted')",
    "replace, relative to a folder": "at = os.open(sys.argv[1], os.O_RDONLY); "
    "os.replace('old', 'planted', src_dir_fd=at, dst_dir_fd=at)",
    "link": "os.link(sys.argv[1] + '/old', sys.argv[1] + '/planted')",
    "thread": "import threading; it = threading.Thread(target=lambda: open(sys.argv[1] + '/planted', 'w')); it.start(); "
    "it.join()",
    "fork": "os.fork() or (open(sys.argv[1] + '/planted', 'w'), os._exit(0)); os.wait()",
    "another program": "import subprocess; subprocess.run(['cp', sys.argv[1] + '/old', sys.argv[1] + '/planted'])",
    "cv2.imwrite": _PICTURE + "assert cv2.imwrite(sys.argv[1] + '/planted.jpg', picture)",
    "cv2.VideoWriter": _PICTURE
    + "cv2.VideoWriter(sys.argv[1] + '/planted.avi', cv2.VideoWriter_fourcc(*'MJPG'), 9, (64, 48)).write(picture)",
    "PyAV": _MUX,
}

_SOCKET = "import socket\ntry:\n    {}\nexcept OSError: pass"
_UDP = "socket.socket(socket.{family}, socket.SOCK_DGRAM).{send}"
_V4, _V6 = f"('127.0.0.2', {PORT})", f"('fd00:fa:ce::7', {PORT})"
_REACHES = {
    "connect": (f"socket.create_connection({_V4})", Reached("AF_INET", "127.0.0.2", PORT, "connect")),
    "sendto": (
        _UDP.format(family="AF_INET", send=f"sendto(b'x', {_V4})"),
        Reached("AF_INET", "127.0.0.2", PORT, "sendto"),
    ),
    "sendmsg": (
        _UDP.format(family="AF_INET", send=f"sendmsg([b'x'], [], 0, {_V4})"),
        Reached("AF_INET", "127.0.0.2", PORT, "sendmsg"),
    ),
    "IPv6": (
        _UDP.format(family="AF_INET6", send=f"sendto(b'x', {_V6})"),
        Reached("AF_INET6", "fd00:fa:ce::7", PORT, "sendto"),
    ),
    "IPv4 within IPv6": (
        _UDP.format(family="AF_INET6", send=f"sendto(b'x', ('::ffff:127.0.0.2', {PORT}))"),
        Reached("AF_INET6", "127.0.0.2", PORT, "sendto"),
    ),
    "multicast": (
        _UDP.format(family="AF_INET", send="connect(('224.0.0.251', 5353))"),
        Reached("AF_INET", "224.0.0.251", 5353, "connect"),
    ),
    "asyncio": (
        f"import asyncio; asyncio.run(asyncio.open_connection('127.0.0.2', {PORT}))",
        Reached("AF_INET", "127.0.0.2", PORT, "connect"),
    ),
    "local socket": (
        "socket.socket(socket.AF_UNIX).connect('/nowhere/socket')",
        Reached("AF_UNIX", "/nowhere/socket", None, "connect"),
    ),
    "local socket without a file": (
        "socket.socket(socket.AF_UNIX).connect('\\0facet')",
        Reached("AF_UNIX", "@facet", None, "connect"),
    ),
    "fork": (
        f"import os; os.fork() or (socket.create_connection({_V4}), os._exit(0)); os.wait()",
        Reached("AF_INET", "127.0.0.2", PORT, "connect"),
    ),
    "accept": (
        "it = socket.create_server(('127.0.0.1', 0)); socket.create_connection(it.getsockname(), "
        "source_address=('127.0.0.3', 0)); it.accept()",
        Reached("AF_INET", "127.0.0.3", None, "accept4"),
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where programs write; holds the file ``old``."""
    path = tmp_path / "folder"
    path.mkdir()
    (path / "old").write_text("old")
    return path


def seen(code: str, folder: Path, trace: Path) -> Report:
    """What a Python program did."""
    require_strace()
    watched = Watched(
        [sys.executable, "-c", f"import os, sys\n{code}", str(folder)],
        trace,
        cwd="/",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert watched.wait(60) == 0
    return watched.report()


@pytest.mark.parametrize("how", _WRITES)
def test_what_is_written_is_seen(how: str, folder: Path, tmp_path: Path) -> None:
    if how == "PyAV":
        pytest.importorskip("av")
    report = seen(_WRITES[how], folder, tmp_path / "trace")
    left = {str(path) for path in folder.iterdir()} - {str(folder / "old")}
    if how == "update":
        left = {str(folder / "old")}
    written = {each.path for each in report.written if each.path.startswith(str(folder))}
    if how == "without a name":
        assert all(path.endswith("(deleted)") for path in written)
        assert len(written) == 1
    else:
        assert left
        assert written == left
    assert len(leaks(report, {}, own_addresses())) == len(report.written)
    assert leaks(report, {f"{folder}/*": "planted"}, own_addresses()) == []


@pytest.mark.parametrize("how", _REACHES)
def test_what_is_reached_is_seen(how: str, folder: Path, tmp_path: Path) -> None:
    code, expected = _REACHES[how]
    report = seen(_SOCKET.format(code), folder, tmp_path / "trace")
    found = [
        Reached(each.family, each.address, each.port if expected.port else None, each.call)
        for each in report.reached
    ]
    assert expected in found
    # A planted address of another machine, or of a resolver on this one, is a leak; nothing else came up.
    (line,) = leaks(report, {}, own_addresses() - {expected.address})
    assert f"reached by {expected.call}: {expected.family} {expected.address}" in line


def test_a_program_that_reads_gives_nothing(folder: Path, tmp_path: Path) -> None:
    code = (
        "import cv2, socket, threading\n"
        "open(sys.argv[1] + '/old').read()\n"
        "one, other = socket.socketpair(); one.send(b'x'); other.recv(1)\n"
        "socket.create_server(('127.0.0.1', 0)).getsockname()\n"
        "it = threading.Thread(target=os.listdir, args=sys.argv[1:]); it.start(); it.join()\n"
        "for mode in ('w', 'x'):\n"
        "    try: open('/nowhere/planted', mode)\n"
        "    except OSError: pass\n"
    )
    assert seen(code, folder, tmp_path / "trace") == Report()


def test_a_program_that_goes_on_is_stopped_with_its_children(folder: Path, tmp_path: Path) -> None:
    require_strace()
    ready, told = os.pipe()
    # The child ignores the polite request, as a library's helper may.
    code = (
        "import os, signal, sys\n"
        "if os.fork() == 0:\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    open(sys.argv[1] + '/planted', 'w'); os.write(int(sys.argv[2]), b'x')\n"
        "signal.pause()\n"
    )
    watched = Watched(
        [sys.executable, "-c", code, str(folder), str(told)], tmp_path / "trace", pass_fds=[told]
    )
    os.close(told)
    assert os.read(ready, 1) == b"x"
    watched.stop(2)
    assert watched.poll() is not None
    # The pipe's other end is closed: nobody who held it lives.
    assert os.read(ready, 1) == b""
    os.close(ready)
    assert Written(str(folder / "planted"), "openat") in watched.report().written


_HEX = {
    name: "".join(f"\\x{byte:02x}" for byte in name.encode()) for name in ("/a", "b", "192.0.2.7", "/tmp")
}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([f'7 openat(AT_FDCWD<{_HEX["/a"]}>, "b", O_RDONLY) = 3<{_HEX["/a"]}>'], Report(), id="read"),
        pytest.param(
            [f'7 openat(AT_FDCWD<{_HEX["/tmp"]}>, "{_HEX["b"]}", O_WRONLY) = -1 EACCES (Permission denied)'],
            Report(),
            id="refused",
        ),
        pytest.param(
            [
                f'7 openat(AT_FDCWD<{_HEX["/tmp"]}>, "{_HEX["b"]}", O_WRONLY|O_CREAT <unfinished ...>',
                f'8 connect(3<{_HEX["/a"]}>, {{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("'
                f'{_HEX["192.0.2.7"]}")}}, 16 <unfinished ...>',
                f"7 <... openat resumed>, 0600) = 3<{_HEX['/a']}>",
                "8 <... connect resumed>) = -1 EINPROGRESS (Operation now in progress)",
            ],
            Report((Written("/a", "openat"),), (Reached("AF_INET", "192.0.2.7", 80, "connect"),)),
            id="two tasks in turn",
        ),
        pytest.param(
            [f'7 openat(AT_FDCWD<{_HEX["/tmp"]}>, "{_HEX["b"]}", O_WRONLY|O_CREAT <unfinished ...>'],
            Report((Written("/tmp/b", "openat"),)),
            id="died within the call",
        ),
        pytest.param(
            [f'7 openat2(5<{_HEX["/tmp"]}>, "{_HEX["b"]}", {{flags=O_RDWR, resolve=0}}, 24) = 4<{_HEX["/a"]}>'],
            Report((Written("/a", "openat2"),)),
            id="openat2",
        ),
        pytest.param(
            [f'7 rename("{_HEX["/a"]}", "{_HEX["b"]}") = 0'],
            Report((Written("b", "rename"),)),
            id="relative name stays as it is, in no allow list",
        ),
        pytest.param(
            [
                "7 sendmmsg(3<>, [{msg_hdr={msg_name={sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr(\""
                f'{_HEX["192.0.2.7"]}")}}, msg_namelen=16}}, msg_len=1}}, {{msg_hdr={{msg_name={{sa_family=AF_PACKET, '
                "sll_protocol=htons(ETH_P_IP)}}}], 2, 0) = 2"
            ],
            Report(
                (),
                (
                    Reached("AF_INET", "192.0.2.7", 53, "sendmmsg"),
                    Reached("AF_PACKET", "?", None, "sendmmsg"),
                ),
            ),
            id="each message of sendmmsg",
        ),
        pytest.param(
            [
                '7 connect(3<>, {sa_family=AF_UNSPEC, sa_data=""}, 16) = 0',
                "7 sendto(3<>, [], 20, 0, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 20",
                '7 sendto(3<>, ""..., 9, 0, NULL, 0) = 9',
                "7 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---",
                "7 +++ exited with 0 +++",
            ],
            Report(),
            id="reaches nobody",
        ),
        pytest.param(
            ["7 accept(3<>, NULL, NULL) = 4<>"],
            Report((), (Reached("?", "?", None, "accept"),)),
            id="from nobody knows where",
        ),
        pytest.param(["7 io_uring_setup(8, {}) = 5<>"], Report((), (), ("io_uring_setup",)), id="io_uring"),
    ],
)  # fmt: skip
def test_lines_are_read(lines: list[str], expected: Report) -> None:
    assert parse(lines) == expected


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (Report((Written("/tmp/x.jpg", "openat"),)), "written by openat: /tmp/x.jpg"),
        (Report((Written("/home/other.db", "rename"),)), "written by rename: /home/other.db"),
        (Report((Written("/home/kept.db/x.jpg", "openat"),)), "written by openat: /home/kept.db/x.jpg"),
        (Report((Written("/other/home/kept.db", "openat"),)), "written by openat: /other/home/kept.db"),
        (Report((Written("kept.db", "rename"),)), "written by rename: kept.db"),
        (Report((Written("/home/#7 (deleted)", "openat"),)), "written by openat: /home/#7 (deleted)"),
        (
            Report((), (Reached("AF_INET", "192.0.2.7", 3478, "sendto"),)),
            "reached by sendto: AF_INET 192.0.2.7 port 3478",
        ),
        (
            Report((), (Reached("AF_INET", "127.0.0.1", 53, "connect"),)),
            "reached by connect: AF_INET 127.0.0.1 port 53",
        ),
        (
            Report((), (Reached("AF_INET", "127.0.0.53", 80, "connect"),)),
            "reached by connect: AF_INET 127.0.0.53 port 80",
        ),
        (
            Report((), (Reached("AF_UNIX", "/run/some", None, "connect"),)),
            "reached by connect: AF_UNIX /run/some",
        ),
        (Report((), (), ("io_uring_setup",)), "io_uring_setup hides what is written and sent"),
    ],
)
def test_a_leak_is_told(report: Report, line: str) -> None:
    allowed = Report((Written("/home/kept.db", "openat"),), (Reached("AF_INET", "127.0.0.1", 80, "sendto"),))
    files, addresses = {"/home/kept.db*": "what shoppers agreed to"}, {"127.0.0.1", "::1"}
    assert leaks(allowed, files, addresses) == []
    assert leaks(report, files, addresses) == [line]


def test_this_machine_knows_its_own_addresses() -> None:
    own = own_addresses()
    assert {"127.0.0.1", "::1"} <= own
    assert not any("%" in address or address == "127.0.0.53" for address in own)
