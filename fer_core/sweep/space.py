"""What a sweep tries: a TOML file of presets, limits and the settings that vary.

presets = ["tiny", "report"]     # or preset = "tiny"
trials = 12
epochs = 8                       # the most that one trial gets
cores = 1                        # each trial's share

[set]
learning_rate = {low = 1e-4, high = 1e-2, log = true}
batch = [64, 128]
"augmentation.rotation" = {low = 0, high = 20}
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fer_core.errors import TrainingError
from fer_core.training.overrides import override
from fer_core.training.presets import find_preset

MOST_TRIALS: Final = 1_000
_KNOWN: Final = ("preset", "presets", "trials", "epochs", "cores", "seed", "recipe", "limit", "set")


@dataclass(frozen=True)
class Span:
    """Any number from ``low`` to ``high``, both included; ``log`` draws each order of magnitude as often; ``whole`` numbers
    where both bounds are."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"expected low below high, got {self.low:g} and {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"expected low above 0 where log is true, got {self.low:g}")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class SweepSpace:
    """What a sweep tries.

    Attributes:
        presets: one is drawn for each trial.
        settings: name, as of ``--set`` -> values to choose from, or a span.
        trials: how many.
        epochs: the most that one gets; those that fall behind get fewer (ASHA, Li et al. 2020,
            https://arxiv.org/abs/1810.05934).
        cores: that one trial may use.
        seed: of what is drawn; the trials' own seed is 0.
        recipe, limit: as of ``train``.
    """

    presets: tuple[str, ...]
    settings: Mapping[str, Span | tuple[Any, ...]]
    trials: int
    epochs: int
    cores: int = 1
    seed: int = 0
    recipe: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        if not self.presets:
            raise TrainingError("A sweep needs a preset.")
        for name, value, most in (
            ("trials", self.trials, MOST_TRIALS),
            ("epochs", self.epochs, 10_000),
            ("cores", self.cores, 1_024),
        ):
            if not 1 <= value <= most:
                raise TrainingError(f"Expected {name} from 1 to {most:,}, got {value}.")
        # Each bound with each preset, before hours are spent on the first that works.
        for preset in self.presets:
            find_preset(preset)
            for name, values in self.settings.items():
                for value in (values.low, values.high) if isinstance(values, Span) else values:
                    override(find_preset(preset), changes({name: value}))


def changes(drawn: Mapping[str, Any]) -> tuple[str, ...]:
    """What was drawn for a trial, as ``train --set`` takes it."""
    return tuple(f"{name}={_written(value)}" for name, value in drawn.items())


def parse_space(text: str) -> SweepSpace:
    """The text of a sweep's file; TrainingError says what is wrong with it."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(f"The sweep is no TOML: {error}.") from error
    if unknown := sorted(set(given) - set(_KNOWN)):
        raise TrainingError(f"The sweep has {', '.join(unknown)}; known are {', '.join(_KNOWN)}.")
    presets = given.get("presets", [given["preset"]] if "preset" in given else [])
    settings = given.get("set", {})
    if not isinstance(settings, dict) or not isinstance(presets, list):
        raise TrainingError("Expected presets as a list and [set] as a table of settings.")
    numbers = {name: given[name] for name in ("trials", "epochs", "cores", "seed", "limit") if name in given}
    for name, value in numbers.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise TrainingError(f"Expected a whole number for {name}, got {value!r}.")
    if not isinstance(given.get("recipe", ""), str):
        raise TrainingError(f"Expected a recipe's name, got {given['recipe']!r}.")
    if missing := [name for name in ("trials", "epochs") if name not in numbers]:
        raise TrainingError(f"The sweep lacks {' and '.join(missing)}.")
    return SweepSpace(
        presets=tuple(map(str, presets)),
        settings={name: _values(name, value) for name, value in settings.items()},
        recipe=given.get("recipe"),
        **numbers,
    )


def _values(name: str, value: Any) -> Span | tuple[Any, ...]:
    if isinstance(value, list) and value:
        return tuple(value)
    if isinstance(value, dict):
        try:
            return Span(**value)
        except (TypeError, ValueError) as error:
            raise TrainingError(f"{name}: {error}.") from error
    raise TrainingError(f"{name}: expected a list of values, or {{low = ..., high = ...}}, got {value!r}.")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # What is drawn has more digits than anybody wants to read or repeat.
        return f"{value:.6g}"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
