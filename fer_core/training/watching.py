"""What a person who watches a run wants to know, from what the run has written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

#: The curves part when the validation loss has been this share above its lowest for so many epochs, while the
#: training loss went on falling.
PARTED_BY: Final = 0.02
PARTED_FOR: Final = 3

Rows = Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        epoch: finished epochs.
        epochs: asked for.
        share: of the whole, in [0, 1], the open epoch included.
        seconds_left: None before there is anything to judge by.
        faces_per_second: of the open or last epoch; None before.
        learning_rate: at the end of the last epoch; None before.
        best_epoch: the epoch with the highest validation accuracy; None before.
        parted: since which epoch the curves part, or None.
    """

    epoch: int
    epochs: int
    share: float
    seconds_left: float | None
    faces_per_second: float | None
    learning_rate: float | None
    best_epoch: int | None
    parted: int | None


def progress_of(history: Rows, steps: Rows, record: Mapping[str, Any]) -> Progress:
    """The progress of a run from its history, its steps and its record."""
    epochs = max(int((record.get("preset") or {}).get("epochs") or 1), 1)
    done = len(history)
    inside = steps[-1]["step"] / steps[-1]["steps"] if steps and steps[-1]["epoch"] > done else 0.0
    share = min((done + inside) / epochs, 1.0)
    speed = steps[-1]["faces_per_second"] if steps else None
    # The last epochs tell more than the first, in which the graph was built.
    recent = [row["seconds"] for row in history[-3:]]
    seconds = sum(recent) / len(recent) if recent else None
    if seconds is None and speed and record.get("train_rows"):
        seconds = float(record["train_rows"]) / speed
    return Progress(
        epoch=done,
        epochs=epochs,
        share=share,
        seconds_left=None if seconds is None else seconds * max(epochs - done - inside, 0.0),
        faces_per_second=speed,
        learning_rate=history[-1]["learning_rate"] if history else None,
        best_epoch=best_epoch(history),
        parted=curves_part(history),
    )


def best_epoch(history: Rows) -> int | None:
    """The epoch with the highest validation accuracy, the first of several; None without any."""
    if not history:
        return None
    return int(max(history, key=lambda row: row["val_accuracy"])["epoch"])


def curves_part(history: Rows) -> int | None:
    """The epoch from which the validation loss rose while the training loss fell, or None.

    The source report advises looking for it: from there on the network learns its rows by heart. See PARTED_BY.
    """
    if len(history) <= PARTED_FOR:
        return None
    lowest = min(range(len(history)), key=lambda at: history[at]["val_loss"])
    after = history[lowest + 1 :]
    if len(after) < PARTED_FOR or after[-1]["loss"] >= history[lowest]["loss"]:
        return None
    risen = all(
        row["val_loss"] > history[lowest]["val_loss"] * (1 + PARTED_BY) for row in after[-PARTED_FOR:]
    )
    return int(history[lowest]["epoch"]) if risen else None


def settings_of(record: Mapping[str, Any]) -> dict[str, str]:
    """A run's settings as flat names and texts: preset, recipe, seed, limit, data."""
    flat: dict[str, str] = {}

    def add(name: str, value: object) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                add(f"{name}.{key}" if name else str(key), inner)
        elif isinstance(value, (list, tuple)):
            flat[name] = f"{len(value)} entries" if len(value) > 10 else ", ".join(map(str, value)) or "none"
        else:
            flat[name] = "none" if value is None else str(value)

    for part in ("preset", "recipe", "seed", "limit", "votes"):
        add("" if part == "preset" else part, record.get(part))
    data = record.get("data") or {}
    flat["data"] = str(data.get("file") or "").replace("\\", "/").rpartition("/")[2]
    flat["parameters"] = str(record.get("parameters", ""))
    return flat


def differing_settings(records: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """A row for each setting in which the runs differ: its name under ``setting``, and each run's value."""
    flat = {name: settings_of(record) for name, record in records.items()}
    names = dict.fromkeys(key for settings in flat.values() for key in settings)
    rows = []
    for key in names:
        values = {name: settings.get(key, "") for name, settings in flat.items()}
        if len(set(values.values())) > 1:
            rows.append({"setting": key, **values})
    return rows
