"""Which rows train, which validate, which test: recipes, and the report's balance exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fer_core.data.quality import constant_images, pixel_hashes
from fer_core.data.reading import FerDataset
from fer_core.errors import DatasetError
from fer_core.labels import FER2013_LABELS, LABELS, TAG_TO_POSITION

_HAPPY_TAG: Final = FER2013_LABELS.index("happy")


@dataclass(frozen=True)
class Recipe:
    """How a data set becomes a split.

    Attributes:
        name: what the command line and a run record call it.
        happy_limit: a Training row tagged happy goes once more than this many of them are in, so one more
            than the limit stays (the source report's rule, its figure 8); None keeps all.
        held_back: share in [0, 1) of the Training rows of each label that validates instead of training.
            0: every row that is not Training validates, as in the report.
        clean: leave out single-colour images, and Training rows whose exact pixels are among the held-back rows.
        seed: draws the held-back rows.
    """

    name: str
    happy_limit: int | None = None
    held_back: float = 0.0
    clean: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.held_back < 1:
            raise ValueError(f"Expected a share held back in [0, 1), got {self.held_back}.")
        if self.happy_limit is not None and self.happy_limit < 0:
            raise ValueError(f"Expected a happy limit of at least 0, got {self.happy_limit}.")


#: The recipes that training and ``dataset balance`` know by name.
RECIPES: Final = {
    recipe.name: recipe
    for recipe in (
        Recipe("report", happy_limit=4_000),
        Recipe("release", held_back=0.1, clean=True, seed=2013),
    )
}


@dataclass(frozen=True)
class Split:
    """Positions in a data set (int64, ascending), no position in two of them."""

    train: npt.NDArray[np.int64]
    validation: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        total = len(self.train) + len(self.validation) + len(self.test)
        distinct = len(np.unique(np.concatenate([self.train, self.validation, self.test])))
        if distinct != total:
            raise ValueError(f"Expected no position in two parts, got {total - distinct} of them.")


def find_recipe(name: str) -> Recipe:
    """The recipe of that name; DatasetError lists the valid ones."""
    if name not in RECIPES:
        raise DatasetError(f"There is no recipe named {name!r}; there are {', '.join(RECIPES)}.")
    return RECIPES[name]


def balance(emotion: npt.ArrayLike, usage: npt.ArrayLike, recipe: Recipe) -> Split:
    """Split rows by Usage and label alone (no pixels needed).

    Rows tagged disgust or fear are in no part. With ``held_back`` 0 all rows that are not Training validate and
    the test part is empty; otherwise they are the test part. The same arrays and recipe give the same rows on
    every machine (NumPy's PCG64 stream is fixed).

    Args:
        emotion: (N,) FER-2013 tags 0..6.
        usage: (N,) Usage of each row; a row whose Usage contains "Training" trains.
        recipe: what to do.

    Raises:
        DatasetError: lengths differ or a tag is outside 0..6.
    """
    tags = np.asarray(emotion, dtype=np.int64)
    usages = np.asarray(usage, dtype=np.str_)
    if tags.shape != usages.shape or tags.ndim != 1:
        raise DatasetError(f"Expected one Usage a tag, got shapes {tags.shape} and {usages.shape}.")
    if len(tags) and (tags.min() < 0 or tags.max() >= len(FER2013_LABELS)):
        raise DatasetError(f"Expected tags 0 to {len(FER2013_LABELS) - 1}, got {tags.min()} to {tags.max()}.")
    named = TAG_TO_POSITION[tags] >= 0
    training = np.char.find(usages, "Training") >= 0
    train = named & training
    if recipe.happy_limit is not None:
        happy = np.flatnonzero(train & (tags == _HAPPY_TAG))
        train[happy[recipe.happy_limit + 1 :]] = False
    others = np.flatnonzero(named & ~training)
    nothing = np.empty(0, dtype=np.int64)
    if recipe.held_back == 0:
        return Split(np.flatnonzero(train), others, nothing)
    random = np.random.default_rng(recipe.seed)
    drawn = []
    for tag in np.flatnonzero(TAG_TO_POSITION >= 0):
        rows = np.flatnonzero(train & (tags == tag))
        drawn.append(random.permutation(rows)[: round(len(rows) * recipe.held_back)])
    held = np.sort(np.concatenate(drawn))
    train[held] = False
    return Split(np.flatnonzero(train), held, others)


def split_dataset(dataset: FerDataset, recipe: Recipe) -> Split:
    """Balance a data set and, for a ``clean`` recipe, leave out what its pixels forbid."""
    split = balance(dataset.emotion, dataset.usage, recipe)
    if not recipe.clean:
        return split
    hashes = pixel_hashes(dataset.pixels)
    constant = constant_images(dataset.pixels)
    twins = np.isin(hashes, hashes[split.validation])
    return Split(
        train=split.train[~(constant | twins)[split.train]],
        validation=split.validation[~constant[split.validation]],
        test=split.test,
    )


def count_labels(emotion: npt.NDArray[np.uint8], positions: npt.NDArray[np.int64]) -> dict[str, int]:
    """How many of these positions carry each of LABELS."""
    found = TAG_TO_POSITION[np.asarray(emotion)[positions]]
    return {label: int((found == at).sum()) for at, label in enumerate(LABELS)}
