"""Runs a sweep: Ray Tune draws the trials, gives each its cores, and ends early those that fall behind."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Final

from fer_core.cluster import need_ray, ray_session
from fer_core.errors import TrainingError
from fer_core.file_store import write_atomically
from fer_core.settings import Settings
from fer_core.sweep.space import Span, SweepSpace, changes, parse_space
from fer_core.sweep.sweeps import Sweep, TrialResult, trials_of
from fer_core.sweep.trial import SweepTrial, TrialKey
from fer_core.training.request import TrainingRequest

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}")
#: A trial is judged first after this share of the epochs, and of each group one in so many goes on.
_GRACE: Final = 8
_REDUCTION: Final = 3


def run_sweep(
    name: str, space: str, csv: Path, votes: Path | None = None, address: str | None = None
) -> list[TrialResult]:
    """Try a space on a data set; goes on where a sweep of that name ended, however that was.

    Args:
        name: of its folder; its runs are NAME-00000 and so on, beside all others.
        space: the text of its file (``space.py``).
        csv, votes: as of ``train``.
        address: of a Ray cluster whose machines share FACET_HOME and the data; None starts Ray here and ends it.

    Returns:
        Its trials, the best first.

    Raises:
        TrainingError: the space is wrong, or a sweep of that name asked for something else.
        ClusterError: Ray is not installed, cannot be reached, or cannot go on.
    """
    need_ray("A sweep")
    settings = Settings.from_environment()
    if not csv.exists():
        raise TrainingError(f"There is no data set at {csv}.")
    parsed = parse_space(space)
    fixed = {
        "csv": str(csv.absolute()),
        "votes": None if votes is None else str(votes.absolute()),
        "runs": str(settings.runs),
        "sweep": name,
        "epochs": parsed.epochs,
        "cores": parsed.cores,
        "recipe": parsed.recipe,
        "limit": parsed.limit,
    }
    for preset in parsed.presets:
        # What no trial of it could do is said now, and once.
        request_of({"preset": preset}, fixed, 0).settled()
    sweep = open_sweep(name, space, csv, votes, settings)
    sweep.job.claim()
    _tune(sweep, parsed, fixed, address, settings)
    return trials_of(sweep, settings)


def open_sweep(name: str, space: str, csv: Path, votes: Path | None, settings: Settings) -> Sweep:
    """The sweep's folder: made, or that of a sweep which asked for the same.

    Raises:
        TrainingError: the name or the space cannot be used, or that sweep asked for something else.
    """
    if not _NAME.fullmatch(name):
        raise TrainingError(f"Expected a name of letters, digits, - and _, at most 41 of them, got {name!r}.")
    parse_space(space)
    sweep = Sweep(settings.sweeps / name)
    asked = {
        "space": space,
        "csv": str(csv.absolute()),
        "votes": None if votes is None else str(votes.absolute()),
    }
    if sweep.path.exists():
        if sweep.asked() != asked:
            raise TrainingError(
                f"There is a sweep named {name!r} that asked for something else; take another name."
            )
        if sweep.state() == "running" and not _is_own(sweep):
            raise TrainingError(f"The sweep {name!r} is under way.")
        return sweep
    try:
        sweep.path.mkdir(parents=True)
        write_atomically(sweep.path / "sweep.json", json.dumps(asked, indent=1))
    except OSError as error:
        raise TrainingError(f"{sweep.path} cannot be written: {error.strerror or error}.") from error
    return sweep


def _is_own(sweep: Sweep) -> bool:
    """A page starts this very process as the sweep's job."""
    job = json.loads((sweep.path / "job.json").read_text(encoding="utf-8"))
    return bool(job["pid"] == os.getpid())


def request_of(drawn: dict[str, Any], fixed: dict[str, Any], number: int) -> TrainingRequest:
    """The run that a trial is.

    Args:
        drawn: its preset and settings.
        fixed: what is the same for all: see ``run_sweep``.
        number: of the trial.
    """
    settings = {key: value for key, value in drawn.items() if key != "preset"}
    return TrainingRequest(
        csv=Path(fixed["csv"]),
        votes=None if fixed["votes"] is None else Path(fixed["votes"]),
        preset=drawn["preset"],
        run_dir=Path(fixed["runs"]) / f"{fixed['sweep']}-{number:05}",
        recipe=fixed["recipe"],
        epochs=fixed["epochs"],
        limit=fixed["limit"],
        changes=changes(settings),
    )


def _tune(
    sweep: Sweep, space: SweepSpace, fixed: dict[str, Any], address: str | None, settings: Settings
) -> None:
    with ray_session(address, environment={"FACET_HOME": str(settings.home)}):
        from ray import tune
        from ray.tune.schedulers import ASHAScheduler
        from ray.tune.search.basic_variant import BasicVariantGenerator

        trainable = tune.with_resources(_trainable(fixed), {"cpu": fixed["cores"]})
        if tune.Tuner.can_restore(str(sweep.tuner)):
            tuner = tune.Tuner.restore(
                str(sweep.tuner), trainable, resume_unfinished=True, resume_errored=True
            )
        else:
            tuner = tune.Tuner(
                trainable,
                param_space=_param_space(space),
                tune_config=tune.TuneConfig(
                    metric="val_accuracy",
                    mode="max",
                    num_samples=space.trials,
                    search_alg=BasicVariantGenerator(random_state=space.seed),
                    scheduler=ASHAScheduler(
                        max_t=space.epochs,
                        grace_period=max(1, space.epochs // _GRACE),
                        reduction_factor=_REDUCTION,
                    ),
                ),
                run_config=tune.RunConfig(
                    name=sweep.tuner.name,
                    storage_path=str(sweep.path),
                    verbose=0,
                    checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=1, num_to_keep=1),
                ),
            )
        tuner.fit()


def _param_space(space: SweepSpace) -> dict[str, Any]:
    from ray import tune

    def drawn(values: Span | tuple[Any, ...]) -> Any:
        if not isinstance(values, Span):
            return tune.choice(list(values))
        if values.whole:
            # Ray leaves the upper bound out.
            low, high = int(values.low), int(values.high) + 1
            return tune.lograndint(low, high) if values.log else tune.randint(low, high)
        return (
            tune.loguniform(values.low, values.high) if values.log else tune.uniform(values.low, values.high)
        )

    named = {name: drawn(values) for name, values in space.settings.items()}
    return {"preset": tune.choice(list(space.presets)), **named}


def _trainable(fixed: dict[str, Any]) -> Any:
    from ray import tune

    class RunTrainable(tune.Trainable):
        """A step is an epoch of a run that trains in a process of its own."""

        def setup(self, config: dict[str, Any]) -> None:
            number = int(self.trial_id.rpartition("_")[2])
            key = TrialKey(fixed["sweep"], number)
            self._trial = SweepTrial(request_of(dict(config), fixed, number), key, fixed["cores"])

        def step(self) -> dict[str, Any]:
            row = self._trial.epoch(self.iteration + 1)
            if row is None:
                # Somebody stopped the run by hand.
                return {"val_accuracy": 0.0, "done": True}
            return {"val_accuracy": row["val_accuracy"], "done": self.iteration + 1 >= fixed["epochs"]}

        def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any]:  # noqa: ARG002 - Ray's
            # The run's folder holds all that it goes on from.
            return {"epoch": self.iteration}

        def load_checkpoint(self, checkpoint: Any) -> None:
            """Nothing: Ray itself counts the steps on."""

        def cleanup(self) -> None:
            self._trial.stop()

    return RunTrainable
