"""The one label order, and how FER-2013 tags, FER+ votes and network outputs map onto it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from fer_core.errors import LabelError

#: FER-2013's own tags: the position is the number in the column ``emotion``.
FER2013_LABELS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

#: The five expressions that Facet names, in the only order it ever uses.
LABELS: Final = ("angry", "happy", "sad", "surprise", "neutral")

#: Columns of a FER+ votes file, in its order (Barsoum et al. 2016, https://arxiv.org/abs/1608.01041).
FERPLUS_COLUMNS: Final = (
    "neutral", "happiness", "surprise", "sadness", "anger",
    "disgust", "fear", "contempt", "unknown", "NF",
)  # fmt: skip

#: Where each of LABELS stands among the FER+ columns.
FERPLUS_POSITIONS: Final = tuple(
    FERPLUS_COLUMNS.index(name) for name in ("anger", "happiness", "sadness", "surprise", "neutral")
)

#: FER-2013 tag -> position in LABELS, -1 for the two tags that are not used (disgust and fear).
TAG_TO_POSITION: Final = np.array(
    [LABELS.index(name) if name in LABELS else -1 for name in FER2013_LABELS], dtype=np.int8
)


def to_five(probabilities: npt.ArrayLike, output_labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Network outputs as probabilities of the five LABELS.

    Outputs that are not among LABELS (disgust and fear of a seven-output network) are dropped and the rest
    renormalised; a row whose five shares are all zero becomes uniform.

    Args:
        probabilities: (N, K) in [0, 1], one column for each name in ``output_labels``.
        output_labels: the K names of the columns, in the network's order.

    Returns:
        (N, 5) float32 in the order of LABELS, each row summing to 1.

    Raises:
        LabelError: a column too many or too few, or one of LABELS missing among the names.
    """
    array = np.asarray(probabilities, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] != len(output_labels):
        raise LabelError(
            f"Expected probabilities of shape (N, {len(output_labels)}) for {list(output_labels)}, got "
            f"{array.shape}. Check the labels in the model's card.json."
        )
    missing = [name for name in LABELS if name not in output_labels]
    if missing:
        raise LabelError(f"The network has no output for {missing}; Facet needs all of {list(LABELS)}.")
    five = array[:, [list(output_labels).index(name) for name in LABELS]]
    total = five.sum(axis=1, keepdims=True)
    uniform = np.full_like(five, 1 / len(LABELS))
    return np.where(total > 0, five / np.where(total > 0, total, 1), uniform).astype(np.float32)


def five_votes(votes: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """FER+ votes as counts for the five LABELS.

    Args:
        votes: (N, 10) counts in the order of FERPLUS_COLUMNS.

    Returns:
        (N, 5) float32 counts in the order of LABELS; a row may be all zero.

    Raises:
        LabelError: not ten columns.
    """
    array = np.asarray(votes, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] != len(FERPLUS_COLUMNS):
        raise LabelError(f"Expected votes of shape (N, {len(FERPLUS_COLUMNS)}), got {array.shape}.")
    return array[:, FERPLUS_POSITIONS]
