"""Products that go with the same moods."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fer_core.errors import EvaluationError
from fer_core.labels import LABELS

#: Of a product, in shoppers; with fewer its profile is noise.
_FEWEST: Final = 20
_MOST_CLUSTERS: Final = 6
#: A profile cell of few shoppers is drawn towards nothing, as if so many had been indifferent.
_INDIFFERENT: Final = 5.0
#: An expression has to stand out by so much to name a cluster.
_STANDS_OUT: Final = 0.02


@dataclass(frozen=True)
class Cluster:
    """Products whose reactions follow the expression alike.

    Attributes:
        name: what it contains, in words.
        products: their ids, those most typical of it first.
        profile: (5,) what reactions were worth under each of LABELS, beyond what they were on the whole.
    """

    name: str
    products: tuple[str, ...]
    profile: tuple[float, ...]


def clusters(cards: pd.DataFrame, seed: int = 0) -> tuple[Cluster, ...]:
    """Products by k-means over their profiles, the number of clusters by the silhouette (Rousseeuw 1987).

    Args:
        cards: as ``newest_cards`` gives them.
        seed: of k-means.

    Raises:
        EvaluationError: fewer than four products with enough shoppers.
    """
    # Half a second that the page's other tabs need not wait for.
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    known = cards[cards.worth.notna() & cards.label.isin(LABELS)]
    shoppers = known.groupby("product").session.nunique()
    products = sorted(shoppers[shoppers >= _FEWEST].index)
    if len(products) < 4:
        raise EvaluationError(
            f"Clusters need four products with {_FEWEST} shoppers each; there are {len(products)} so far."
        )
    categories = known.groupby("product").category.first()
    profiles = _profiles(known, products)
    best: tuple[float, npt.NDArray[np.int64]] | None = None
    # Equal profiles cannot be told apart.
    different = len(np.unique(profiles.round(6), axis=0))
    for count in range(2, min(_MOST_CLUSTERS, len(products) - 1, different) + 1):
        found = KMeans(count, n_init=10, random_state=seed).fit_predict(profiles)
        score = float(silhouette_score(profiles, found))
        if best is None or score > best[0]:
            best = score, found
    labels = np.zeros(len(products), dtype=np.int64) if best is None else best[1]
    return tuple(
        sorted(
            (_cluster(profiles, products, labels == each, categories) for each in sorted(set(labels))),
            key=lambda cluster: -len(cluster.products),
        )
    )


def _profiles(known: pd.DataFrame, products: list[str]) -> npt.NDArray[np.float64]:
    """(P, 5) mean worth a product and an expression, less what is usual for the expression and for the product."""
    by_shopper = known.groupby(["product", "label", "session"]).worth.mean()
    groups = by_shopper.groupby(["product", "label"])
    # What is usual under an expression is taken away first: a happy shopper likes everything more.
    usual = by_shopper.groupby("label").mean()
    sums = groups.sum().unstack("label").reindex(index=products, columns=list(LABELS)).fillna(0.0)
    counts = groups.count().unstack("label").reindex(index=products, columns=list(LABELS)).fillna(0.0)
    beyond = (sums - counts * usual.reindex(list(LABELS)).fillna(0.0)) / (counts + _INDIFFERENT)
    values = beyond.to_numpy(dtype=np.float64)
    return np.asarray(values - values.mean(axis=1, keepdims=True))


def _cluster(
    profiles: npt.NDArray[np.float64],
    products: list[str],
    inside: npt.NDArray[np.bool_],
    categories: pd.Series,
) -> Cluster:
    centre = profiles[inside].mean(axis=0)
    order = np.argsort(np.linalg.norm(profiles[inside] - centre, axis=1), kind="stable")
    names = tuple(np.array(products, dtype=object)[inside][order])
    common = [name for name, _ in Counter(categories[name] for name in names).most_common(2)]
    with_, against = LABELS[int(centre.argmax())], LABELS[int(centre.argmin())]
    mood = f"goes with {with_}, not with {against}" if np.ptp(centre) > _STANDS_OUT else "whatever the mood"
    return Cluster(f"{' and '.join(common)}: {mood}", names, tuple(float(value) for value in centre))
