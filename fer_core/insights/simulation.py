"""Shoppers made by code, so that the insights page can be tried before there are real ones. Nothing they do means
anything, they are marked as simulated wherever they are kept, and they never teach the shelf.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from fer_core.labels import LABELS
from fer_core.live.smoothing import ExpressionState
from fer_core.shop.bandit import Bandit
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.lessons import Lesson, ShownPanel
from fer_core.shop.reactions import Reaction
from fer_core.shop.recommender import Card, Recommender, Wishes
from fer_core.store.reaction_store import ReactionStore

SHOPPERS: Final = 300
_DAYS: Final = 30
_AT_ONCE: Final = 25
#: Mostly neutral or happy, as people in a shop are; the order of LABELS.
_MOODS: Final = (0.1, 0.3, 0.15, 0.1, 0.35)


def fill(
    store: ReactionStore,
    catalogue: Catalogue,
    weights: bytes,
    shoppers: int = SHOPPERS,
    seed: int = 0,
    now: float | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> int:
    """Keep simulated shoppers of the last thirty days; gives the number of cards.

    Args:
        store: where.
        catalogue: what they are shown; they like what its affinities and a taste drawn by ``seed`` say.
        weights: of the policy that shows it.
        shoppers: how many.
        seed: the same gives the same shoppers.
        now: Unix seconds of the last of them; None for now.
        progress: told the share that is done.

    Raises:
        ShopError: they cannot be kept.
    """
    random = np.random.default_rng(seed)
    now = time.time() if now is None else now
    recommender = Recommender(catalogue, Bandit(seed, weights))
    affinity = np.array([[product.affinity[label] for label in LABELS] for product in catalogue.products])
    taste = affinity + random.normal(0, 0.4, affinity.shape)
    liking = dict(zip((product.id for product in catalogue.products), taste, strict=True))
    starts = np.sort(now - random.uniform(0, _DAYS * 86_400, shoppers))
    cards, waiting = 0, {}
    for at, start in enumerate(starts):
        name = "".join(f"{digit:x}" for digit in random.integers(0, 16, 32))
        waiting[name] = tuple(_visit(recommender, liking, float(start), random))
        if len(waiting) == _AT_ONCE or at == shoppers - 1:
            cards += store.keep_many(waiting, simulated=True)
            waiting = {}
            progress((at + 1) / shoppers)
    return cards


def _visit(
    recommender: Recommender, liking: dict[str, np.ndarray], start: float, random: np.random.Generator
) -> Iterator[ShownPanel]:
    basket: set[str] = set()
    rejected: set[str] = set()
    mood = int(random.choice(len(LABELS), p=_MOODS))
    for number in range(int(random.integers(1, 7))):
        if random.random() < 0.3:
            mood = int(random.choice(len(LABELS), p=_MOODS))
        shares = random.dirichlet(np.where(np.arange(len(LABELS)) == mood, 6.0, 0.5))
        blend = dict(zip(LABELS, map(float, shares), strict=True))
        label = LABELS[int(shares.argmax())]
        state = ExpressionState(blend, label, 1.0, 0.0)
        panel = recommender.recommend(state, Wishes(basket=frozenset(basket), rejected=frozenset(rejected)))
        flies_by = random.random() < 0.15
        seconds = float(random.uniform(0.2, 0.9) if flies_by else random.uniform(1.0, 15.0))
        lessons = tuple(
            Lesson(
                Reaction(card.product.id, card.product.category, seconds)
                if flies_by
                else _reaction(card, seconds, shares, liking, random),
                card.decision,
            )
            for card in panel.cards
        )
        basket |= {lesson.reaction.product for lesson in lessons if lesson.reaction.basket}
        rejected |= {lesson.reaction.product for lesson in lessons if lesson.reaction.rejected}
        yield ShownPanel(number, start, start + seconds, label, blend, lessons)
        start += seconds


def _reaction(
    card: Card, seconds: float, shares: np.ndarray, liking: dict[str, np.ndarray], random: np.random.Generator
) -> Reaction:
    wish = float(liking[card.product.id] @ shares) - 0.4
    likes = 1 / (1 + np.exp(-4 * wish))
    smile = float(np.clip(shares[LABELS.index("happy")] + 0.3 * (likes - 0.5), 0, 1))
    frown = float(np.clip(shares[0] + shares[2] - 0.3 * (likes - 0.5), 0, 1 - smile))
    basket = bool(random.random() < 0.25 * likes)
    return Reaction(
        card.product.id,
        card.product.category,
        seconds,
        smile * seconds,
        frown * seconds,
        float(shares[LABELS.index("surprise")]) * seconds,
        clicks=int(random.random() < 0.1 + 0.4 * likes),
        basket=basket,
        rejected=bool(not basket and random.random() < 0.2 * (1 - likes)),
    )
