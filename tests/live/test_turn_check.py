from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from aioice import stun, turn

from fer_core.live.ice import IceServer, ice_configuration
from fer_core.live.turn_check import TurnCheck
from fer_core.settings import Settings
from tests.coturn_server import PASSWORD, SECRET, USER, Coturn, free_port, running_coturn


@pytest.fixture(scope="module")
def coturn() -> Iterator[Coturn]:
    with running_coturn() as server:
        yield server


@pytest.fixture(scope="module")
def secret_coturn() -> Iterator[Coturn]:
    with running_coturn(secret=True) as server:
        yield server


def test_a_relay_that_gives_one_has_nothing_wrong(coturn: Coturn) -> None:
    assert TurnCheck([IceServer(coturn.url, USER, PASSWORD)]).wait() == ""


@pytest.mark.parametrize(
    ("stale", "said"),
    [
        pytest.param(2, "", id="the third time it has not changed"),
        pytest.param(9, "gives no relay (error 438).", id="it changes for ever"),
    ],
)
def test_a_nonce_that_changed_meanwhile_is_no_refusal(
    stale: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Mock(attributes={"ERROR-CODE": (438, "Wrong nonce")})
    answers = [stun.TransactionFailed(answer)] * stale + [(Mock(), Mock())]
    monkeypatch.setattr(turn, "create_turn_endpoint", AsyncMock(side_effect=answers))
    found = TurnCheck([IceServer("turn:192.0.2.1:3478", USER, PASSWORD)]).wait()
    assert found.endswith(said)
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("username", "password"), [(USER, "wrong"), ("nobody", PASSWORD)], ids=["wrong password", "unknown name"]
)
def test_wrong_credentials_are_told_without_showing_them(
    coturn: Coturn, username: str, password: str
) -> None:
    found = TurnCheck([IceServer(coturn.url, username, password)]).wait()
    assert "refuses the name or password" in found
    assert password not in found


def test_a_short_lived_name_is_good_until_it_ends(secret_coturn: Coturn) -> None:
    settings = Settings.from_environment(
        {"FACET_ICE_SERVERS": secret_coturn.url, "FACET_TURN_SECRET": SECRET}
    )
    assert TurnCheck(ice_configuration(settings, time.time()).relays).wait() == ""
    long_ago = ice_configuration(settings, 1_000_000.0).relays
    assert "refuses the name or password" in TurnCheck(long_ago).wait()
    other = Settings.from_environment(
        {"FACET_ICE_SERVERS": secret_coturn.url, "FACET_TURN_SECRET": "another"}
    )
    assert "refuses" in TurnCheck(ice_configuration(other, time.time()).relays).wait()


def test_a_server_that_takes_everything_in_and_says_nothing_is_silent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        server = IceServer(f"turn:127.0.0.1:{deaf.getsockname()[1]}", "a", "b")
        check = TurnCheck([server], time_limit=0.3)
        assert check.wait() == f"The relay at 127.0.0.1:{server.port} does not answer."


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_port_with_nobody_behind_it(transport: str) -> None:
    server = IceServer(f"turn:127.0.0.1:{free_port()}?transport={transport}", "a", "b")
    found = TurnCheck([server], time_limit=1.0).wait()
    assert "cannot be reached" in found or "does not answer" in found


def test_a_name_that_is_none() -> None:
    found = TurnCheck([IceServer("turn:relay..example", "a", "b")]).wait()
    assert found == "The relay at relay..example:3478 has a name that nobody knows."


def test_a_resolver_that_does_not_answer_keeps_to_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    real = socket.getaddrinfo

    def silent(host: Any, *rest: Any, **named: Any) -> Any:
        if host == "relay.example":
            answers.wait(20)
            raise socket.gaierror
        return real(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    begun = time.monotonic()
    found = TurnCheck([IceServer("turn:relay.example", "a", "b")], time_limit=0.3).wait()
    assert time.monotonic() - begun < 5
    answers.set()
    assert found == "The relay at relay.example:3478 does not answer."


def test_what_nobody_expected_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from aioice import turn

    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("nobody expected this")

    monkeypatch.setattr(turn, "create_turn_endpoint", broken)
    found = TurnCheck([IceServer("turn:relay.example", "a", "b")]).wait()
    assert found == "The relay at relay.example:3478 could not be asked."


def test_a_name_that_nobody_knows() -> None:
    # The top-level domain is set aside for names that never exist (RFC 2606).
    found = TurnCheck([IceServer("turn:relay.invalid", "a", "b")], time_limit=5.0).wait()
    assert "relay.invalid" in found
    assert found.endswith((" has a name that nobody knows.", " does not answer."))


def test_asking_holds_nobody_up(coturn: Coturn) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        silent = IceServer(f"turn:127.0.0.1:{deaf.getsockname()[1]}", "a", "b")
        begun = time.monotonic()
        check = TurnCheck([silent, IceServer(coturn.url, USER, PASSWORD)], time_limit=0.5)
        assert check.sentence is None
        assert time.monotonic() - begun < 0.4
        assert check.wait().count("The relay") == 1
