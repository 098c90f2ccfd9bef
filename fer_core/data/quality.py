"""What is wrong with rows: single colours, copies, near copies, and labels that the crowd or a model doubts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import scipy.fft

from fer_core.data.reading import USAGES, FerDataset
from fer_core.errors import DatasetError
from fer_core.labels import FER2013_LABELS, FERPLUS_COLUMNS

#: FER-2013 tag -> its FER+ column.
_VOTED: Final = tuple(
    FERPLUS_COLUMNS.index(name)
    for name in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
)

#: Two faces are near copies when their perceptual hashes differ in at most this many of 64 bits and their pixels
#: correlate at least so much. Looked at on FER-2013: looser values begin to pair different pictures.
NEAR_BITS: Final = 3
NEAR_CORRELATION: Final = 0.95

#: Every kind of finding, in the order a page shows them.
FINDINGS: Final = (
    "constant", "duplicates", "cross_split", "conflicting", "near_duplicates", "crowd", "label_errors",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Rows with one thing wrong.

    Attributes:
        name: one of FINDINGS.
        positions: (N,) int64, positions in the data set, in groups one after another.
        group: (N,) int64, which rows belong together; every row its own group where none do.
        excluded: (M,) int64, ascending: the positions that leaving this finding out of training removes; Training
            rows only, because all others are only ever judged.
    """

    name: str
    positions: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    excluded: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.name not in FINDINGS:
            raise ValueError(f"Expected one of {FINDINGS}, got {self.name!r}.")
        if self.positions.shape != self.group.shape:
            raise ValueError(
                f"Expected a group a position, got {self.group.shape} and {self.positions.shape}."
            )


def pixel_hashes(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """(N,) 64-bit hashes (BLAKE2b) of uint8 pictures (N, H, W): equal where the pixels are equal.

    Among 100,000 different pictures the chance of any false match is about 3e-10.
    """
    contiguous = np.ascontiguousarray(pixels)
    digests = b"".join(hashlib.blake2b(picture.data, digest_size=8).digest() for picture in contiguous)
    # The byte order is fixed because released models carry these hashes from machine to machine.
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def constant_images(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """(N,) True where a picture (N, H, W) has a single grey value."""
    flat = pixels.reshape(len(pixels), -1)
    return flat.min(axis=1) == flat.max(axis=1) if flat.shape[1] else np.zeros(len(pixels), dtype=bool)


def find(dataset: FerDataset, name: str, label_errors: npt.NDArray[np.int64] | None = None) -> Finding:
    """One finding of a data set.

    - constant: single-colour images.
    - duplicates: rows with exactly the pixels of another. Left out: all but the first of a group, and a whole group
      whose labels differ. Of several rows a Training row comes first, so that a split keeps what it trains on.
    - cross_split: groups of copies in more than one split. Left out: their Training rows.
    - conflicting: groups of copies with different labels. Left out: all of them.
    - near_duplicates: pairs that look alike (see NEAR_BITS) but are not exact copies. Left out: the later row of a
      pair, and the Training row of a pair across splits.
    - crowd: rows where more than half of the FER+ votes name another label than the row's. Left out: all.
    - label_errors: positions found by confident learning, given as ``label_errors`` and kept in that order. Left
      out: all.

    Raises:
        DatasetError: an unknown name, crowd without votes, or label_errors without any.
    """
    if name == "constant":
        return _single(dataset, "constant", np.flatnonzero(constant_images(dataset.pixels)))
    if name in ("duplicates", "cross_split", "conflicting"):
        return _copies(dataset, name)
    if name == "near_duplicates":
        return _near(dataset)
    if name == "crowd":
        if dataset.votes is None:
            raise DatasetError("Crowd disagreement needs FER+ votes; join fer2013new.csv first.")
        return _single(dataset, "crowd", np.flatnonzero(crowd_disagrees(dataset)))
    if name == "label_errors":
        if label_errors is None:
            raise DatasetError("Label errors are found by a job of their own; start it first.")
        return _single(dataset, "label_errors", label_errors)
    raise DatasetError(f"There is no finding named {name!r}; there are {', '.join(FINDINGS)}.")


def crowd_agreement(dataset: FerDataset) -> npt.NDArray[np.float64]:
    """(N,) share of a row's FER+ votes that name the row's own label; NaN for a row with no vote at all.

    Raises:
        DatasetError: no votes are joined.
    """
    if dataset.votes is None:
        raise DatasetError("Crowd agreement needs FER+ votes; join fer2013new.csv first.")
    votes = dataset.votes.astype(np.float64)
    own = votes[np.arange(len(votes)), np.array(_VOTED)[dataset.emotion]]
    total = votes.sum(axis=1)
    return np.divide(own, total, out=np.full(len(votes), np.nan), where=total > 0)


def crowd_disagrees(dataset: FerDataset) -> npt.NDArray[np.bool_]:
    """(N,) True where more than half of a row's votes name one other FER-2013 label."""
    if dataset.votes is None:
        return np.zeros(len(dataset), dtype=bool)
    votes = dataset.votes.astype(np.int64)
    labels = votes[:, _VOTED]
    top = labels.argmax(axis=1)
    return (labels.max(axis=1) * 2 > votes.sum(axis=1)) & (top != dataset.emotion)


def inspect(dataset: FerDataset) -> dict[str, Any]:
    """The facts of a data set, as ``dataset inspect`` prints them.

    Returns:
        rows, counts {usage: {label: n}} (all seven labels), bad_rows [{line, reason}], constant_images,
        duplicate_groups, duplicate_images (rows in them), cross_split_groups, conflicting_groups.
    """
    copies = _copies(dataset, "duplicates")
    counts = {
        usage: {
            label: int(((dataset.usage == usage) & (dataset.emotion == tag)).sum())
            for tag, label in enumerate(FER2013_LABELS)
        }
        for usage in USAGES
        if (dataset.usage == usage).any()
    }
    return {
        "rows": len(dataset),
        "counts": counts,
        "bad_rows": [{"line": item.line, "reason": item.reason} for item in dataset.bad_rows],
        "constant_images": int(constant_images(dataset.pixels).sum()),
        "duplicate_groups": len(np.unique(copies.group)),
        "duplicate_images": len(copies.positions),
        "cross_split_groups": len(np.unique(_copies(dataset, "cross_split").group)),
        "conflicting_groups": len(np.unique(_copies(dataset, "conflicting").group)),
    }


def perceptual_hashes(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """(N,) 64-bit hashes of pictures (N, H, W) that stay close under small changes of light, size and sharpness.

    The signs of the 8 x 8 lowest frequencies of a cosine transform against their median (Zauner, "Implementation
    and benchmarking of perceptual image hash functions", 2010), of the picture shrunk to 32 x 32.
    """
    small = np.stack([cv2.resize(each, (32, 32), interpolation=cv2.INTER_AREA) for each in pixels])
    waves = scipy.fft.dctn(small.astype(np.float32), axes=(1, 2))[:, :8, :8].reshape(len(small), 64)
    # The constant part says how bright a picture is, which must not count.
    bits = waves > np.median(waves[:, 1:], axis=1, keepdims=True)
    bits[:, 0] = False
    return np.packbits(bits, axis=1).view(">u8").ravel().astype(np.uint64)


def _single(dataset: FerDataset, name: str, positions: npt.NDArray[np.int64]) -> Finding:
    return Finding(name, positions, np.arange(len(positions)), _trained(dataset, positions))


def _trained(dataset: FerDataset, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Those of the positions that are Training rows, ascending, each once."""
    return np.unique(positions[dataset.usage[positions] == "Training"])


def _copies(dataset: FerDataset, name: str) -> Finding:
    hashes = pixel_hashes(dataset.pixels)
    later = dataset.usage != "Training"
    # Within a group of copies: Training rows first, then in the order of the file.
    order = np.lexsort((np.arange(len(hashes)), later, hashes))
    _, group, size = np.unique(hashes[order], return_inverse=True, return_counts=True)
    many = size[group] > 1
    order, group = order[many], group[many]
    _, group = np.unique(group, return_inverse=True)
    groups = int(group.max()) + 1 if len(group) else 0

    def differing(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        _, codes = np.unique(values[order], return_inverse=True)
        lowest, highest = np.full(groups, np.iinfo(np.int64).max), np.full(groups, -1)
        np.minimum.at(lowest, group, codes)
        np.maximum.at(highest, group, codes)
        return (lowest != highest)[group]

    conflicting = differing(dataset.emotion)
    if name == "duplicates":
        first = np.r_[True, group[1:] != group[:-1]] if len(group) else np.empty(0, dtype=bool)
        return Finding(name, order, group, _trained(dataset, order[~first | conflicting]))
    if name == "conflicting":
        return Finding(name, order[conflicting], group[conflicting], _trained(dataset, order[conflicting]))
    crossing = differing(dataset.usage)
    return Finding(name, order[crossing], group[crossing], _trained(dataset, order[crossing]))


def _near(dataset: FerDataset) -> Finding:
    pairs = _near_pairs(dataset.pixels)
    training = dataset.usage == "Training"
    left, right = pairs[:, 0], pairs[:, 1]
    # The later row goes, unless it is the one that is tested on.
    out = np.where(training[right] | ~training[left], right, left)
    # Exact copies of what goes would teach the same; pairs name only the first of them.
    hashes = pixel_hashes(dataset.pixels)
    out = np.flatnonzero(np.isin(hashes, hashes[out]))
    return Finding(
        "near_duplicates", pairs.ravel(), np.repeat(np.arange(len(pairs)), 2), _trained(dataset, out)
    )


def _near_pairs(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """(P, 2) pairs of near copies, each ascending. Two hashes that differ in at most 3 bits agree in one of four
    blocks of 16, so only rows that share a block are compared."""
    # Exact copies stand for one another: pairs are sought among the first of each.
    _, first = np.unique(pixel_hashes(pixels), return_index=True)
    usable = np.sort(first[~constant_images(pixels[first])])
    hashes = perceptual_hashes(pixels) if len(pixels) else np.empty(0, dtype=np.uint64)
    found: list[npt.NDArray[np.int64]] = []
    for shift in range(0, 64, 16):
        block = ((hashes[usable] >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(block, kind="stable")
        rows, keys = usable[order], block[order]
        # Compare each row with the next, the one after it, ... as long as their blocks are equal.
        step = 1
        while len(together := np.flatnonzero(keys[step:] == keys[:-step])):
            a, b = rows[together], rows[together + step]
            close = np.bitwise_count(hashes[a] ^ hashes[b]) <= NEAR_BITS
            found.append(np.sort(np.stack([a[close], b[close]], axis=1), axis=1))
            step += 1
    pairs = np.unique(np.concatenate([np.empty((0, 2), dtype=np.int64), *found]), axis=0)
    if not len(pairs):
        return pairs
    alike = np.concatenate(
        [
            np.mean(_standardised(pixels[part[:, 0]]) * _standardised(pixels[part[:, 1]]), axis=1)
            # In pieces, because a file of look-alikes has very many pairs.
            for part in np.array_split(pairs, -(-len(pairs) // 4_096))
        ]
    )
    return pairs[alike >= NEAR_CORRELATION]


def _standardised(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    flat = pixels.reshape(len(pixels), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(flat.std(axis=1, keepdims=True), 1e-6), dtype=np.float32)
