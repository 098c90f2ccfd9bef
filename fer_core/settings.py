"""FACET_* settings and every path the app reads or writes."""

from __future__ import annotations

import os
import re
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

#: RFC 7064 and RFC 7065, with the transports that browser and server both know: turns goes over TCP alone.
_ICE_URL: Final = re.compile(
    r"(?:stun:HOST|turn:HOST(?:\?transport=(?:udp|tcp))?|turns:HOST(?:\?transport=tcp)?)".replace(
        "HOST", r"[^\s:?/@]+(?::\d{1,5})?"
    )
)
_PORT: Final = re.compile(r":(\d+)(?:\?|$)")


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
        ice_servers: FACET_ICE_SERVERS, URLs of STUN and TURN servers with commas or spaces between; none by default.
        turn_username, turn_password: FACET_TURN_USERNAME and FACET_TURN_PASSWORD, the same for every visitor.
        turn_secret: FACET_TURN_SECRET in their place: what coturn knows as its static-auth-secret.
        ice_relay_only: FACET_ICE_RELAY_ONLY=1: browsers connect through a TURN server alone.
        server_relay: FACET_SERVER_RELAY=1: the server takes a relay too, where no UDP reaches it.
    """

    home: Path
    public: bool
    dataset: Path
    votes: Path
    catalogue: Path
    database: str = field(repr=False)
    ice_servers: tuple[str, ...] = ()
    turn_username: str | None = None
    turn_password: str | None = field(default=None, repr=False)
    turn_secret: str | None = field(default=None, repr=False)
    ice_relay_only: bool = False
    server_relay: bool = False

    def __post_init__(self) -> None:
        for url in self.ice_servers:
            port = _PORT.search(url)
            if not _ICE_URL.fullmatch(url) or (port and not 0 < int(port[1]) < 65_536):
                # Visitors read this too: what stands before an @ may be a password.
                shown = url.rpartition("@")[2]
                raise SettingsError(
                    f"FACET_ICE_SERVERS holds {shown!r}; expected URLs such as stun:host:3478, turn:host:3478 or "
                    "turns:host:5349?transport=tcp."
                )
        relays = any(url.startswith("turn") for url in self.ice_servers)
        one_for_all = self.turn_username is not None or self.turn_password is not None
        if one_for_all and self.turn_secret is not None:
            raise SettingsError(
                "FACET_TURN_SECRET makes a name and a password for each visitor; take away FACET_TURN_USERNAME and "
                "FACET_TURN_PASSWORD, or the secret."
            )
        if (self.turn_username is None) != (self.turn_password is None):
            raise SettingsError(
                "FACET_TURN_USERNAME and FACET_TURN_PASSWORD need each other; one of them is missing."
            )
        if relays and not one_for_all and self.turn_secret is None:
            raise SettingsError(
                "FACET_ICE_SERVERS names a TURN server; give FACET_TURN_USERNAME and FACET_TURN_PASSWORD, or "
                "FACET_TURN_SECRET."
            )
        for name, given in (
            ("TURN_USERNAME", self.turn_username is not None),
            ("TURN_SECRET", self.turn_secret is not None),
            ("ICE_RELAY_ONLY", self.ice_relay_only),
            ("SERVER_RELAY", self.server_relay),
        ):
            if given and not relays:
                raise SettingsError(f"FACET_{name} needs a TURN server in FACET_ICE_SERVERS.")

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
            ice_servers=tuple(env.get("FACET_ICE_SERVERS", "").replace(",", " ").split()),
            turn_username=env.get("FACET_TURN_USERNAME") or None,
            turn_password=env.get("FACET_TURN_PASSWORD") or None,
            turn_secret=env.get("FACET_TURN_SECRET") or None,
            ice_relay_only=_switch("FACET_ICE_RELAY_ONLY", env.get("FACET_ICE_RELAY_ONLY", "")),
            server_relay=_switch("FACET_SERVER_RELAY", env.get("FACET_SERVER_RELAY", "")),
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
    def sweeps(self) -> Path:
        """Sweeps, one folder each; their runs lie among the others."""
        return self.home / "sweeps"

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
