"""How browser and server find each other: STUN and TURN servers from the settings.

Short-lived names and passwords follow coturn's REST scheme (draft-uberti-behave-turn-rest-00): the name is the time in
Unix seconds at which it ends, a colon and who it is for; the password is base64(HMAC-SHA1(shared secret, name)). The
secret stays on the server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
from dataclasses import dataclass, field
from typing import Any, Final

from fer_core.settings import Settings

#: Seconds for which a short-lived name is good: a page may stand open that long before somebody presses START.
LIFETIME: Final = 12 * 3_600


@dataclass(frozen=True)
class IceServer:
    """A STUN or TURN server: its URL, and name and password where it is TURN."""

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)

    @property
    def is_relay(self) -> bool:
        """Whether it is TURN."""
        return self.url.startswith("turn")

    @property
    def host(self) -> str:
        """The name or address in the URL."""
        return self.url.partition(":")[2].partition("?")[0].partition(":")[0]

    @property
    def port(self) -> int:
        """The URL's port, or the one of RFC 7064 and 7065: 3478, over TLS 5349."""
        port = self.url.partition(":")[2].partition("?")[0].partition(":")[2]
        return int(port) if port else 5349 if self.over_tls else 3478

    @property
    def over_tls(self) -> bool:
        """Whether it is spoken to over TLS."""
        return self.url.startswith("turns:")

    @property
    def transport(self) -> str:
        """``udp`` or ``tcp``."""
        named = self.url.partition("transport=")[2]
        return named or ("tcp" if self.over_tls else "udp")

    def as_dict(self) -> dict[str, str]:
        """As WebRTC's RTCIceServer."""
        named = {"username": self.username, "credential": self.credential}
        return {"urls": self.url, **{name: value for name, value in named.items() if value is not None}}


@dataclass(frozen=True)
class IceConfiguration:
    """What both ends are told.

    Attributes:
        servers: in the settings' order; () for a network where both reach each other directly.
        relay_only: the browser may connect through a relay alone.
        server_relays: the server takes a relay as well.
        renew_at: Unix seconds from which a new one should be made; infinite where nothing ends.
    """

    servers: tuple[IceServer, ...] = ()
    relay_only: bool = False
    server_relays: bool = False
    renew_at: float = math.inf

    @property
    def relays(self) -> tuple[IceServer, ...]:
        """The TURN servers."""
        return tuple(each for each in self.servers if each.is_relay)

    def for_browser(self) -> dict[str, Any]:
        """RTCConfiguration of the browser. An empty list is said, because none at all means a public server."""
        policy = {"iceTransportPolicy": "relay"} if self.relay_only else {}
        return {"iceServers": [each.as_dict() for each in self.servers], **policy}

    def for_server(self) -> dict[str, Any]:
        """RTCConfiguration of the server, which looks for a relay only where it is told to: a dead one costs it five
        seconds at every START."""
        used = [each for each in self.servers if self.server_relays or not each.is_relay]
        return {"iceServers": [each.as_dict() for each in used]}


def ice_configuration(settings: Settings, now: float, visitor: str = "visitor") -> IceConfiguration:
    """From the settings.

    Args:
        settings: which servers there are, and how they are opened.
        now: Unix seconds.
        visitor: whom a short-lived name is for; coturn counts its ``user-quota`` and names its log lines by it.
    """
    username, credential = settings.turn_username, settings.turn_password
    renew_at = math.inf
    if settings.turn_secret is not None:
        username = f"{int(now) + LIFETIME}:{visitor}"
        credential = short_lived_password(settings.turn_secret, username)
        renew_at = now + LIFETIME / 2
    servers = tuple(
        IceServer(url, username, credential) if url.startswith("turn") else IceServer(url)
        for url in settings.ice_servers
    )
    return IceConfiguration(servers, settings.ice_relay_only, settings.server_relay, renew_at)


def short_lived_password(secret: str, username: str) -> str:
    """base64(HMAC-SHA1(secret, username))."""
    return base64.b64encode(hmac.digest(secret.encode(), username.encode(), hashlib.sha1)).decode()
