"""Fit a preset's network on a data set into a run folder."""

from __future__ import annotations

import contextlib
from importlib.metadata import version

import keras
import numpy as np

from fer_core.data.balancing import Recipe, Split, count_labels, row_weights, split_dataset
from fer_core.data.cache import content_digest
from fer_core.data.reading import FerDataset
from fer_core.data.sources import read_dataset
from fer_core.errors import TrainingError
from fer_core.training.checkpoints import PatienceEnded, StopWatcher, checkpoint_callbacks, early_stopping
from fer_core.training.devices import Devices, find_devices, training_scope
from fer_core.training.heads import BlendAccuracy, head_cross_entropy, two_headed
from fer_core.training.history import HistoryWriter
from fer_core.training.input import FaceBatches, head_targets, targets
from fer_core.training.networks import network_of
from fer_core.training.presets import Preset
from fer_core.training.request import TrainingRequest
from fer_core.training.run_folder import RunFolder


def fit_run(run: RunFolder, request: TrainingRequest, preset: Preset, recipe: Recipe) -> None:
    """Fit what was asked into an open run, going on from what it backed up, and say so in its record.

    Raises:
        TrainingError: no rows to train on.
        DatasetError: the data set or votes cannot be used.
        StopRequested: somebody asked for it.
    """
    dataset = read_dataset(request.csv, request.votes)
    split = limit_split(split_dataset(dataset, recipe), request.limit, request.seed)
    if not len(split.train) or not len(split.validation):
        raise TrainingError(
            f"Recipe {recipe.name!r} leaves {len(split.train)} training and {len(split.validation)} validation "
            "rows of this data set; training needs some of both."
        )
    devices = find_devices()
    print(devices.sentence(preset.precision), flush=True)
    run.write_record(
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
        backend=keras.backend.backend(),
        devices=devices.cards,
        precision=devices.precision(preset.precision),
    )
    fit_into(
        run,
        preset,
        dataset,
        split,
        seed=request.seed,
        devices=devices,
        weighed=recipe.class_weights or preset.class_weights,
    )


def limit_split(split: Split, limit: int | None, seed: int) -> Split:
    """At most ``limit`` training rows and as many validation rows, drawn by seed; None keeps all."""
    if limit is None:
        return split
    random = np.random.default_rng([seed, limit])

    def draw(rows: np.ndarray) -> np.ndarray:
        return np.sort(random.permutation(rows)[:limit])

    return Split(draw(split.train), draw(split.validation), split.test)


def fit_into(
    run: RunFolder,
    preset: Preset,
    dataset: FerDataset,
    split: Split,
    *,
    seed: int,
    devices: Devices,
    weighed: bool,
) -> None:
    """Fit a preset's network on the rows of a split and write curves, weights and backups into a run's folder.

    Args:
        run: an existing folder; what it backed up goes on.
        preset: what to fit and how.
        dataset, split: the rows.
        seed: of weights, order and augmentation.
        devices: what trains.
        weighed: whether every label counts the same.
    """
    callbacks = checkpoint_callbacks(run, preset)
    first_epoch = run.completed_epochs()
    # What validates is the original label, whatever trains: the figures people compare are against it.
    if preset.vote_head:
        shares = judged = head_targets(dataset, preset.output_labels)
    else:
        shares = targets(dataset, preset.output_labels, preset.vote_weight)
        judged = targets(dataset, preset.output_labels, 0)
    batches = FaceBatches(
        dataset.pixels[split.train],
        shares[split.train],
        preset.batch,
        seed=seed,
        shuffle=True,
        augmentation=preset.augmentation,
        first_epoch=first_epoch,
        weights=row_weights(dataset.emotion, split.train) if weighed else None,
    )
    validation = FaceBatches(
        dataset.pixels[split.validation], judged[split.validation], 256, seed=seed, shuffle=False
    )
    keras.utils.set_random_seed(seed)
    with training_scope(devices):
        network = compiled_network(preset, len(batches), devices)
    print(f"{preset.name}: {network.count_params():,} parameters", flush=True)
    run.write_record(parameters=network.count_params())
    with contextlib.suppress(PatienceEnded):
        network.fit(
            batches,
            validation_data=validation,
            epochs=preset.epochs,
            initial_epoch=first_epoch,
            verbose=0,
            # The batches come in an order of their own; Keras's would depend on what the process did before.
            shuffle=False,
            callbacks=[
                StopWatcher(run),
                *early_stopping(run, preset),
                # A row of the curve comes before the backup, so that none is missing after a resume.
                HistoryWriter(run, preset.batch, len(batches)),
                *callbacks,
                keras.callbacks.TensorBoard(str(run.tensorboard), write_graph=False),
            ],
        )


def compiled_network(preset: Preset, steps: int, devices: Devices) -> keras.Model:
    """The network of a preset, ready to be fitted.

    Args:
        preset: what to build.
        steps: batches an epoch, which the learning rate's schedule counts in.
        devices: what trains, whose precision is used.
    """
    keras.config.set_dtype_policy(devices.precision(preset.precision))
    try:
        network = network_of(preset)
        if preset.vote_head:
            network = two_headed(network)
    finally:
        keras.config.set_dtype_policy("float32")
    network.compile(
        optimizer=_optimizer(preset, steps),
        loss=head_cross_entropy
        if preset.vote_head
        else keras.losses.CategoricalCrossentropy(label_smoothing=preset.label_smoothing),
        metrics=[BlendAccuracy() if preset.vote_head else "accuracy"],
        jit_compile=False,
    )
    return network


def _optimizer(preset: Preset, steps: int) -> keras.optimizers.Optimizer:
    rate: float | keras.optimizers.schedules.LearningRateSchedule = preset.learning_rate
    warmup = preset.warmup_epochs * steps
    if preset.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=preset.learning_rate / 20 if warmup else preset.learning_rate,
            decay_steps=max(preset.epochs * steps - warmup, 1),
            warmup_target=preset.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
    elif warmup:
        rate = keras.optimizers.schedules.PolynomialDecay(
            preset.learning_rate / 20, warmup, preset.learning_rate
        )
    averaging = {"use_ema": True, "ema_momentum": preset.average} if preset.average is not None else {}
    if preset.optimizer == "adam":
        return keras.optimizers.Adam(rate, **averaging)
    if preset.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, **averaging)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=preset.weight_decay, **averaging)
    # Decaying biases and normalisation gains only hurts (Loshchilov and Hutter leave it open; practice does not).
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
