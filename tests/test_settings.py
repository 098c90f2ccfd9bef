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
