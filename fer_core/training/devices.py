"""What a run trains on, every graphics card TensorFlow finds or the processor, and in which precision that computes."""

from __future__ import annotations

import contextlib
import platform
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import keras

from fer_core.training.presets import Precision

#: What brings TensorFlow its GPU support on Linux; elsewhere there is none.
GPU_INSTALL: Final = 'pip install "tensorflow[and-cuda]"'

#: What /proc/cpuinfo calls instructions of a processor that multiply bfloat16.
_BFLOAT16_FLAGS: Final = frozenset(("avx512_bf16", "amx_bf16"))
#: Compute capability from which a card has units for bfloat16 (NVIDIA Ampere).
_BFLOAT16_CARDS: Final = (8, 0)


@dataclass(frozen=True)
class Devices:
    """What trains.

    Attributes:
        cards: names of the graphics cards that are used; none means the processor.
        bfloat16: whether what trains has instructions for it. Without, TensorFlow computes it step by step, which took
            ten times as long as float32 (benchmarks/results.md).
    """

    cards: tuple[str, ...]
    bfloat16: bool = False

    def precision(self, wanted: Precision) -> Precision:
        """The precision to compute in: the one that is wanted, or float32 where that would only be slower."""
        return wanted if self.bfloat16 else "float32"

    def sentence(self, wanted: Precision = "float32") -> str:
        """What is used, in which precision where that is not the one wanted, and where there is no card what would
        bring one in."""
        if self.precision(wanted) != wanted:
            return f"There is no bfloat16 here, so it computes in float32. {self._trainers()}"
        return self._trainers()

    def _trainers(self) -> str:
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
        return Devices((), processor_has_bfloat16())
    import tensorflow as tf

    cards = tf.config.list_physical_devices("GPU")
    for card in cards:
        # Refused once a card is in use, which only means that it was done before.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(card, True)
    details = [tf.config.experimental.get_device_details(card) for card in cards]
    if not details:
        return Devices((), processor_has_bfloat16())
    return Devices(
        tuple(str(each.get("device_name", "GPU")) for each in details),
        # The slowest card sets the pace.
        all(each.get("compute_capability", (0, 0)) >= _BFLOAT16_CARDS for each in details),
    )


def processor_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether an x86 processor multiplies bfloat16 itself; False where the system does not say so in such a file."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return not _BFLOAT16_FLAGS.isdisjoint(flags.split())


def training_scope(devices: Devices) -> AbstractContextManager[object]:
    """The scope to build and compile a network in: mirrored over several cards, else nothing special."""
    if len(devices.cards) < 2:
        return contextlib.nullcontext()
    import tensorflow as tf

    scope: AbstractContextManager[object] = tf.distribute.MirroredStrategy().scope()
    return scope
