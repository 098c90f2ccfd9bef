"""``dataset``: inspect, sample, balance and labels of a FER-2013 file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.commands import show

if TYPE_CHECKING:
    from fer_core.commands import Subcommands


def add_commands(commands: Subcommands) -> None:
    """Add ``dataset`` and what it can do."""
    dataset = commands.add_parser("dataset", help="look into a FER-2013 CSV").add_subparsers(
        required=True, metavar="COMMAND"
    )
    command = dataset.add_parser("inspect", help="count rows, bad rows, single colours and copies")
    command.add_argument("csv", type=Path, metavar="FILE.csv", help="or a zip, or a folder of class folders")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_inspect)

    command = dataset.add_parser("sample", help="write a synthetic data set: drawn faces, no people")
    command.add_argument("csv", type=Path, metavar="FILE.csv")
    command.add_argument("--rows", type=int, default=420, metavar="N")
    command.add_argument("--votes", type=Path, metavar="FER2013NEW.csv", help="write made-up votes there")
    command.add_argument("--seed", type=int, default=2013, metavar="N")
    command.set_defaults(run=_sample)

    command = dataset.add_parser("balance", help="count what a recipe makes of it")
    command.add_argument("csv", type=Path, metavar="FILE.csv")
    command.add_argument(
        "--recipe", default="report", help="report, release or a saved one (NAME or NAME@VERSION)"
    )
    command.add_argument("--votes", type=Path, metavar="FER2013NEW.csv")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_balance)

    command = dataset.add_parser("labels", help="look for label errors by K-fold training (minutes)")
    command.add_argument("csv", type=Path, metavar="FILE.csv")
    command.add_argument("--folds", type=int, default=4, metavar="N")
    command.add_argument("--epochs", type=int, metavar="N", help="for each fold")
    command.add_argument("--seed", type=int, default=0, metavar="N")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_labels)


def _inspect(options: argparse.Namespace) -> None:
    from fer_core.data.quality import inspect
    from fer_core.data.sources import read_dataset

    facts = inspect(read_dataset(options.csv))
    lines = [f"rows: {facts['rows']:,}, set aside: {len(facts['bad_rows']):,}"]
    for usage, labels in facts["counts"].items():
        lines.append(f"{usage}: " + ", ".join(f"{label} {n:,}" for label, n in labels.items()))
    lines += [
        f"{key.replace('_', ' ')}: {facts[key]:,}"
        for key in (
            "constant_images",
            "duplicate_groups",
            "duplicate_images",
            "cross_split_groups",
            "conflicting_groups",
        )
    ]
    show(options, facts, lines)


def _sample(options: argparse.Namespace) -> None:
    from fer_core.data.synthetic import synthetic_sample, write_csv, write_votes
    from fer_core.errors import DatasetError

    if options.rows < 30:
        raise DatasetError(f"Expected at least 30 rows, got {options.rows}.")
    try:
        dataset = synthetic_sample(options.rows, options.seed)
        write_csv(dataset, options.csv)
        if options.votes:
            write_votes(dataset, options.votes)
    except OSError as error:
        raise DatasetError(f"{options.csv} cannot be written: {error.strerror}.") from error
    print(f"written: {options.csv}, {options.rows} synthetic rows")


def _balance(options: argparse.Namespace) -> None:
    from fer_core.data.balancing import count_labels, split_dataset
    from fer_core.data.recipe_book import find_recipe
    from fer_core.data.sources import read_dataset
    from fer_core.settings import Settings

    recipe = find_recipe(options.recipe, Settings.from_environment().recipes)
    dataset = read_dataset(options.csv, options.votes)
    split = split_dataset(dataset, recipe)
    counts = {
        "train": count_labels(dataset.emotion, split.train),
        "validation": count_labels(dataset.emotion, split.validation),
    }
    lines = [
        f"{part}: " + ", ".join(f"{label} {n:,}" for label, n in labels.items())
        for part, labels in counts.items()
    ]
    show(options, counts, lines)


def _labels(options: argparse.Namespace) -> None:
    from fer_core.data.label_errors import LabelErrorStore
    from fer_core.data.sources import read_dataset
    from fer_core.labels import FER2013_LABELS, LABELS
    from fer_core.settings import Settings
    from fer_core.training.background import BackgroundJob
    from fer_core.training.cross_validation import find_label_errors

    dataset = read_dataset(options.csv)
    store = LabelErrorStore(Settings.from_environment().label_errors)
    store.folder(dataset).mkdir(parents=True, exist_ok=True)
    job = BackgroundJob(store.folder(dataset))

    def progress(share: float) -> None:
        job.tell(share)
        print(f"{share:.0%} done", file=sys.stderr, flush=True)

    found = find_label_errors(
        dataset, folds=options.folds, epochs=options.epochs, seed=options.seed, progress=progress
    )
    written = store.save(dataset, found)
    labels = [FER2013_LABELS[dataset.emotion[at]] for at in found.positions(dataset)]
    rows = [
        {"row": int(row), "label": label, "suggested": LABELS[suggested], "confidence": float(confidence)}
        for row, label, suggested, confidence in zip(
            found.rows, labels, found.suggested, found.confidence, strict=True
        )
    ]
    result = {"judged": found.judged, "accuracy": found.accuracy, "label_errors": rows}
    lines = [
        f"{len(rows):,} likely label errors among {found.judged:,} Training rows of the five labels",
        f"accuracy of the out-of-sample networks against the labels: {found.accuracy:.3f}",
        f"written: {written}",
    ]
    show(options, result, lines)
