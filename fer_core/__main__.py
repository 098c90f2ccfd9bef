"""The command line: ``python -m fer_core COMMAND``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core.errors import FerError, ModelError

if TYPE_CHECKING:
    from fer_core.settings import Settings
    from fer_core.training.request import TrainingRequest


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 when it did its work, 2 with one line on stderr when it could not."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except FerError as error:
        print(f"facet: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("facet: stopped.", file=sys.stderr)
        return 2
    return 0


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
    _show(options, facts, lines)


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
    _show(options, counts, lines)


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
    _show(options, result, lines)


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
    _show(options, plan_as_json(plan), lines)


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
    _show(options, {"trials": results}, lines)


def _release(options: argparse.Namespace) -> None:
    from fer_core.errors import ModelError
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
    _show(options, result, lines)


def _score(options: argparse.Namespace) -> None:
    from fer_core.cluster import need_ray

    # What the archive's tables are made with comes along with Ray.
    need_ray("Scoring an archive")
    from fer_core.archive.scoring import ScoreProgress, score_archive

    def tell(now: ScoreProgress) -> None:
        left = "" if now.seconds_left is None else f", {now.seconds_left:,.0f} s left"
        print(f"{now.files:,} of {now.of:,} files{left}", file=sys.stderr, flush=True)

    end = score_archive(
        options.source,
        options.out,
        model=options.model,
        detector=options.detector,
        every=options.every,
        workers=options.workers,
        address=options.address,
        progress=tell,
    )
    lines = [f"{end.of:,} files; this run: {end.faces:,} faces, {end.broken:,} files that cannot be read"]
    lines.append(f"written: {options.out}")
    _show(options, {"files": end.of, "faces": end.faces, "broken": end.broken}, lines)


def _predict(options: argparse.Namespace) -> None:
    from fer_core.vision.analyzer import ExpressionAnalyzer
    from fer_core.vision.prediction import predict_pictures

    analyzer = ExpressionAnalyzer.load(model=options.model, detector=options.detector)
    result = predict_pictures(options.pictures, analyzer)
    lines = []
    for picture in result["images"]:
        faces = ", ".join(f"{face['label']} {face['confidence']:.0%}" for face in picture["faces"])
        lines.append(f"{picture['path']}: {picture['error'] or faces or 'no face'}")
    _show(options, result, lines)


def _show(options: argparse.Namespace, result: dict[str, Any], lines: list[str]) -> None:
    print(json.dumps(result) if options.json else "\n".join(lines))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fer_core", description="Facial expressions, from data to shop."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

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

    command = commands.add_parser("score", help="read the faces of an archive into Parquet, on many cores")
    command.add_argument("source", metavar="FOLDER_OR_URL", help="pictures and videos, at any depth")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="goes on with what it holds")
    command.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="of a video")
    command.add_argument("--workers", type=int, metavar="N", help="default: one a core")
    command.add_argument("--address", metavar="ADDRESS", help="of a Ray cluster, such as ray://host:10001")
    command.add_argument("--model", type=Path, metavar="DIR", help="default: the active model")
    command.add_argument("--detector", metavar="libfacedetection|mtcnn|haar")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_score)

    command = commands.add_parser("on-device", help="bring what reads expressions in the browser (npm)")
    command.add_argument("--npm", default="npm", help="the program that brings the packages")
    command.set_defaults(run=_on_device)

    command = commands.add_parser("predict", help="name the expressions in pictures")
    command.add_argument("pictures", type=Path, nargs="+", metavar="IMAGE_OR_FOLDER")
    command.add_argument("--model", type=Path, metavar="DIR", help="default: the active model")
    command.add_argument("--detector", metavar="libfacedetection|mtcnn|haar")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_predict)
    return parser


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


if __name__ == "__main__":
    sys.exit(main())
