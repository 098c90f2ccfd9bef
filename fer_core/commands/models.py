"""``release``, ``import``, ``promote``, ``evaluate`` and ``on-device``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.commands import show
from fer_core.errors import ModelError

if TYPE_CHECKING:
    from fer_core.commands import Subcommands
    from fer_core.settings import Settings


def add_commands(commands: Subcommands) -> None:
    """Add what makes, brings in, chooses, judges and carries models."""
    command = commands.add_parser("release", help="make a finished run a model: export, parity check, card")
    command.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    command.add_argument("--name", required=True)
    command.add_argument("--into", type=Path, metavar="DIR", help="default: the models under FACET_HOME")
    command.add_argument(
        "--votes",
        type=Path,
        metavar="FER2013NEW.csv",
        help="kept beside the predictions; default: the run's own",
    )
    command.add_argument("--promote", action="store_true", help="make it the model that answers")
    command.set_defaults(run=_release)

    command = commands.add_parser("import", help="bring in a network from elsewhere as a model")
    command.add_argument("file", type=Path, metavar="FILE.keras|FILE.onnx")
    command.add_argument("--name", required=True)
    command.add_argument(
        "--labels", required=True, metavar="angry,happy,...", help="what its outputs mean, in their order"
    )
    command.add_argument("--into", type=Path, metavar="DIR", help="default: the models under FACET_HOME")
    command.set_defaults(run=_import)

    command = commands.add_parser("promote", help="make a model the one that answers")
    command.add_argument("name", metavar="NAME")
    command.set_defaults(run=_promote)

    command = commands.add_parser("evaluate", help="judge a model on a FER-2013 CSV")
    command.add_argument("csv", type=Path, metavar="FILE.csv")
    command.add_argument("--model", type=Path, metavar="DIR", help="default: the active model")
    command.add_argument("--usage", default="PublicTest", metavar="PublicTest[,PrivateTest]")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("on-device", help="bring what reads expressions in the browser (npm)")
    command.add_argument("--npm", default="npm", help="the program that brings the packages")
    command.set_defaults(run=_on_device)


def _release(options: argparse.Namespace) -> None:
    from fer_core.settings import Settings

    if options.promote and options.into:
        raise ModelError(
            "Only a model under FACET_HOME can be promoted: leave out either --into or --promote."
        )
    from fer_core.release import release

    settings = Settings.from_environment()
    folder = release(options.run_dir, options.name, options.into or settings.released_models, options.votes)
    print(f"released: {folder.path}")
    if options.promote:
        _activate(folder.name, settings)


def _import(options: argparse.Namespace) -> None:
    from fer_core.model_import import import_model
    from fer_core.settings import Settings

    into = options.into or Settings.from_environment().released_models
    labels = [label.strip() for label in options.labels.split(",")]
    folder = import_model(options.file, options.name, labels, into)
    print(f"imported: {folder.path}")


def _promote(options: argparse.Namespace) -> None:
    from fer_core.settings import Settings

    _activate(options.name, Settings.from_environment())


def _activate(name: str, settings: Settings) -> None:
    from fer_core.model_folder import activate_model

    print(f"active: {activate_model(name, settings).name}")


def _evaluate(options: argparse.Namespace) -> None:
    from fer_core.data.sources import read_dataset
    from fer_core.evaluation.judging import judge_dataset
    from fer_core.model_folder import ModelFolder, active_model
    from fer_core.settings import Settings

    folder = ModelFolder.open(options.model) if options.model else active_model(Settings.from_environment())
    usages = tuple(part.strip() for part in options.usage.split(",") if part.strip())
    evaluation = judge_dataset(folder, read_dataset(options.csv), usages)
    result = evaluation.to_json()
    low, high = result["accuracy_interval"] or (None, None)
    lines = [f"{folder.name} on {', '.join(usages)}: n {result['n']:,}, {result['skipped']:,} skipped"]
    if result["accuracy"] is not None:
        lines.append(f"accuracy {result['accuracy']:.4f} ({low:.4f} to {high:.4f})")
    show(options, result, lines)


def _on_device(options: argparse.Namespace) -> None:
    from fer_core.model_folder import find_model, model_names
    from fer_core.on_device.building import build_frame
    from fer_core.settings import Settings

    built = build_frame(npm=options.npm)
    for name, size in built.sizes.items():
        print(f"{name}: {size / 1000:,.0f} kB")
    settings = Settings.from_environment()
    for name in model_names(settings):
        model = find_model(name, settings)
        if model.browser.is_file():
            continue
        # TensorFlow takes seconds to load, so only where it is wanted.
        from fer_core.release import add_browser_network

        try:
            add_browser_network(model)
            print(f"{name}: written for the browser")
        except ModelError as error:
            print(f"{name}: answers on the server alone. {error}")
    print(f"Ready: {built.bytes / 1e6:.1f} MB. The live page now offers to read expressions on this device.")
