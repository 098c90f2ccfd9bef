"""What the environment says."""

from __future__ import annotations

from pathlib import Path

import pytest

from fer_core.errors import SettingsError
from fer_core.settings import PROJECT_ROOT, Settings


def test_defaults_lie_beside_the_app() -> None:
    settings = Settings.from_environment({})
    assert settings.home == PROJECT_ROOT / ".facet"
    assert settings.dataset == PROJECT_ROOT / "data" / "fer2013.csv"
    assert not settings.public
    assert (PROJECT_ROOT / "fer_core").is_dir()


def test_everything_written_lies_under_home(tmp_path: Path) -> None:
    settings = Settings.from_environment({"FACET_HOME": str(tmp_path)})
    for path in (settings.runs, settings.released_models, settings.active_model_pointer):
        assert path.is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("variable", "attribute"),
    [("FACET_DATASET", "dataset"), ("FACET_VOTES", "votes"), ("FACET_CATALOGUE", "catalogue")],
)
def test_paths_can_be_set(variable: str, attribute: str, tmp_path: Path) -> None:
    settings = Settings.from_environment({variable: str(tmp_path / "file.csv")})
    assert getattr(settings, attribute) == tmp_path / "file.csv"


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.from_environment({"FACET_HOME": "~/facet"}).home == tmp_path / "facet"


def test_an_empty_path_is_no_path() -> None:
    assert Settings.from_environment({"FACET_HOME": ""}).home == PROJECT_ROOT / ".facet"


@pytest.mark.parametrize("value", ["1", "true", "YES", " on "])
def test_public_is_switched_on(value: str) -> None:
    assert Settings.from_environment({"FACET_PUBLIC": value}).public


@pytest.mark.parametrize("value", ["", "0", "false", "No", "off"])
def test_public_is_switched_off(value: str) -> None:
    assert not Settings.from_environment({"FACET_PUBLIC": value}).public


@pytest.mark.parametrize("value", ["2", "maybe", "-1"])
def test_a_switch_that_makes_no_sense_names_itself(value: str) -> None:
    with pytest.raises(SettingsError, match=f"FACET_PUBLIC.*{value}"):
        Settings.from_environment({"FACET_PUBLIC": value})


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FACET_HOME", str(tmp_path))
    assert Settings.from_environment().home == tmp_path


def test_a_text_for_strangers_keeps_only_the_last_part_of_a_path(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"FACET_HOME": str(tmp_path), "FACET_DATASET": "/srv/data/faces.csv"}
    )
    text = settings.without_paths(f"No /srv/data/faces.csv and no {tmp_path}/runs/a.")
    assert text == f"No faces.csv and no {tmp_path.name}/runs/a."


TURN = {"FACET_ICE_SERVERS": "turn:relay.example"}
STATIC = {"FACET_TURN_USERNAME": "name", "FACET_TURN_PASSWORD": "word"}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        pytest.param({"FACET_ICE_SERVERS": "relay.example"}, "FACET_ICE_SERVERS", id="no scheme"),
        pytest.param({"FACET_ICE_SERVERS": "http://relay.example"}, "FACET_ICE_SERVERS", id="another scheme"),
        pytest.param({"FACET_ICE_SERVERS": "turn://relay.example"}, "FACET_ICE_SERVERS", id="slashes"),
        pytest.param(
            {"FACET_ICE_SERVERS": "turn:a?transport=sctp"}, "FACET_ICE_SERVERS", id="a transport nobody has"
        ),
        pytest.param(
            {"FACET_ICE_SERVERS": "turns:a?transport=udp"}, "FACET_ICE_SERVERS", id="TLS goes over TCP"
        ),
        pytest.param(
            {**STATIC, "FACET_ICE_SERVERS": "turn:a:65536"}, "FACET_ICE_SERVERS", id="a port too high"
        ),
        pytest.param({"FACET_ICE_SERVERS": "stun:a:0"}, "FACET_ICE_SERVERS", id="no port"),
        pytest.param(TURN, "FACET_TURN_USERNAME", id="TURN needs a name"),
        pytest.param({**TURN, "FACET_TURN_USERNAME": "n"}, "FACET_TURN_PASSWORD", id="half of both"),
        pytest.param(
            {**TURN, **STATIC, "FACET_TURN_SECRET": "s"}, "FACET_TURN_SECRET", id="two ways at once"
        ),
        pytest.param({"FACET_ICE_RELAY_ONLY": "1"}, "FACET_ICE_RELAY_ONLY", id="no relay to force"),
        pytest.param(
            {"FACET_ICE_SERVERS": "stun:a", "FACET_SERVER_RELAY": "1"},
            "FACET_SERVER_RELAY",
            id="STUN is none",
        ),
        pytest.param(STATIC, "FACET_TURN_USERNAME", id="a name for no relay"),
        pytest.param({"FACET_TURN_SECRET": "s"}, "FACET_TURN_SECRET", id="a secret for no relay"),
    ],
)
def test_servers_that_make_no_sense_name_their_variable(environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings.from_environment(environment)


def test_ice_servers_are_divided_by_commas_or_spaces() -> None:
    settings = Settings.from_environment(
        {**STATIC, "FACET_ICE_SERVERS": " stun:a:1 ,turn:b  turns:c:2?transport=tcp"}
    )
    assert settings.ice_servers == ("stun:a:1", "turn:b", "turns:c:2?transport=tcp")


def test_a_password_in_a_url_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError, match="FACET_ICE_SERVERS") as refused:
        Settings.from_environment({**STATIC, "FACET_ICE_SERVERS": "turn:name:hidden@relay.example"})
    assert "hidden" not in str(refused.value)


def test_no_secret_shows() -> None:
    for secret in ({**TURN, **STATIC}, {**TURN, "FACET_TURN_SECRET": "word"}):
        assert "word" not in repr(Settings.from_environment(secret))
