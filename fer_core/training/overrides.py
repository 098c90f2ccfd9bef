"""A preset with some settings changed, as ``--set NAME=VALUE`` writes them."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args, get_origin

from fer_core.errors import TrainingError
from fer_core.training.presets import Augmentation, Preset

#: What a person may not change: it would be another preset.
_FIXED: Final = ("name", "recipe", "augmentation")
_ON = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def override(preset: Preset, changes: Iterable[str]) -> Preset:
    """A preset with changes ``NAME=VALUE``, for example ``batch=32``, ``augmentation.flip=true``, ``filters=32,64,64``.

    An empty value, or ``none``, stands for None or no values where a setting allows it; ``augmentation=none`` takes
    all of it away.

    Raises:
        TrainingError: no such setting, a value of another kind, or one out of range.
    """
    for change in changes:
        name, mark, text = change.partition("=")
        if not mark:
            raise TrainingError(f"Expected NAME=VALUE, got {change!r}.")
        try:
            preset = _changed(preset, name.strip(), text.strip())
        except (ValueError, TypeError) as error:
            raise TrainingError(f"{change}: {error}") from None
    return preset


def differences(preset: Preset, base: Preset) -> tuple[str, ...]:
    """The changes that ``override`` makes of ``base`` to get ``preset``; both have one name and recipe."""
    changes = []
    for name in settable(preset):
        if name.startswith("augmentation."):
            continue
        if getattr(preset, name) != getattr(base, name):
            changes.append(f"{name}={_written(getattr(preset, name))}")
    ours, theirs = preset.augmentation, base.augmentation or Augmentation()
    if ours is None:
        return (*changes, *(["augmentation=none"] if base.augmentation else []))
    return (
        *changes,
        *(
            f"augmentation.{field.name}={_written(getattr(ours, field.name))}"
            for field in dataclasses.fields(ours)
            if getattr(ours, field.name) != getattr(theirs, field.name)
            or (base.augmentation is None and field.name == "rotation")
        ),
    )


def settable(preset: Preset) -> tuple[str, ...]:
    """Every name that ``override`` knows."""
    own = [field.name for field in dataclasses.fields(preset) if field.name not in _FIXED]
    return (*own, *(f"augmentation.{field.name}" for field in dataclasses.fields(Augmentation)))


def preset_of_record(record: Mapping[str, Any]) -> Preset:
    """The preset that a run's record holds as JSON; TrainingError where it is none."""
    try:
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in record.items()
        }
        if values.get("augmentation") is not None:
            values["augmentation"] = Augmentation(**values["augmentation"])
        return Preset(**values)
    except (TypeError, ValueError, AttributeError) as error:
        raise TrainingError(f"The run's record holds no preset: {error}.") from error


def _changed(preset: Preset, name: str, text: str) -> Preset:
    if name == "augmentation" and text.lower() in ("none", ""):
        return dataclasses.replace(preset, augmentation=None)
    if name not in settable(preset):
        raise ValueError(f"there is no such setting; there are {', '.join(settable(preset))}.")
    group, _, part = name.rpartition(".")
    if not group:
        return dataclasses.replace(preset, **{name: _read(text, _kind(Preset, name))})
    changed = dataclasses.replace(
        preset.augmentation or Augmentation(), **{part: _read(text, _kind(Augmentation, part))}
    )
    return dataclasses.replace(preset, augmentation=changed)


def _kind(owner: type, name: str) -> Any:
    return typing.get_type_hints(owner)[name]


def _read(text: str, kind: Any) -> Any:
    """A text as a value of a dataclass field's type."""
    if get_origin(kind) in (types.UnionType, typing.Union):
        if text.lower() in ("", "none"):
            return None
        kind = next(option for option in get_args(kind) if option is not type(None))
    if get_origin(kind) is tuple:
        parts = [part.strip() for part in text.split(",")] if text and text.lower() != "none" else []
        return tuple(_read(part, get_args(kind)[0]) for part in parts)
    if kind is bool:
        if text.lower() not in _ON:
            raise ValueError(f"expected true or false, got {text!r}.")
        return _ON[text.lower()]
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise ValueError(
                f"expected a {'whole number' if kind is int else 'number'}, got {text!r}."
            ) from None
    return text


def _written(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return json.dumps(value) if isinstance(value, bool) else str(value)
