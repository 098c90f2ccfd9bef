"""FACET_* settings and every path the app reads or writes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fer_core.errors import SettingsError

PROJECT_ROOT: Final = Path(__file__).resolve().parents[1]

#: Models that come with Facet, one folder each; read-only.
SHIPPED_MODELS: Final = PROJECT_ROOT / "models"

#: The shipped model that answers until a person promotes another.
DEFAULT_MODEL: Final = "facet"

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


@dataclass(frozen=True)
class Settings:
    """What the environment says. Everything the app writes lies under ``home``.

    Attributes:
        home: FACET_HOME, default ``.facet`` beside app.py: runs, promoted models, caches.
        public: FACET_PUBLIC=1: a demo open to strangers. Starting training, deleting, promoting and reading
            server paths are off.
        dataset: FACET_DATASET, the FER-2013 CSV; default ``data/fer2013.csv``. May not exist.
        votes: FACET_VOTES, the FER+ votes; default ``data/fer2013new.csv``. May not exist.
        catalogue: FACET_CATALOGUE, the product CSV; default the mock products in ``data/products.csv``.
        database: FACET_DATABASE, where reactions are kept, such as ``postgresql://user:password@host/name``; default
            an SQLite file in ``home``. May hold a password.
    """

    home: Path
    public: bool
    dataset: Path
    votes: Path
    catalogue: Path
    database: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; SettingsError names the variable that makes no sense."""
        env = os.environ if environment is None else environment

        def path(name: str, default: Path) -> Path:
            try:
                # Absolute, since jobs start elsewhere and uploads are told by where they lie.
                return Path(env[name]).expanduser().absolute() if env.get(name) else default
            except RuntimeError as error:
                raise SettingsError(
                    f"{name} names a home folder that is not there: {env[name]!r}."
                ) from error

        home = path("FACET_HOME", PROJECT_ROOT / ".facet")
        return cls(
            home=home,
            public=_switch("FACET_PUBLIC", env.get("FACET_PUBLIC", "")),
            dataset=path("FACET_DATASET", PROJECT_ROOT / "data" / "fer2013.csv"),
            votes=path("FACET_VOTES", PROJECT_ROOT / "data" / "fer2013new.csv"),
            catalogue=path("FACET_CATALOGUE", PROJECT_ROOT / "data" / "products.csv"),
            database=env.get("FACET_DATABASE") or f"sqlite:///{home / 'reactions.db'}",
        )

    def without_paths(self, text: str) -> str:
        """A text for strangers: of the paths of this machine that the settings know, only the last part stays."""
        for path in (self.dataset, self.votes, self.catalogue, self.home, PROJECT_ROOT):
            text = text.replace(str(path), path.name)
        return text

    @property
    def runs(self) -> Path:
        """Training runs, one folder each."""
        return self.home / "runs"

    @property
    def recipes(self) -> Path:
        """Recipes saved on this machine, one folder each."""
        return self.home / "recipes"

    @property
    def label_errors(self) -> Path:
        """Jobs that look for label errors, and what they found, one folder a data set."""
        return self.home / "label_errors"

    @property
    def released_models(self) -> Path:
        """Models released from runs on this machine, one folder each."""
        return self.home / "models"

    @property
    def active_model_pointer(self) -> Path:
        """The file that names the model in use; absent until a person promotes one."""
        return self.home / "active_model.json"


def _switch(name: str, value: str) -> bool:
    lowered = value.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise SettingsError(f"{name} must be 1 or 0, got {value!r}.")
