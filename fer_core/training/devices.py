"""What a run trains on: every graphics card TensorFlow finds, or the processor."""

from __future__ import annotations

import contextlib
import platform
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

import keras

#: What brings TensorFlow its GPU support on Linux; elsewhere there is none.
GPU_INSTALL: Final = 'pip install "tensorflow[and-cuda]"'


@dataclass(frozen=True)
class Devices:
    """Names of the graphics cards that are used; none means the processor."""

    cards: tuple[str, ...]

    def sentence(self) -> str:
        """What is used, and where there is no card what would bring one in."""
        if len(self.cards) > 1:
            return f"Trains on {len(self.cards)} graphics cards at once: {', '.join(self.cards)}."
        if self.cards:
            return f"Trains on {self.cards[0]}."
        if platform.system() == "Linux":
            return f"No graphics card is usable, so the processor trains. With an NVIDIA card: {GPU_INSTALL}"
        return (
            "No graphics card is usable, so the processor trains. TensorFlow uses NVIDIA cards on Linux (in Windows "
            f"through WSL2): {GPU_INSTALL}"
        )


def find_devices() -> Devices:
    """Find the graphics cards of the Keras backend and let their memory grow as it is needed."""
    if keras.backend.backend() != "tensorflow":
        return Devices(())
    import tensorflow as tf

    cards = tf.config.list_physical_devices("GPU")
    for card in cards:
        # Refused once a card is in use, which only means that it was done before.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(card, True)
    details = [tf.config.experimental.get_device_details(card) for card in cards]
    return Devices(tuple(str(each.get("device_name", "GPU")) for each in details))


def training_scope(devices: Devices) -> AbstractContextManager[object]:
    """The scope to build and compile a network in: mirrored over several cards, else nothing special."""
    if len(devices.cards) < 2:
        return contextlib.nullcontext()
    import tensorflow as tf

    scope: AbstractContextManager[object] = tf.distribute.MirroredStrategy().scope()
    return scope
