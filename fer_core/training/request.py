"""What a person asks of a training run, and the folder it is asked for."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fer_core.data.balancing import Recipe
from fer_core.data.recipe_book import find_recipe
from fer_core.errors import TrainingError
from fer_core.settings import Settings
from fer_core.training.overrides import override
from fer_core.training.presets import Preset, find_preset
from fer_core.training.run_folder import RunFolder


@dataclass(frozen=True)
class TrainingRequest:
    """What a person asks of ``train``.

    Attributes:
        csv, votes: the data set (a CSV, a zip or a folder) and, or None, its FER+ votes.
        preset: a key of PRESETS.
        run_dir: where the run goes; may exist only if it holds an interrupted run of the same request.
        recipe: a built-in recipe or one saved under FACET_HOME; None takes the preset's own.
        epochs: None takes the preset's own.
        limit: at most this many training rows after balancing, drawn by seed, and as many for validation.
        seed: weights, order, augmentation and the limit's draw follow from it.
        changes: settings of the preset changed, as ``overrides.override`` takes them.
    """

    csv: Path
    preset: str
    run_dir: Path
    votes: Path | None = None
    recipe: str | None = None
    epochs: int | None = None
    limit: int | None = None
    seed: int = 0
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.epochs is not None and self.epochs < 1:
            raise TrainingError(f"Expected at least 1 epoch, got {self.epochs}.")
        if self.limit is not None and self.limit < 1:
            raise TrainingError(f"Expected a limit of at least 1 row, got {self.limit}.")
        if self.seed < 0:
            raise TrainingError(f"Expected a seed of at least 0, got {self.seed}.")

    def settled(self) -> tuple[Preset, Recipe]:
        """The preset with all that was changed, and the recipe.

        Where the recipe holds no rows back, the rows that validate are those that are reported: then no epoch is
        picked on them, early stopping is off, and the last one is kept. Early stopping keeps the best one.

        Raises:
            TrainingError: settings that cannot be.
            DatasetError: there is no such recipe.
        """
        preset = override(find_preset(self.preset), self.changes)
        if self.epochs is not None:
            preset = dataclasses.replace(preset, epochs=self.epochs)
        recipe = find_recipe(self.recipe or preset.recipe, Settings.from_environment().recipes)
        if not recipe.held_back:
            if preset.vote_head:
                raise TrainingError(
                    f"Two heads need rows to choose their blend on, and the recipe {recipe.name!r} holds none back. "
                    "Take one that does, such as release."
                )
            preset = dataclasses.replace(preset, keep="last", patience=None)
        elif preset.patience is not None:
            preset = dataclasses.replace(preset, keep="best")
        return preset, recipe

    def arguments(self) -> tuple[str, ...]:
        """The command line's arguments that ask for the same, behind ``python -m fer_core``."""
        words = ["train", str(self.csv), "--preset", self.preset, "--run-dir", str(self.run_dir)]
        for option, value in (
            ("--votes", self.votes),
            ("--recipe", self.recipe),
            ("--epochs", self.epochs),
            ("--limit", self.limit),
        ):
            if value is not None:
                words += [option, str(value)]
        words += ["--seed", str(self.seed)]
        for change in self.changes:
            words += ["--set", change]
        return tuple(words)


def open_run(request: TrainingRequest) -> RunFolder:
    """The run's folder: made, with a record of what was asked, or that of an interrupted run of the same request.

    Raises:
        TrainingError: it holds a finished run, a run with other settings, or something that is no run.
        DatasetError: there is no such recipe.
    """
    run = RunFolder(request.run_dir)
    preset, recipe = request.settled()
    asked = {
        "preset": dataclasses.asdict(preset),
        "recipe": dataclasses.asdict(recipe),
        "seed": request.seed,
        "limit": request.limit,
        "votes": request.votes is not None,
    }
    if run.record_file.exists():
        record = run.record()
        if record.get("state") == "finished":
            raise TrainingError(f"{run.path} holds a finished run; name another folder for a new one.")
        if record.get("digest") != _digest(asked):
            raise TrainingError(
                f"{run.path} holds an interrupted run with other settings; repeat its command, or name another folder."
            )
        return run
    if run.path.exists() and any(run.path.iterdir()):
        raise TrainingError(f"{run.path} is not empty and holds no run; name another folder.")
    run.path.mkdir(parents=True, exist_ok=True)
    run.write_record(**asked, digest=_digest(asked), state="queued", arguments=request.arguments())
    return run


def _digest(asked: dict[str, object]) -> str:
    return hashlib.sha256(repr(sorted(asked.items())).encode()).hexdigest()
