"""The camera read in the visitor's browser: the frame that does it, and what it tells."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.components.v1 import declare_component

from fer_core.labels import LABELS
from fer_core.live.pipeline import LivePipeline
from fer_core.model_folder import ModelFolder
from fer_core.on_device.building import COMMAND, FRAME, is_built
from fer_core.on_device.watch import DeviceWatch, smoothing_of
from fer_core.palette import EXPRESSION_COLOURS
from pages._camera_check import SENTENCES
from pages._live_controls import MIRROR
from pages._shell import errors_as_sentences

_frame = declare_component("on_device", path=str(FRAME))

#: What the frame may have to say.
_SENTENCES = {
    **SENTENCES,
    "busy": "The camera cannot be opened; another program may use it. Close that and press START again.",
    "lost": "The camera is gone. Plug it in again and press START.",
    "still": "No picture comes from the camera. Press STOP, then START.",
    "files": "What reads faces could not be loaded. Look at the network and press START again.",
    "old": "This browser cannot run the network that reads faces (it needs WebAssembly). Choose *On the server* above.",
    "broken": "This browser could not run the network that reads faces. Load the page anew, or choose On the server above.",
    "slow": "This device is slow, so the shelf follows later.",
}

#: Seconds between two looks whether messages have stopped.
_LOOK = 10.0

#: What a "frame" is when an expression is held.
A_FRAME = "On this device a frame is what half a second of pictures shows on average."


def why_not(model: ModelFolder) -> str:
    """Why expressions cannot be read in the browser here, as Markdown; "" where they can."""
    if not is_built():
        return (
            "Reading on this device is not set up here. Whoever runs this page can do so with "
            f"`{COMMAND}`; until then choose *On the server*, *Clip* or *By hand* above."
        )
    if not model.browser.is_file():
        return f"The model {model.name} has no version for the browser. Choose *On the server* above."
    return ""


@dataclass(frozen=True)
class DeviceStream:
    """The frame as of this run."""

    watch: DeviceWatch

    @property
    def playing(self) -> bool:
        """Whether its camera is on."""
        return self.watch.playing

    @property
    def wants_looks(self) -> bool:
        """Whether somebody should look every now and then."""
        return self.watch.playing

    def trouble(self) -> str:
        """What is wrong just now and what to try, as Markdown; "" while all is well."""
        return self.watch.trouble(time.monotonic())


def device_stream(pipeline: LivePipeline, key: str, follow: Callable[[str], None]) -> DeviceStream:
    """The frame with its START button and picture; ``follow`` is called after each message, with
    what is wrong, if something is."""
    model = pipeline.analyzer.model
    digest = hashlib.sha256(model.identity.encode()).hexdigest()[:16]
    # Another model needs another frame, since one that has shut its network can load nothing more.
    key = f"{key}-{digest}"
    watch: DeviceWatch = st.session_state.setdefault(f"{key}-watch", DeviceWatch())
    arguments: dict[str, Any] = {
        "labels": LABELS,
        "smoothing": smoothing_of(pipeline.smoothing),
        "mirrored": st.session_state.get(MIRROR, True),
        "counting": pipeline.holding.progress(time.monotonic()) is not None,
        "recogniser": _address(model, digest),
        "colours": dict(EXPRESSION_COLOURS),
        "sentences": _SENTENCES,
    }

    # Messages have it run anew; by itself it only looks whether they have stopped.
    @st.fragment(run_every=_LOOK if watch.playing else None)
    def frame() -> None:
        with errors_as_sentences():
            message = _frame(key=key, default=None, **arguments)
            if watch.take(message, pipeline, time.monotonic()):
                st.rerun()
            if watch.playing:
                follow(watch.trouble(time.monotonic()))

    frame()
    return DeviceStream(watch)


def _address(model: ModelFolder, digest: str) -> str:
    """Where the frame finds the model's network: its folder, which holds nothing else, is served like a component."""
    name = f"model_{digest}"
    declare_component(name, path=str(model.browser.parent))
    return f"../{__name__}.{name}/{model.browser.name}"
