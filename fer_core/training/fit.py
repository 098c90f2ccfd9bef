"""Train a preset on a data set, in this process, into a run folder."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

import keras
import numpy as np

from fer_core.data.balancing import Split, count_labels, row_weights, split_dataset
from fer_core.data.cache import content_digest
from fer_core.data.reading import FerDataset
from fer_core.data.sources import read_dataset
from fer_core.errors import FerError, TrainingError
from fer_core.file_store import Timeout, folder_lock
from fer_core.training.checkpoints import StopWatcher, checkpoint_callbacks
from fer_core.training.devices import Devices, find_devices, training_scope
from fer_core.training.heads import BlendAccuracy, head_cross_entropy, two_headed
from fer_core.training.history import HistoryWriter
from fer_core.training.input import FaceBatches, head_targets, targets
from fer_core.training.networks import network_of
from fer_core.training.presets import Preset
from fer_core.training.request import TrainingRequest, open_run
from fer_core.training.run_folder import RunFolder, StopRequested
from fer_core.training.runs import wait_for_turn


def train(request: TrainingRequest, *, queue: bool = False) -> RunFolder:
    """Fit a network and leave a finished run folder; prints the parameter count and a line an epoch.

    A run that somebody stops, or that fails, says so in its record and keeps its last finished epoch; the same
    request goes on from there.

    Args:
        request: what to train.
        queue: wait until every run beside it that was asked for earlier has ended.

    Raises:
        TrainingError: unknown preset, a finished or foreign run folder, no rows to train on, a full disk, or too
            little memory.
        DatasetError: the data set, votes or recipe cannot be used.
    """
    run = open_run(request)
    try:
        with folder_lock(run.path, "training", wait=False):
            run.job.claim()
            if not queue:
                # A wish of long ago; whoever queues a run clears it, and may wish anew before this line is reached.
                run.stop_file.unlink(missing_ok=True)
            with _told(run):
                if queue:
                    wait_for_turn(run)
                _train(run, request)
    except Timeout:
        raise TrainingError(f"{run.path} is being trained by another process.") from None
    except OSError as error:
        raise TrainingError(f"The run cannot be written to {run.path}: {error.strerror or error}.") from error
    return run


@contextmanager
def _told(run: RunFolder) -> Iterator[None]:
    """Write into the record how the run ended; what a person can mend becomes a TrainingError in words."""
    try:
        yield
    except (StopRequested, KeyboardInterrupt):
        epochs = run.completed_epochs()
        run.write_record(state="stopped", reason=f"Stopped after {epochs} finished epochs.")
        print(f"stopped after {epochs} finished epochs; the same command goes on from there", flush=True)
    except BaseException as error:
        reason = _in_words(error, run)
        # On a full disk the record cannot say so either; the log does.
        with contextlib.suppress(OSError):
            run.write_record(state="failed", reason=reason)
        if isinstance(error, FerError) or not isinstance(error, Exception):
            raise
        raise TrainingError(reason) from error


def _in_words(error: BaseException, run: RunFolder) -> str:
    text = f"{type(error).__name__} {error}"
    goes_on = f"Its {run.completed_epochs()} finished epochs are kept; resume goes on from there."
    if isinstance(error, OSError) and (error.errno == errno.ENOSPC or "No space left" in text):
        return f"The disk is full. Free some space. {goes_on}"
    if isinstance(error, MemoryError) or "ResourceExhausted" in text or "RESOURCE_EXHAUSTED" in text:
        return f"The memory ran out. Take a smaller batch or a smaller network. {goes_on}"
    if isinstance(error, FerError):
        return str(error)
    first = (str(error).splitlines() or [""])[0][:300]
    return f"{type(error).__name__}: {first} The log holds the details. {goes_on}"


def _train(run: RunFolder, request: TrainingRequest) -> None:
    preset, recipe = request.settled()
    run.write_record(state="running", reason="")
    dataset = read_dataset(request.csv, request.votes)
    split = limit_split(split_dataset(dataset, recipe), request.limit, request.seed)
    if not len(split.train) or not len(split.validation):
        raise TrainingError(
            f"Recipe {recipe.name!r} leaves {len(split.train)} training and {len(split.validation)} validation "
            "rows of this data set; training needs some of both."
        )
    devices = find_devices()
    print(devices.sentence(), flush=True)
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
    )
    started = time.perf_counter()
    before = float(run.record().get("seconds", 0)) if run.completed_epochs() else 0.0
    try:
        fit_into(
            run,
            preset,
            dataset,
            split,
            seed=request.seed,
            devices=devices,
            weighed=recipe.class_weights or preset.class_weights,
        )
    finally:
        with contextlib.suppress(OSError):
            run.write_record(seconds=round(before + time.perf_counter() - started))
    run.write_record(state="finished")


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
        network = compiled_network(preset, len(batches))
    print(f"{preset.name}: {network.count_params():,} parameters", flush=True)
    run.write_record(parameters=network.count_params())
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
            # A row of the curve comes before the backup, so that none is missing after a resume.
            HistoryWriter(run, preset.batch, len(batches)),
            *callbacks,
            keras.callbacks.TensorBoard(str(run.tensorboard), write_graph=False),
            *_early_stopping(preset),
        ],
    )


def compiled_network(preset: Preset, steps: int) -> keras.Model:
    """The network of a preset, ready to be fitted.

    Args:
        preset: what to build.
        steps: batches an epoch, which the learning rate's schedule counts in.
    """
    keras.config.set_dtype_policy(preset.precision)
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


def _early_stopping(preset: Preset) -> list[keras.callbacks.Callback]:
    if preset.patience is None:
        return []
    return [keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=preset.patience)]


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
