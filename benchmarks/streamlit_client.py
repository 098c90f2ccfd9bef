"""A visitor without a browser: opens a page of a Streamlit app over its websocket, presses buttons, and plays components.

It speaks as Streamlit 1.67's own page does: protobuf messages of ``streamlit.proto`` over ``/_stcore/stream``. Fragments
that run by themselves are asked for at their interval, as a browser asks, so the server has the same work.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState


class StreamlitClient:
    """One session. ``open`` it, then wait for what the page shows and press it."""

    def __init__(self, socket: websockets.ClientConnection, page: str) -> None:
        self._socket = socket
        self._page = page
        self._states: dict[str, WidgetState] = {}
        self._buttons: dict[str, str] = {}
        self._components: dict[str, tuple[str, dict[str, Any]]] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._page_hash = ""
        self._running = True
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, address: str, page: str) -> AsyncIterator[StreamlitClient]:
        """A session on a page such as ``live`` of the app at an address such as ``http://localhost:8501``; it ends
        with the context, as when a browser's window is closed."""
        url = address.replace("http", "ws", 1) + "/_stcore/stream"
        async with websockets.connect(
            url, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None
        ) as socket:
            client = cls(socket, page)
            try:
                await client._rerun()
                yield client
            finally:
                for task in (client._reading, *client._timers.values()):
                    task.cancel()

    async def press(self, label: str, seconds: float = 60.0) -> None:
        """Press a button once the page shows it and is at rest, as a person would; TimeoutError if it does not."""
        await self._until(lambda: label in self._buttons and not self._running, seconds)
        await self._rerun({self._buttons[label]: WidgetState(id=self._buttons[label], trigger_value=True)})

    async def component(
        self, name: str, ready: Callable[[dict[str, Any]], bool] = lambda _: True, seconds: float = 60.0
    ) -> dict[str, Any]:
        """The arguments of a component (named by the end of its name) once they are as wanted."""

        def there() -> bool:
            return name in self._components and ready(self._components[name][1])

        await self._until(there, seconds)
        return self._components[name][1]

    async def answer(self, name: str, value: Mapping[str, Any]) -> None:
        """Give a value back, as the component's own page would."""
        widget = self._components[name][0]
        self._states[widget] = WidgetState(id=widget, json_value=json.dumps(value))
        await self._rerun()

    async def _until(self, true: Callable[[], bool], seconds: float) -> None:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: true() or self._reading.done()), seconds)
        if self._reading.done():
            self._reading.result()
            raise ConnectionError("The app closed the session.")

    async def _rerun(
        self, pressed: Mapping[str, WidgetState] | None = None, fragment: str | None = None
    ) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash = self._page_hash
        state.page_name = "" if self._page_hash else self._page
        state.widget_states.widgets.extend([*self._states.values(), *(pressed or {}).values()])
        state.context_info.url = f"http://localhost/{self._page}"
        if fragment is not None:
            state.fragment_id = fragment
            state.is_auto_rerun = True
        with contextlib.suppress(websockets.ConnectionClosed):
            await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                message = ForwardMsg()
                message.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
                self._take(message)
                await self._tell()
        finally:
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "script_finished":
            self._running = False
        elif kind == "new_session":
            self._running = True
            self._page_hash = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                # What runs by itself is said anew by each whole run.
                for timer in self._timers.values():
                    timer.cancel()
                self._timers.clear()
        elif kind == "navigation":
            # Which page the visitor is on; a new session names the one that was asked for.
            self._page_hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            timer = message.auto_rerun
            if timer.fragment_id not in self._timers:
                self._timers[timer.fragment_id] = asyncio.create_task(
                    self._look(timer.fragment_id, timer.interval)
                )
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "button":
                self._buttons[element.button.label] = element.button.id
            elif element.WhichOneof("type") == "component_instance":
                instance = element.component_instance
                name = instance.component_name.rpartition(".")[2]
                self._components[name] = (instance.id, json.loads(instance.json_args))

    async def _look(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._rerun(fragment=fragment)
