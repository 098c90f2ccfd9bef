"""Train a preset on a data set, in this process, into a run folder."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np

from fer_core.data.balancing import Recipe, Split, count_labels, row_weights, split_dataset
from fer_core.data.cache import content_digest
from fer_core.data.reading import FerDataset
from fer_core.data.recipe_book import find_recipe
from fer_core.data.sources import read_dataset
from fer_core.errors import TrainingError
from fer_core.settings import Settings
from fer_core.training.heads import BlendAccuracy, head_cross_entropy, two_headed
from fer_core.training.history import HistoryWriter
from fer_core.training.input import FaceBatches, head_targets, targets
from fer_core.training.networks import build_network
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
    """

    csv: Path
    preset: str
    run_dir: Path
    votes: Path | None = None
    recipe: str | None = None
    epochs: int | None = None
    limit: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs is not None and self.epochs < 1:
            raise TrainingError(f"Expected at least 1 epoch, got {self.epochs}.")
        if self.limit is not None and self.limit < 1:
            raise TrainingError(f"Expected a limit of at least 1 row, got {self.limit}.")
        if self.seed < 0:
            raise TrainingError(f"Expected a seed of at least 0, got {self.seed}.")


def train(request: TrainingRequest) -> RunFolder:
    """Fit a network and leave a finished run folder; prints the parameter count and a line an epoch.

    Raises:
        TrainingError: unknown preset, a finished or foreign run folder, or no rows to train on.
        DatasetError: the data set, votes or recipe cannot be used.
    """
    preset = find_preset(request.preset)
    if request.epochs is not None:
        preset = dataclasses.replace(preset, epochs=request.epochs)
    recipe = find_recipe(request.recipe or preset.recipe, Settings.from_environment().recipes)
    run = _open_run(request, preset, recipe)
    dataset = read_dataset(request.csv, request.votes)
    split = limit_split(split_dataset(dataset, recipe), request.limit, request.seed)
    if not len(split.train) or not len(split.validation):
        raise TrainingError(
            f"Recipe {recipe.name!r} leaves {len(split.train)} training and {len(split.validation)} validation "
            "rows of this data set; training needs some of both."
        )
    run.write_record(
        state="running",
        data={
            "file": str(request.csv.resolve()),
            "sha256": content_digest(request.csv),
            "rows": len(dataset),
            "bad_rows": len(dataset.bad_rows),
            "votes_file": str(request.votes.resolve()) if request.votes else None,
            "votes_sha256": content_digest(request.votes) if request.votes else None,
        },
        train_rows=len(split.train),
        train_counts=count_labels(dataset.emotion, split.train),
        validation_counts=count_labels(dataset.emotion, split.validation),
        validation_rows=[int(row) for row in dataset.row[split.validation]],
        versions={name: version(name) for name in ("keras", "tensorflow", "numpy")},
    )
    started = time.perf_counter()
    _fit(run, preset, recipe, dataset, split, request.seed)
    run.write_record(state="finished", seconds=round(time.perf_counter() - started))
    return run


def limit_split(split: Split, limit: int | None, seed: int) -> Split:
    """At most ``limit`` training rows and as many validation rows, drawn by seed; None keeps all."""
    if limit is None:
        return split
    random = np.random.default_rng([seed, limit])

    def draw(rows: np.ndarray) -> np.ndarray:
        return np.sort(random.permutation(rows)[:limit])

    return Split(draw(split.train), draw(split.validation), split.test)


def _open_run(request: TrainingRequest, preset: Preset, recipe: Recipe) -> RunFolder:
    run = RunFolder(request.run_dir)
    asked = {
        "preset": dataclasses.asdict(preset),
        "recipe": dataclasses.asdict(recipe),
        "seed": request.seed,
        "limit": request.limit,
        "votes": request.votes is not None,
    }
    if (run.path / "run.json").exists():
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
    run.write_record(**asked, digest=_digest(asked), state="starting")
    return run


def _fit(
    run: RunFolder, preset: Preset, recipe: Recipe, dataset: FerDataset, split: Split, seed: int
) -> None:
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(preset.precision)
    try:
        network = build_network(preset.network, len(preset.output_labels))
        if preset.vote_head:
            network = two_headed(network)
    finally:
        keras.config.set_dtype_policy("float32")
    print(f"{preset.name}: {network.count_params():,} parameters", flush=True)
    run.write_record(parameters=network.count_params())
    # What validates is the original label, whatever trains: the figures people compare are against it.
    if preset.vote_head:
        shares = judged = head_targets(dataset, preset.output_labels)
    else:
        shares = targets(dataset, preset.output_labels, preset.vote_weight)
        judged = targets(dataset, preset.output_labels, 0)
    first_epoch = run.completed_epochs()
    batches = FaceBatches(
        dataset.pixels[split.train],
        shares[split.train],
        preset.batch,
        seed=seed,
        shuffle=True,
        augmentation=preset.augmentation,
        first_epoch=first_epoch,
        weights=row_weights(dataset.emotion, split.train) if recipe.class_weights else None,
    )
    validation = FaceBatches(
        dataset.pixels[split.validation], judged[split.validation], 256, seed=seed, shuffle=False
    )
    network.compile(
        optimizer=_optimizer(preset, len(batches)),
        loss=head_cross_entropy
        if preset.vote_head
        else keras.losses.CategoricalCrossentropy(label_smoothing=preset.label_smoothing),
        metrics=[BlendAccuracy() if preset.vote_head else "accuracy"],
        jit_compile=False,
    )
    network.fit(
        batches,
        validation_data=validation,
        epochs=preset.epochs,
        initial_epoch=first_epoch,
        verbose=0,
        callbacks=_callbacks(run, preset),
    )


def _optimizer(preset: Preset, steps: int) -> keras.optimizers.Optimizer:
    averaging = {"use_ema": True, "ema_momentum": preset.average} if preset.average is not None else {}
    if preset.optimizer == "adam":
        return keras.optimizers.Adam(preset.learning_rate, **averaging)
    warmup = preset.warmup_epochs * steps
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=preset.learning_rate / 20,
        decay_steps=max(preset.epochs * steps - warmup, 1),
        warmup_target=preset.learning_rate,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=preset.weight_decay, **averaging)
    # Decaying biases and normalisation gains only hurts (Loshchilov and Hutter leave it open; practice does not).
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _callbacks(run: RunFolder, preset: Preset) -> list[keras.callbacks.Callback]:
    best = preset.keep == "best"
    # The order matters: the curve's row before the backup, so that no row is missing after a resume; the backup
    # before the swap, because a resumed run goes on from the raw weights; the kept weights after it.
    callbacks: list[keras.callbacks.Callback] = [
        HistoryWriter(run),
        keras.callbacks.BackupAndRestore(str(run.backup), delete_checkpoint=False),
    ]
    if preset.average is not None:
        callbacks.append(keras.callbacks.SwapEMAWeights(swap_on_epoch=True))
    callbacks.append(
        keras.callbacks.ModelCheckpoint(
            str(run.kept_weights),
            monitor="val_accuracy",
            mode="max",
            save_best_only=best,
            save_weights_only=True,
        )
    )
    return callbacks


def _digest(asked: dict[str, object]) -> str:
    return hashlib.sha256(repr(sorted(asked.items())).encode()).hexdigest()
