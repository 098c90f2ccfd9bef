from __future__ import annotations

import math

import pytest

from fer_core.live.ice import LIFETIME, IceConfiguration, IceServer, ice_configuration, short_lived_password
from fer_core.settings import Settings


def settings(**environment: str) -> Settings:
    return Settings.from_environment({f"FACET_{name}": value for name, value in environment.items()})


def test_nothing_is_asked_unless_it_is_told() -> None:
    ice = ice_configuration(settings(), 0.0)
    # None at all would mean a public server.
    assert ice.for_browser() == ice.for_server() == {"iceServers": []}
    assert ice.renew_at == math.inf


def test_names_and_passwords_go_to_turn_alone() -> None:
    ice = ice_configuration(
        settings(
            ICE_SERVERS="stun:a.example:3478, turn:b.example:3478?transport=tcp",
            TURN_USERNAME="name",
            TURN_PASSWORD="word",
        ),
        0.0,
    )
    assert ice.for_browser() == {
        "iceServers": [
            {"urls": "stun:a.example:3478"},
            {"urls": "turn:b.example:3478?transport=tcp", "username": "name", "credential": "word"},
        ]
    }
    assert [each.url for each in ice.relays] == ["turn:b.example:3478?transport=tcp"]
    # A dead relay would hold up every START for five seconds.
    assert ice.for_server() == {"iceServers": [{"urls": "stun:a.example:3478"}]}


def test_relays_can_be_forced_on_the_browser_and_given_to_the_server() -> None:
    known = {"ICE_SERVERS": "turn:b.example", "TURN_USERNAME": "n", "TURN_PASSWORD": "w"}
    ice = ice_configuration(settings(**known, ICE_RELAY_ONLY="1", SERVER_RELAY="1"), 0.0)
    assert ice.for_browser()["iceTransportPolicy"] == "relay"
    assert "iceTransportPolicy" not in ice.for_server()
    assert len(ice.for_server()["iceServers"]) == 1


def test_a_short_lived_name_is_when_it_ends_and_the_secret_stays_here() -> None:
    ice = ice_configuration(settings(ICE_SERVERS="turn:b.example", TURN_SECRET="s3cret"), 1_000.0, "5e3a")
    (server,) = ice.relays
    assert server.username == f"{1_000 + LIFETIME}:5e3a"
    assert server.credential == short_lived_password("s3cret", f"{1_000 + LIFETIME}:5e3a")
    assert ice.renew_at == 1_000.0 + LIFETIME / 2
    assert "s3cret" not in str(ice.for_browser()) + repr(ice)
    assert str(server.credential) not in repr(ice)


def test_the_password_is_the_one_that_openssl_makes() -> None:
    # printf 1700000000 | openssl dgst -sha1 -hmac secret -binary | base64
    assert short_lived_password("secret", "1700000000") == "WGw37+g43pfwVUmrc9tgArn/juE="


@pytest.mark.parametrize(
    ("url", "host", "port", "transport", "over_tls"),
    [
        ("turn:a.example", "a.example", 3478, "udp", False),
        ("turn:a.example:99", "a.example", 99, "udp", False),
        ("turn:a.example?transport=tcp", "a.example", 3478, "tcp", False),
        ("turns:a.example", "a.example", 5349, "tcp", True),
        ("turns:10.0.0.1:443?transport=tcp", "10.0.0.1", 443, "tcp", True),
    ],
)
def test_where_a_url_leads(url: str, host: str, port: int, transport: str, over_tls: bool) -> None:
    server = IceServer(url, "n", "w")
    assert (server.host, server.port, server.transport, server.over_tls) == (host, port, transport, over_tls)
    assert server.is_relay
    assert not IceServer("stun:a.example").is_relay


def test_an_empty_configuration_is_the_default() -> None:
    assert IceConfiguration().for_browser() == {"iceServers": []}
