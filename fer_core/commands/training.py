"""``train``, ``plan`` and ``sweep``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.commands import show

if TYPE_CHECKING:
    from fer_core.commands import Subcommands
    from fer_core.training.request import TrainingRequest


def add_commands(commands: Subcommands) -> None:
    """Add what trains."""
    command = commands.add_parser("train", help="train a preset into a run folder")
    _what_to_train(command)
    command.add_argument("--run-dir", type=Path, required=True, metavar="DIR")
    command.add_argument(
        "--queue", action="store_true", help="wait for the runs beside it that began earlier"
    )
    command.set_defaults(run=_train)

    command = commands.add_parser("plan", help="show a preset's layers and time a few steps")
    _what_to_train(command)
    command.add_argument("--run-dir", type=Path, metavar="DIR", help=argparse.SUPPRESS)
    command.add_argument("--no-timing", action="store_true", help="only the layers")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_plan)

    command = commands.add_parser(
        "sweep", help="train many runs that differ in their settings, on many cores"
    )
    command.add_argument("space", type=Path, metavar="SPACE.toml")
    command.add_argument("csv", type=Path, metavar="FILE.csv")
    command.add_argument("--votes", type=Path, metavar="FER2013NEW.csv")
    command.add_argument("--name", metavar="NAME", help="default: the file's; an interrupted one goes on")
    command.add_argument("--address", metavar="ADDRESS", help="of a Ray cluster, such as ray://host:10001")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_sweep)


def _request(options: argparse.Namespace) -> TrainingRequest:
    from fer_core.training.request import TrainingRequest

    return TrainingRequest(
        csv=options.csv,
        preset=options.preset,
        run_dir=options.run_dir or Path(),
        votes=options.votes,
        recipe=options.recipe,
        epochs=options.epochs,
        limit=options.limit,
        seed=options.seed,
        changes=tuple(options.changes),
    )


def _train(options: argparse.Namespace) -> None:
    # TensorFlow takes seconds to import; only what trains or releases pays for it.
    from fer_core.training.train import train

    run = train(_request(options), queue=options.queue)
    print(f"{run.record()['state']}: {run.path}")


def _plan(options: argparse.Namespace) -> None:
    from fer_core.training.plan import make_plan, plan_as_json

    plan = make_plan(_request(options), timed=not options.no_timing)
    lines = [
        f"{layer.name:24} {layer.kind:24} {' x '.join(map(str, layer.shape)):16} {layer.parameters:>10,}"
        for layer in plan.layers
    ]
    lines += [f"{plan.parameters:,} parameters, {plan.train_rows:,} training rows", plan.device]
    if plan.faces_per_second and plan.seconds_per_epoch:
        lines.append(f"{plan.faces_per_second:,.0f} faces/s, {plan.seconds_per_epoch:,.0f} s an epoch")
    show(options, plan_as_json(plan), lines)


def _sweep(options: argparse.Namespace) -> None:
    from fer_core.errors import TrainingError
    from fer_core.sweep.sweeping import run_sweep

    try:
        space = options.space.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{options.space} cannot be read: {error}.") from error
    trials = run_sweep(options.name or options.space.stem, space, options.csv, options.votes, options.address)
    results = [
        {
            "run": trial.summary.run.name,
            "preset": trial.preset,
            "settings": dict(trial.drawn),
            "epochs": trial.epochs,
            "val_accuracy": trial.accuracy,
        }
        for trial in trials
    ]
    lines = [
        f"{each['run']}  {each['val_accuracy'] or 0:.4f} after {each['epochs']} epochs  {each['preset']} {each['settings']}"
        for each in results
    ]
    show(options, {"trials": results}, lines)


def _what_to_train(command: argparse.ArgumentParser) -> None:
    command.add_argument("csv", type=Path, metavar="FILE.csv")
    command.add_argument("--preset", required=True, metavar="report|release|tiny")
    command.add_argument("--votes", type=Path, metavar="FER2013NEW.csv")
    command.add_argument("--recipe", metavar="NAME", help="default: the preset's own")
    command.add_argument("--epochs", type=int, metavar="N")
    command.add_argument("--limit", type=int, metavar="N", help="at most N training and N validation rows")
    command.add_argument("--seed", type=int, default=0, metavar="N")
    command.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a setting of the preset, for example batch=32 or augmentation.flip=true",
    )
