"""Others who reacted like you: products that shoppers with similar reactions liked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.metrics.pairwise import cosine_similarity

#: Shoppers who reacted to fewer of the same products say nothing about each other.
_FEWEST_SHARED: Final = 2
_MOST_LIKE: Final = 20


@dataclass(frozen=True)
class Liked:
    """A product that similar shoppers liked: its id, how much on average (0 to 1), and how many of them did."""

    product: str
    score: float
    shoppers: int


def liked_by_similar(mine: Mapping[str, float], others: Sequence[Mapping[str, float]]) -> tuple[Liked, ...]:
    """Products I have not reacted to that the shoppers most like me liked, the best first.

    Args:
        mine: product id -> what my reaction was worth, in [-1, 1].
        others: the same of other shoppers.
    """
    similar = [each for each in others if sum(product in each for product in mine) >= _FEWEST_SHARED]
    if not mine or not similar:
        return ()
    ids = sorted(set(mine).union(*similar))
    vectors = np.array([[each.get(product, 0.0) for product in ids] for each in (mine, *similar)])
    shared = np.array([[product in mine for product in ids]])
    # Only what both reacted to tells whether they are alike.
    likeness = cosine_similarity(vectors[:1] * shared, vectors[1:] * shared)[0]
    nearest = np.argsort(-likeness, kind="stable")[:_MOST_LIKE]
    nearest = nearest[likeness[nearest] > 0]
    found = []
    for at, product in enumerate(ids):
        values = vectors[1:][nearest, at]
        liking = int((values > 0).sum())
        if product in mine or not liking:
            continue
        score = float((likeness[nearest] * values).sum() / likeness[nearest].sum())
        if score > 0:
            found.append(Liked(product, score, liking))
    return tuple(sorted(found, key=lambda each: (-each.score, each.product)))


def in_words(liked: Liked) -> str:
    """As a card's reason."""
    who = "A shopper" if liked.shoppers == 1 else f"{liked.shoppers} shoppers"
    return f"{who} who reacted like you liked it."
