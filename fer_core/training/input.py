"""From rows to batches: targets, augmentation and the order of an epoch, all fixed by one seed."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import keras
import numpy as np
import numpy.typing as npt

from fer_core.data.reading import FerDataset
from fer_core.labels import FER2013_LABELS, FERPLUS_COLUMNS
from fer_core.preprocessing import to_model_input
from fer_core.training.presets import Augmentation

#: The FER+ column of each of FER-2013's labels.
_COLUMN_OF = {
    "angry": "anger", "disgust": "disgust", "fear": "fear", "happy": "happiness",
    "sad": "sadness", "surprise": "surprise", "neutral": "neutral",
}  # fmt: skip


def targets(dataset: FerDataset, output_labels: Sequence[str], vote_weight: float) -> npt.NDArray[np.float32]:
    """(N, K) target shares: the original label mixed with the crowd's votes for the K outputs.

    A row whose label is no output, or that has no vote for any output, keeps what it has of the other; rows are
    expected to have at least one of the two (a split sees to that). Without votes the label alone counts.
    """
    labels = np.array(FER2013_LABELS)[dataset.emotion]
    hard = (labels[:, None] == np.array(output_labels)[None, :]).astype(np.float32)
    if dataset.votes is None or vote_weight == 0:
        return hard
    columns = [FERPLUS_COLUMNS.index(_COLUMN_OF[label]) for label in output_labels]
    votes = dataset.votes[:, columns].astype(np.float32)
    total = votes.sum(axis=1, keepdims=True)
    shares = np.divide(votes, total, out=np.zeros_like(votes), where=total > 0)
    mixed = (1 - vote_weight) * hard + vote_weight * shares
    known = mixed.sum(axis=1, keepdims=True)
    mixed = np.divide(mixed, known, out=np.zeros_like(mixed), where=known > 0)
    return np.where(total > 0, mixed, hard).astype(np.float32)


def head_targets(dataset: FerDataset, output_labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """(N, 2, K) target shares for two heads: the original label alone, and the crowd's votes alone.

    A label that is no output is all zero, and votes for other things than the K outputs are missing from the sum, so
    a row counts for a head as far as that head has something to learn from it. Without votes the second is zero.
    """
    shares = np.zeros((len(dataset), 2, len(output_labels)), dtype=np.float32)
    shares[:, 0] = targets(dataset, output_labels, 0)
    if dataset.votes is not None:
        columns = [FERPLUS_COLUMNS.index(_COLUMN_OF[label]) for label in output_labels]
        total = dataset.votes.sum(axis=1, keepdims=True, dtype=np.float32)
        shares[:, 1] = dataset.votes[:, columns] / np.maximum(total, 1)
    return shares


class FaceBatches(keras.utils.PyDataset):
    """Batches of (float32 (B, 48, 48, 1) in 0..255, float32 (B, K)) for Keras, and weights (B,) where there are any.

    The order of an epoch and every random change follow from (seed, epoch, batch) alone, so a resumed run sees
    what an undisturbed one would have seen.
    """

    def __init__(
        self,
        faces: npt.NDArray[np.uint8],
        shares: npt.NDArray[np.float32],
        batch: int,
        *,
        seed: int,
        shuffle: bool,
        augmentation: Augmentation | None = None,
        first_epoch: int = 0,
        weights: npt.NDArray[np.float32] | None = None,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._faces = faces
        self._shares = shares
        self._batch = batch
        self._seed = seed
        self._shuffle = shuffle
        self._augmentation = augmentation
        # Keras begins an epoch exactly once, but ends one more before the first; so beginnings are counted.
        self._epoch = first_epoch - 1
        self._weights = weights

    def __len__(self) -> int:
        return -(-len(self._faces) // self._batch)

    def order(self, epoch: int) -> npt.NDArray[np.int64]:
        """The order of the rows in an epoch, counted from 0."""
        if not self._shuffle:
            return np.arange(len(self._faces))
        return np.random.default_rng([self._seed, epoch]).permutation(len(self._faces))

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32], ...]:
        # Keras looks at the first batches before any epoch has begun.
        epoch = max(self._epoch, 0)
        rows = self.order(epoch)[index * self._batch : (index + 1) * self._batch]
        faces = self._faces[rows]
        if self._augmentation is not None:
            random = np.random.default_rng([self._seed, epoch, index])
            faces = augment(faces, self._augmentation, random)
        batch = (to_model_input(faces), self._shares[rows])
        return batch if self._weights is None else (*batch, self._weights[rows])

    def on_epoch_begin(self) -> None:
        """Keras calls this before each epoch."""
        self._epoch += 1


def augment(
    faces: npt.NDArray[np.uint8], augmentation: Augmentation, random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Faces (N, H, W) uint8 with random changes, each face its own; the input is left as it is."""
    n, height, width = faces.shape

    def either_side(limit: float, size: int | tuple[int, int] = n) -> npt.NDArray[np.float64]:
        return random.uniform(-limit, limit, size)

    angle = either_side(augmentation.rotation).tolist()
    scale = (1 + either_side(augmentation.zoom)).tolist()
    shift = either_side(augmentation.shift, (n, 2))
    gain = 1 + either_side(augmentation.contrast)
    bias = either_side(augmentation.brightness)
    mirrored = np.less(random.random(n), 0.5 if augmentation.flip else 0.0)
    erased = np.less(random.random(n), augmentation.erase)
    worn = np.less(random.random(n), augmentation.webcam)
    result = np.empty_like(faces)
    centre = ((width - 1) / 2, (height - 1) / 2)
    for at in range(n):
        face = faces[at, :, ::-1] if mirrored[at] else faces[at]
        transform = cv2.getRotationMatrix2D(centre, angle[at], scale[at])
        transform[:, 2] += shift[at]
        warped = cv2.warpAffine(
            np.ascontiguousarray(face), transform, (width, height), borderMode=cv2.BORDER_REPLICATE
        )
        face = np.asarray(warped, dtype=np.uint8)
        if augmentation.contrast or augmentation.brightness:
            # Contrast turns around the face's own mean, so that it does not change brightness as well.
            mean = float(face.mean())
            face = np.clip((face - mean) * gain[at] + mean + bias[at], 0, 255).astype(np.uint8)
        if worn[at]:
            face = _wear(face, random)
        if erased[at]:
            _erase(face, random)
        result[at] = face
    return result


def _wear(face: npt.NDArray[np.uint8], random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """A face as a cheap camera shows it: dim or glaring, from further away, noisy, compressed."""
    levels = 255 * (np.arange(256) / 255) ** np.exp(random.uniform(-0.6, 0.6))
    face = np.asarray(cv2.LUT(face, levels.astype(np.uint8)), dtype=np.uint8)
    side = int(random.integers(20, 49))
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    noisy = small + random.normal(0, random.uniform(0, 10), small.shape)
    worn = cv2.resize(
        np.clip(noisy, 0, 255).astype(np.uint8), face.shape[::-1], interpolation=cv2.INTER_LINEAR
    )
    _, coded = cv2.imencode(".jpg", worn, (cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 95))))
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _erase(face: npt.NDArray[np.uint8], random: np.random.Generator) -> None:
    height, width = face.shape
    h, w = random.integers(height // 8, height // 3 + 1), random.integers(width // 8, width // 3 + 1)
    top, left = random.integers(0, height - h + 1), random.integers(0, width - w + 1)
    face[top : top + h, left : left + w] = random.integers(0, 256)
