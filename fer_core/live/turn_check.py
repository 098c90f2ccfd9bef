"""Asks a TURN server for a relay, to say in words why a connection does not come up."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Final

from fer_core.live.ice import IceServer

_log = logging.getLogger(__name__)

#: Seconds after which a server counts as silent.
TIME_LIMIT: Final = 2.5

_REFUSED: Final = (401, 403, 441)

#: A server drew a new nonce meanwhile (RFC 8489, 14.8), as it does for a question that reaches it twice: ask again.
_STALE: Final = 438
_ATTEMPTS: Final = 3


class TurnCheck:
    """Asks every server at once, in a thread of its own; ``sentence`` is there when all have answered."""

    def __init__(self, servers: Sequence[IceServer], time_limit: float = TIME_LIMIT) -> None:
        """Begin to ask.

        Args:
            servers: TURN servers with their names and passwords.
            time_limit: seconds for each.
        """
        self._servers = tuple(servers)
        self._time_limit = time_limit
        self._sentence: str | None = None
        self._answered = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._ask_all()), name="turn-check", daemon=True).start()

    @property
    def sentence(self) -> str | None:
        """What is wrong with the servers, "" where nothing is, None while they are still asked."""
        return self._sentence

    def wait(self) -> str:
        """The sentence, once it is there."""
        self._answered.wait()
        return self._sentence or ""

    async def _ask_all(self) -> None:
        found = await asyncio.gather(*(_ask(each, self._time_limit) for each in self._servers))
        # In here, since a loop does not end before its resolver's threads, and those know no time limit.
        self._sentence = " ".join(sentence for sentence in found if sentence)
        self._answered.set()


async def _ask(server: IceServer, time_limit: float, attempts: int = _ATTEMPTS) -> str:
    """What is wrong with a server, "" where it gives a relay."""
    from aioice import stun, turn

    where = f"The relay at {server.host}:{server.port}"
    try:
        transport, _ = await asyncio.wait_for(
            turn.create_turn_endpoint(
                asyncio.DatagramProtocol,
                server_addr=(server.host, server.port),
                username=server.username,
                password=server.credential,
                ssl=server.over_tls or None,
                transport=server.transport,
            ),
            time_limit,
        )
    except (TimeoutError, stun.TransactionTimeout):
        return f"{where} does not answer."
    except stun.TransactionFailed as error:
        code = error.response.attributes.get("ERROR-CODE", (0, ""))[0]
        if code == _STALE and attempts > 1:
            return await _ask(server, time_limit, attempts - 1)
        if code in _REFUSED:
            return f"{where} refuses the name or password it is given."
        return f"{where} gives no relay (error {code})."
    except (socket.gaierror, UnicodeError):
        return f"{where} has a name that nobody knows."
    except ssl.SSLError:
        return f"{where} has a certificate that is not trusted."
    except OSError:
        return f"{where} cannot be reached."
    except Exception:  # noqa: BLE001 - the page waits for a sentence, whatever the server has sent
        _log.exception("A relay could not be asked.")
        return f"{where} could not be asked."
    transport.close()
    # Closing hands the relay back to the server, which takes a moment of the loop.
    await asyncio.sleep(0)
    return ""
