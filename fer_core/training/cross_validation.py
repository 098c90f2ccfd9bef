"""Out-of-sample probabilities by K-fold training, and the label errors that confident learning finds with them."""

from __future__ import annotations

import math
from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt
from cleanlab.filter import find_label_issues
from sklearn.model_selection import StratifiedGroupKFold

from fer_core.data.label_errors import LabelErrors
from fer_core.data.quality import constant_images, pixel_hashes
from fer_core.data.reading import FerDataset
from fer_core.errors import DatasetError
from fer_core.labels import LABELS, TAG_TO_POSITION
from fer_core.training.input import FaceBatches, targets
from fer_core.training.networks import build_network
from fer_core.training.presets import Augmentation

_BATCH = 64
# Below this many steps the network has learnt nothing yet, and its doubts mean nothing.
_LEAST_STEPS = 600
_LEAST_EPOCHS = 8
_AUGMENTATION = Augmentation(rotation=10, zoom=0.1, shift=2, flip=True)

#: Told the share of the work that is done, in [0, 1].
Progress = Callable[[float], None]


def find_label_errors(
    dataset: FerDataset,
    *,
    folds: int = 4,
    epochs: int | None = None,
    seed: int = 0,
    network: str = "small",
    progress: Progress | None = None,
) -> LabelErrors:
    """Training rows of the five labels whose label is likely wrong.

    Each row is judged by a network that saw neither it nor a copy of it, and confident learning (Northcutt, Jiang
    and Chuang 2021, https://arxiv.org/abs/1911.00068, in the package cleanlab) picks the rows whose label does not
    fit. Test rows are neither trained on nor judged: nothing is learnt from them.

    Args:
        dataset: the rows.
        folds: in how many parts the rows are cut, at least 2.
        epochs: for each fold; None: 8, and more where the rows are few.
        seed: cuts the folds and trains.
        network: a key of NETWORKS.
        progress: is told after every epoch.

    Raises:
        DatasetError: fewer than ``folds`` rows of a label, or arguments out of range.
    """
    if folds < 2 or (epochs is not None and epochs < 1):
        raise DatasetError(f"Expected at least 2 folds and 1 epoch, got {folds} and {epochs}.")
    labels = TAG_TO_POSITION[dataset.emotion].astype(np.int64)
    usable = (labels >= 0) & (dataset.usage == "Training") & ~constant_images(dataset.pixels)
    positions = np.flatnonzero(usable)
    labels = labels[positions]
    counts = np.bincount(labels, minlength=len(LABELS))
    if counts.min() < folds:
        short = LABELS[int(counts.argmin())]
        raise DatasetError(
            f"Looking for label errors in {folds} folds needs at least {folds} Training rows of each label, and "
            f"{short} has {counts.min()}."
        )
    if epochs is None:
        epochs = max(_LEAST_EPOCHS, math.ceil(_LEAST_STEPS * _BATCH * folds / ((folds - 1) * len(positions))))
    probabilities = _out_of_sample(dataset, positions, labels, folds, epochs, seed, network, progress)
    ranked = np.asarray(
        find_label_issues(
            labels, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1, verbose=False
        ),
        dtype=np.int64,
    )
    return LabelErrors(
        rows=dataset.row[positions[ranked]],
        suggested=probabilities[ranked].argmax(axis=1).astype(np.int64),
        confidence=probabilities[ranked, labels[ranked]].astype(np.float64),
        judged=len(positions),
        accuracy=float((probabilities.argmax(axis=1) == labels).mean()),
        folds=folds,
        epochs=epochs,
        seed=seed,
    )


def _out_of_sample(
    dataset: FerDataset,
    positions: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    folds: int,
    epochs: int,
    seed: int,
    network: str,
    progress: Progress | None,
) -> npt.NDArray[np.float64]:
    """(len(positions), 5) probabilities, each row's by the network of the fold that held it back."""
    faces = dataset.pixels[positions]
    shares = targets(dataset, LABELS, 0)[positions]
    probabilities = np.zeros((len(positions), len(LABELS)))
    # Copies stay in one fold: a network that saw a face under one label would only repeat it.
    cuts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(
        faces, labels, pixel_hashes(faces)
    )
    for fold, (train, held) in enumerate(cuts):
        keras.utils.set_random_seed(seed + fold)
        model = build_network(network, len(LABELS))
        steps = -(-len(train) // _BATCH) * epochs
        rate = keras.optimizers.schedules.CosineDecay(
            2e-4, steps, warmup_target=2e-3, warmup_steps=min(steps // 10, 200)
        )
        model.compile(
            keras.optimizers.AdamW(rate, weight_decay=0.01), "categorical_crossentropy", jit_compile=False
        )
        batches = FaceBatches(
            faces[train], shares[train], _BATCH, seed=seed, shuffle=True, augmentation=_AUGMENTATION
        )
        callbacks = [_Told(progress, fold * epochs, folds * epochs)] if progress is not None else []
        model.fit(batches, epochs=epochs, verbose=0, shuffle=False, callbacks=callbacks)
        judged = FaceBatches(faces[held], shares[held], 256, seed=seed, shuffle=False)
        found = np.asarray(model.predict(judged, verbose=0), dtype=np.float64)
        probabilities[held] = found / found.sum(axis=1, keepdims=True)
    return probabilities


class _Told(keras.callbacks.Callback):
    """Says after each epoch how far the whole is."""

    def __init__(self, progress: Progress, done: int, total: int) -> None:
        super().__init__()
        self._progress, self._done, self._total = progress, done, total

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        self._progress((self._done + epoch + 1) / self._total)
