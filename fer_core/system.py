"""What is on this machine, said in words; nothing here imports TensorFlow."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from fer_core.settings import Settings

_NVIDIA = Path("/proc/driver/nvidia/gpus")


def describe_device() -> str:
    """What training and the live page would run on: graphics cards the driver lists, and processor cores."""
    cores = f"{os.cpu_count() or 1} processor cores"
    if _NVIDIA.is_dir() and (names := _card_names()):
        return f"{', '.join(names)} (seen by the NVIDIA driver) and {cores}. The live page needs the processor only."
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return f"Apple silicon, {cores}. Training uses the processor."
    return f"{cores}, no NVIDIA driver. The live page needs no more; training runs on the processor."


def _card_names() -> list[str]:
    names = []
    for card in sorted(_NVIDIA.glob("*/information")):
        try:
            lines = card.read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        names += [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return names


def describe_data(settings: Settings) -> str:
    """Whether FER-2013 and its votes are where the settings say; in public mode without the paths."""
    place = "" if settings.public else f" at {settings.dataset}"
    if not settings.dataset.is_file():
        return f"No FER-2013 file{place}. The live demo needs none; data/README.md says how to get it."
    size = settings.dataset.stat().st_size / 1e6
    votes = "with FER+ votes beside it" if settings.votes.is_file() else "without FER+ votes"
    return f"FER-2013{place}, {size:,.0f} MB, {votes}."
