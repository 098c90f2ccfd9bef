"""Look into a data set: its table, filtered faces, mean faces, light, and a map of faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from fer_core.data.quality import crowd_agreement
from fer_core.data.reading import SIDE, USAGES, FerDataset
from fer_core.errors import DatasetError
from fer_core.labels import FER2013_LABELS

#: What faces can be ordered by.
ORDERS: Final = ("row", "darkest", "brightest", "lowest contrast", "crowd agreement")

#: A map shows at least this many faces: t-SNE needs more faces than neighbours it looks at.
LEAST_MAPPED: Final = 50
_MAP_SIDE: Final = 24


@dataclass(frozen=True)
class Filters:
    """Which faces to look at; an empty tuple lets all through.

    Attributes:
        usages: of USAGES.
        labels: of FER2013_LABELS.
        agreement: lowest and highest share of the crowd's votes for the row's own label, each in [0, 1];
            None also lets rows without votes through.
        order: one of ORDERS; equal ones stay in the order of the file.
    """

    usages: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    agreement: tuple[float, float] | None = None
    order: str = "row"

    def __post_init__(self) -> None:
        for name, given, known in (
            ("splits", self.usages, USAGES),
            ("labels", self.labels, FER2013_LABELS),
            ("order", (self.order,), ORDERS),
        ):
            if unknown := set(given) - set(known):
                raise ValueError(f"Expected {name} of {known}, got {sorted(unknown)}.")


@dataclass(frozen=True)
class FaceMap:
    """Faces placed so that similar ones lie close.

    Attributes:
        positions: (M,) int64, positions in the data set.
        places: (M, 2) float32, without a unit.
        method: how they were placed.
    """

    positions: npt.NDArray[np.int64]
    places: npt.NDArray[np.float32]
    method: Literal["PCA", "t-SNE"]

    def __post_init__(self) -> None:
        if self.places.shape != (len(self.positions), 2):
            raise ValueError(f"Expected places of shape ({len(self.positions)}, 2), got {self.places.shape}.")


def describe_columns(dataset: FerDataset) -> pd.DataFrame:
    """What ``DataFrame.info()`` says of the file (the source report's figure 7): column, non-null count, type.

    The counts are those of the usable rows; the votes stand as a fourth column where they are joined.
    """
    rows: list[tuple[str, int, str]] = [
        ("emotion", len(dataset), "tag 0 to 6"),
        ("pixels", len(dataset), f"{SIDE} x {SIDE} grey values 0 to 255"),
        ("Usage", len(dataset), ", ".join(sorted(set(dataset.usage.tolist()), key=USAGES.index))),
    ]
    if dataset.votes is not None:
        voted = int((dataset.votes.sum(axis=1) > 0).sum())
        rows.append(("FER+ votes", voted, "counts of 10 columns"))
    return pd.DataFrame(rows, columns=["column", "non-null", "content"])


def head(dataset: FerDataset, rows: int = 5) -> pd.DataFrame:
    """The first rows as the file writes them: emotion, the first pixels and Usage; the index is the row number."""
    shown = range(min(rows, len(dataset)))
    return pd.DataFrame(
        {
            "emotion": [int(dataset.emotion[at]) for at in shown],
            "label": [FER2013_LABELS[dataset.emotion[at]] for at in shown],
            "pixels": [" ".join(map(str, dataset.pixels[at].ravel()[:15].tolist())) + " …" for at in shown],
            "Usage": [str(dataset.usage[at]) for at in shown],
        },
        index=pd.Index(dataset.row[: len(shown)], name="row"),
    )


def count_rows(dataset: FerDataset) -> pd.DataFrame:
    """Rows of each label (index, all seven) in each split that occurs (columns)."""
    splits = [usage for usage in USAGES if (dataset.usage == usage).any()]
    return pd.DataFrame(
        {
            usage: np.bincount(dataset.emotion[dataset.usage == usage], minlength=len(FER2013_LABELS))
            for usage in splits
        },
        index=list(FER2013_LABELS),
    )


def select(dataset: FerDataset, filters: Filters) -> npt.NDArray[np.int64]:
    """Positions of the rows that the filters let through, in their order.

    Raises:
        DatasetError: an agreement is asked for, and no votes are joined.
    """
    chosen = np.ones(len(dataset), dtype=bool)
    if filters.usages:
        chosen &= np.isin(dataset.usage, filters.usages)
    if filters.labels:
        chosen &= np.isin(dataset.emotion, [FER2013_LABELS.index(label) for label in filters.labels])
    if filters.agreement is not None:
        agreement = crowd_agreement(dataset)
        low, high = filters.agreement
        chosen &= (agreement >= low) & (agreement <= high)
    positions = np.flatnonzero(chosen)
    if filters.order == "row":
        return positions
    return positions[np.argsort(_order_by(dataset, positions, filters.order), kind="stable")]


def _order_by(dataset: FerDataset, positions: npt.NDArray[np.int64], order: str) -> npt.NDArray[np.float64]:
    if order == "crowd agreement":
        return crowd_agreement(dataset)[positions]
    brightness, contrast = light(dataset.pixels[positions])
    return {"darkest": brightness, "brightest": -brightness, "lowest contrast": contrast}[order]


def light(pixels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Brightness (mean) and contrast (standard deviation) of pictures (N, H, W), each (N,) in grey values."""
    flat = pixels.reshape(len(pixels), -1)
    # Whole numbers: the sums of squares of 48 x 48 grey values are exact, and no float copy is made.
    total = flat.sum(axis=1, dtype=np.int64)
    squares = np.einsum("ij,ij->i", flat, flat, dtype=np.int64)
    size = max(flat.shape[1], 1)
    mean = total / size
    return mean, np.sqrt(np.maximum(squares / size - mean**2, 0))


def mean_faces(dataset: FerDataset, usages: tuple[str, ...] = ()) -> dict[str, npt.NDArray[np.uint8]]:
    """Label -> the mean (48, 48) uint8 of its faces in these splits (none: all); a label without rows is absent."""
    rows = select(dataset, Filters(usages=usages))
    found: dict[str, npt.NDArray[np.uint8]] = {}
    for tag, label in enumerate(FER2013_LABELS):
        faces = dataset.pixels[rows[dataset.emotion[rows] == tag]]
        if len(faces):
            found[label] = np.rint(faces.mean(axis=0)).astype(np.uint8)
    return found


def map_faces(
    dataset: FerDataset,
    positions: npt.NDArray[np.int64],
    method: Literal["PCA", "t-SNE"],
    *,
    most: int = 1_000,
    seed: int = 0,
) -> FaceMap:
    """Place a sample of faces on a plane.

    Each face is halved in size and standardised, so that light does not count. "PCA": its first two principal
    components. "t-SNE": of its first 40 (van der Maaten and Hinton 2008), which keeps neighbours together.

    Args:
        dataset: the rows.
        positions: those to draw from.
        method: "PCA" or "t-SNE".
        most: at most this many are drawn by ``seed``, and t-SNE takes seconds a thousand.
        seed: draws the sample and starts t-SNE.

    Raises:
        DatasetError: fewer than LEAST_MAPPED faces, single-colour ones not counted.
    """
    # Only where a map is asked for: scikit-learn takes a second to import.
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    random = np.random.default_rng(seed)
    drawn = np.sort(random.permutation(positions)[:most])
    small = np.stack(
        [cv2.resize(dataset.pixels[at], (_MAP_SIDE, _MAP_SIDE), interpolation=cv2.INTER_AREA) for at in drawn]
        or [np.zeros((_MAP_SIDE, _MAP_SIDE), np.uint8)]
    )
    flat = small.reshape(len(small), -1).astype(np.float32)
    spread = flat.std(axis=1)
    drawn, flat = drawn[spread[: len(drawn)] > 0], flat[spread > 0]
    if len(drawn) < LEAST_MAPPED:
        raise DatasetError(
            f"A map needs at least {LEAST_MAPPED} faces, and these filters leave {len(drawn)}. Choose more."
        )
    flat = (flat - flat.mean(axis=1, keepdims=True)) / flat.std(axis=1, keepdims=True)
    parts = PCA(min(40, len(flat)), random_state=seed).fit_transform(flat)
    places = parts[:, :2]
    if method == "t-SNE":
        perplexity = min(30, (len(flat) - 1) // 3)
        places = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(parts)
    return FaceMap(drawn, np.asarray(places, dtype=np.float32), method)


def caption(dataset: FerDataset, positions: npt.NDArray[np.int64]) -> list[str]:
    """What stands under each of these faces: its label, its row, and the crowd's agreement where there are votes."""
    texts = [f"{FER2013_LABELS[dataset.emotion[at]]}, row {dataset.row[at]}" for at in positions]
    if dataset.votes is None:
        return texts
    shares = crowd_agreement(dataset)[positions]
    return [
        text if np.isnan(share) else f"{text}, crowd {share:.0%}"
        for text, share in zip(texts, shares, strict=True)
    ]
