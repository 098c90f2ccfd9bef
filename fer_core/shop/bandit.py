"""A contextual bandit over products: it shows what it believes in, tries what it does not know, and learns from rewards.

Two regressions guess the reward of a product: one knows the product alone, the other the expression as well. How far
the second is trusted follows from how well each guessed before (fixed share, Herbster and Warmuth 1998): where
expressions tell nothing, nothing is lost by looking at them. SquareCB draws by the mix of both (Foster and Rakhlin 2020,
https://arxiv.org/abs/2002.04926). Vowpal Wabbit does the learning and the drawing; this file is all that knows of it.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeGuard

import numpy as np
import numpy.typing as npt
import vowpalwabbit

from fer_core.labels import LABELS

#: Chosen, with all the numbers here, on seeds that benchmarks/recommender.py does not use.
#: Vowpal Wabbit makes 256 examples beforehand for a parser of its own, 6 MB a learner, none of which is used here.
_SMALL: Final = "--quiet --example_queue_limit 8"
_PLAIN: Final = f"--cb_adf --cb_type mtr -b 16 {_SMALL}"
_SEEING: Final = f"{_PLAIN} -q EI -q EC"
#: SquareCB explores in inverse proportion to the gap to the best; a larger scale explores less.
_EXPLORER: Final = f"--cb_explore_adf --squarecb --gamma_scale 2 --cb_type mtr -b 16 {_SMALL}"
#: 1 / (2 * variance) of a reward of 0 or 1; the larger, the sooner the better guesser is trusted.
_LEARNING_RATE: Final = 2.5
#: So much trust goes round at every reward, so that whoever guesses better of late can win it back.
_SHARE: Final = 0.0005
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
        #: Of the one that sees, against the one that knows the product alone.
        self._trust = 0.5
        arguments = (_PLAIN, _SEEING, _EXPLORER)
        if weights is None:
            learners = [vowpalwabbit.Workspace(f"{each} --random_seed {seed}") for each in arguments]
        else:
            with (
                np.load(io.BytesIO(weights), allow_pickle=False) as kept,
                tempfile.TemporaryDirectory() as folder,
            ):
                self._trust = float(kept["trust"])
                learners = []
                for name in _LEARNERS:
                    path = Path(folder) / name
                    path.write_bytes(kept[name].tobytes())
                    learners.append(vowpalwabbit.Workspace(f"{_SMALL} -i {path} --random_seed {seed}"))
        self._plain, self._seeing, self._explorer = learners
        self._guessed_for: tuple[float, ...] | None = None
        self._guesses: dict[Item, tuple[float, float]] = {}

    def probabilities(
        self, blend: Mapping[str, float] | None, items: Sequence[Item]
    ) -> npt.NDArray[np.float64]:
        """How probable each item is to be shown, (N,), summing to 1; most of it lies on the one it believes in."""
        mixed = self._mixed(self._guess(blend, items), blend)
        given = np.asarray(self._explorer.predict(_by_guess(mixed)), dtype=np.float64)
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
        # Vowpal Wabbit minimises costs. The probability it is told is 1, whatever it was: SquareCB's regression weighs
        # every reward the same (the paper's algorithm 1), and weights of 1 / probability made it swing. What it was
        # stays in the decision, for whoever judges the policy later.
        label = f"0:{-reward:.5f}:1 "
        blend, at = decision.blend, decision.chosen
        guesses = self._guess(blend, decision.offered)
        self._explorer.learn(_labelled(_by_guess(self._mixed(guesses, blend)), at, label))
        lines = [_line(item) for item in decision.offered]
        self._plain.learn(_labelled(["shared |B all:1", *lines], at, label))
        if self._uses(blend):
            self._seeing.learn(_labelled([_shared(blend), *lines], at, label))
            plain, seeing = np.exp(-_LEARNING_RATE * (guesses[at] - reward) ** 2)
            trust = self._trust * seeing / (self._trust * seeing + (1 - self._trust) * plain)
            self._trust = float(_SHARE / 2 + (1 - _SHARE) * trust)
        self._guesses.clear()

    def weights(self) -> bytes:
        """What it has learnt, for another bandit to begin with."""
        kept: dict[str, Any] = {"trust": np.array(self._trust)}
        with tempfile.TemporaryDirectory() as folder:
            for name, learner in zip(_LEARNERS, (self._plain, self._seeing, self._explorer), strict=True):
                path = Path(folder) / name
                learner.save(str(path))
                kept[name] = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        file = io.BytesIO()
        np.savez(file, **kept)
        return file.getvalue()

    def _uses(self, blend: Mapping[str, float] | None) -> TypeGuard[Mapping[str, float]]:
        return self._sees and blend is not None

    def _guess(self, blend: Mapping[str, float] | None, items: Sequence[Item]) -> npt.NDArray[np.float64]:
        """(N, 2) the reward of each item as the two regressions guess it.

        Kept until something is learnt or the expression changes: a panel asks six times for nearly the same items.
        """
        wanted = tuple(blend[label] for label in LABELS) if self._uses(blend) else None
        if wanted != self._guessed_for:
            self._guesses.clear()
            self._guessed_for = wanted
        if new := [item for item in items if item not in self._guesses]:
            lines = [_line(item) for item in new]
            plain = self._plain.predict(["shared |B all:1", *lines])
            seeing = self._seeing.predict([_shared(blend), *lines]) if self._uses(blend) else plain
            self._guesses |= {
                item: (-one, -other) for item, one, other in zip(new, plain, seeing, strict=True)
            }
        return np.array([self._guesses[item] for item in items])

    def _mixed(
        self, guesses: npt.NDArray[np.float64], blend: Mapping[str, float] | None
    ) -> npt.NDArray[np.float64]:
        trust = self._trust if self._uses(blend) else 0.0
        return np.asarray(guesses @ (1 - trust, trust))


#: Under which names what they have learnt is kept.
_LEARNERS: Final = ("plain", "seeing", "explorer")


def _shared(blend: Mapping[str, float]) -> str:
    return "shared |E " + " ".join(f"{label}:{blend[label]:.4f}" for label in LABELS)


def _by_guess(mixed: npt.NDArray[np.float64]) -> list[str]:
    return ["shared |B all:1", *(f"|S guess:{value:.5f}" for value in mixed)]


def _labelled(lines: list[str], at: int, label: str) -> list[str]:
    """The lines of an example, its first line shared, with the label before item number ``at``."""
    lines[at + 1] = label + lines[at + 1]
    return lines


@lru_cache(maxsize=10_000)
def _line(item: Item) -> str:
    # Spaces, bars and colons mean something to Vowpal Wabbit, and an id is somebody's text.
    price = "free" if item.price <= 0 else f"p{int(np.log2(item.price + 1))}"
    return f"|I i{_safe(item.id)} |C c{_safe(item.category)} {price}"


def _safe(text: str) -> str:
    return _WORD.sub(lambda found: f"x{ord(found.group()):x}_", text)
