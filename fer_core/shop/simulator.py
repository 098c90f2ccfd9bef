"""Shoppers made by code, whose tastes depend on their mood: to measure whether reading expressions helps a shop.

Nothing about them is real but how expressions are misread: a mood is seen through what ``models/facet`` said of a
PublicTest face with that label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_core.evaluation.judging import Predictions
from fer_core.labels import LABELS
from fer_core.shop.bandit import Item


@dataclass(frozen=True)
class World:
    """A shop and its shoppers.

    Attributes:
        items: what is on offer.
        liking: (N, 5) probability that a shopper in a mood (order of LABELS) likes an item.
        moods: (5,) how frequent the moods are.
        poker: share in [0, 1] of the shoppers whose face has nothing to do with their mood.
        seen: (M, 5) what the model says of M faces; ``labels`` (M,) what they show.
        labels: see ``seen``.
    """

    items: tuple[Item, ...]
    liking: npt.NDArray[np.float64]
    moods: npt.NDArray[np.float64]
    poker: float
    seen: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]

    def visits(
        self, count: int, random: np.random.Generator
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Moods (count,) of shoppers and the blends (count, 5) that the shop sees of them."""
        moods = random.choice(len(LABELS), count, p=self.moods)
        shown = np.where(
            random.random(count) < self.poker, random.choice(len(LABELS), count, p=self.moods), moods
        )
        faces = np.empty(count, dtype=np.int64)
        for label in range(len(LABELS)):
            there = shown == label
            faces[there] = random.choice(np.flatnonzero(self.labels == label), int(there.sum()))
        return moods, self.seen[faces]

    def expected(self, blends: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(count, N) how probably each item is liked, for one who knows the tastes but sees only the blends."""
        # What the model says reflects how frequent labels are among its faces, not among these shoppers.
        frequent = np.bincount(self.labels, minlength=len(LABELS)) / len(self.labels)
        moods = blends / frequent * self.moods
        moods /= moods.sum(axis=1, keepdims=True)
        moods = (1 - self.poker) * moods + self.poker * self.moods
        return np.asarray(moods @ self.liking.T)


def make_world(
    predictions: Predictions,
    *,
    mood_matters: float = 1.0,
    poker: float = 0.1,
    items: int = 48,
    categories: int = 8,
    seed: int = 0,
) -> World:
    """A world drawn by seed.

    Args:
        predictions: of the model through which the shop sees.
        mood_matters: how strongly tastes depend on the mood (standard deviation of log odds); 0 for not at all.
        poker: share of the shoppers whose face tells nothing.
        items, categories: how many.
        seed: draws tastes; the same seed and ``items`` differ in ``mood_matters`` alone.
    """
    random = np.random.default_rng(seed)
    category = np.arange(items) % categories
    plain = random.normal(-1.2, 0.6, items)
    by_category = random.normal(0, 1, (categories, len(LABELS)))[category]
    own = random.normal(0, 0.5, (items, len(LABELS)))
    odds = plain[:, None] + mood_matters * (by_category + own)
    return World(
        tuple(Item(f"item{at}", f"category{category[at]}", float(5 + at)) for at in range(items)),
        1 / (1 + np.exp(-odds)),
        # Mostly neutral or happy, as people in a shop are.
        np.array([0.1, 0.3, 0.15, 0.1, 0.35]),
        poker,
        predictions.probabilities.astype(np.float64),
        predictions.truth,
    )
