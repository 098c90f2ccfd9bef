"""A contextual bandit over products: it shows what it believes in, tries what it does not know, and learns from rewards.

Vowpal Wabbit does the learning (``cb_explore_adf`` with SquareCB, Foster and Rakhlin 2020,
https://arxiv.org/abs/2002.04926); this file is all that knows of it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import vowpalwabbit

from fer_core.labels import LABELS

#: SquareCB explores in inverse proportion to the gap to the best; a larger scale explores less. Chosen, with the rest
#: of this line, on seeds that benchmarks/recommender.py does not use.
_ARGUMENTS: Final = "--cb_explore_adf --squarecb --gamma_scale 2 --cb_type mtr -q EI -q EC -b 16 --quiet"
_WORD: Final = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class Item:
    """What the bandit knows of a product: its id, its category and its price, euros."""

    id: str
    category: str
    price: float = 0.0


@dataclass(frozen=True)
class Decision:
    """A card that was chosen, as it has to be known to learn from it.

    Attributes:
        blend: shares of LABELS when it was chosen, or None without a face.
        offered: what could have stood there.
        chosen: which of them does, by its place in ``offered``.
        probability: how probable that was, in (0, 1]; above a half it is what the bandit believes in.
    """

    blend: Mapping[str, float] | None
    offered: tuple[Item, ...]
    chosen: int
    probability: float

    def __post_init__(self) -> None:
        if not 0 <= self.chosen < len(self.offered):
            raise ValueError(f"Expected one of {len(self.offered)} items, got number {self.chosen}.")
        if not 0 < self.probability <= 1:
            raise ValueError(f"Expected a probability in (0, 1], got {self.probability}.")

    @property
    def item(self) -> Item:
        """The item that was chosen."""
        return self.offered[self.chosen]


class Bandit:
    """A policy that learns. Not thread-safe: one session, one bandit."""

    def __init__(self, seed: int = 0, weights: bytes | None = None, *, sees: bool = True) -> None:
        """
        Args:
            seed: of the draws; the same seed and history choose the same.
            weights: those of ``weights()``; None knows nothing yet.
            sees: whether it may use the expression; without, it is the blind one that benchmarks compare with.
        """
        self._sees = sees
        self._random = np.random.default_rng(seed)
        if weights is None:
            self._learner = vowpalwabbit.Workspace(f"{_ARGUMENTS} --random_seed {seed}")
        else:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "weights"
                path.write_bytes(weights)
                self._learner = vowpalwabbit.Workspace(f"--quiet -i {path} --random_seed {seed}")

    def probabilities(
        self, blend: Mapping[str, float] | None, items: Sequence[Item]
    ) -> npt.NDArray[np.float64]:
        """How probable each item is to be shown, (N,), summing to 1; most of it lies on the one it believes in."""
        given = np.asarray(self._learner.predict([self._shared(blend), *map(_line, items)]), dtype=np.float64)
        return given / given.sum()

    def draw(self, blend: Mapping[str, float] | None, items: Sequence[Item]) -> Decision:
        """Draw one of the items, at least one; a panel draws place after place from what is left."""
        shares = self.probabilities(blend, items)
        at = int(self._random.choice(len(items), p=shares))
        return Decision(blend, tuple(items), at, min(float(shares[at]), 1.0))

    def learn(self, decision: Decision, reward: float) -> None:
        """Take in what came of a decision; ``reward`` in [-1, 1].

        Raises:
            ValueError: a reward outside of that.
        """
        if not -1 <= reward <= 1:
            raise ValueError(f"Expected a reward in [-1, 1], got {reward}.")
        lines = [_line(item) for item in decision.offered]
        # Vowpal Wabbit minimises costs. The probability it is told is 1, whatever it was: the paper's regression weighs
        # every reward the same (its algorithm 1), and weights of 1 / probability made it swing. What it was stays in
        # the decision, for whoever judges the policy later.
        lines[decision.chosen] = f"0:{-reward:.5f}:1 {lines[decision.chosen]}"
        self._learner.learn([self._shared(decision.blend), *lines])

    def weights(self) -> bytes:
        """What it has learnt, for another bandit to begin with."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights"
            self._learner.save(str(path))
            return path.read_bytes()

    def _shared(self, blend: Mapping[str, float] | None) -> str:
        if not self._sees or blend is None:
            return "shared |E unknown:1"
        return "shared |E " + " ".join(f"{label}:{blend[label]:.4f}" for label in LABELS)


@lru_cache(maxsize=10_000)
def _line(item: Item) -> str:
    # Spaces, bars and colons mean something to Vowpal Wabbit, and an id is somebody's text.
    price = "free" if item.price <= 0 else f"p{int(np.log2(item.price + 1))}"
    return f"|I i{_safe(item.id)} |C c{_safe(item.category)} {price}"


def _safe(text: str) -> str:
    return _WORD.sub(lambda found: f"x{ord(found.group()):x}_", text)
