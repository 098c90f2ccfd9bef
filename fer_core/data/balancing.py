"""Which rows train, which validate, which test: recipes, and the report's balance exactly."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from fer_core.data.quality import FINDINGS, Finding, constant_images, find, pixel_hashes
from fer_core.data.reading import FerDataset
from fer_core.errors import DatasetError
from fer_core.labels import FER2013_LABELS, LABELS, TAG_TO_POSITION, five_votes

METHODS: Final = ("all", "undersample", "oversample")

#: What leaving a finding out is called in a sentence.
FINDING_WORDS: Final = {
    "constant": "single-colour images",
    "duplicates": "copies",
    "cross_split": "copies of other splits' rows",
    "conflicting": "copies under different labels",
    "near_duplicates": "near copies",
    "crowd": "rows the crowd names differently",
    "label_errors": "likely label errors",
}

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
        method: "all" rows that are left; "undersample": each label as often as the rarest, drawn by seed;
            "oversample": each label as often as the most frequent, by repeating rows drawn by seed.
        caps: at most this many training rows of each of LABELS, drawn by seed, before the method; none keeps all.
        class_weights: weigh each training row by N / (5 * rows of its label), so that every label counts the same.
        exclude: findings (quality.FINDINGS) whose rows neither train nor are held back.
        voted_rows: also train on rows tagged disgust or fear of which more than half of the FER+ votes name one of
            LABELS; they teach what the crowd says and are neither counted, resampled nor held back.
        label_errors: row numbers that the finding "label_errors" leaves out; they belong to one data set.
        data: fingerprint of the data set a saved recipe was made on; empty for none.
        seed: draws what is drawn.
    """

    name: str
    happy_limit: int | None = None
    held_back: float = 0.0
    clean: bool = False
    seed: int = 0
    method: Literal["all", "undersample", "oversample"] = "all"
    caps: tuple[int, ...] = ()
    class_weights: bool = False
    exclude: tuple[str, ...] = ()
    voted_rows: bool = False
    label_errors: tuple[int, ...] = ()
    data: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.held_back < 1:
            raise ValueError(f"Expected a share held back in [0, 1), got {self.held_back}.")
        if self.happy_limit is not None and self.happy_limit < 0:
            raise ValueError(f"Expected a happy limit of at least 0, got {self.happy_limit}.")
        if self.caps and (len(self.caps) != len(LABELS) or min(self.caps) < 1):
            raise ValueError(f"Expected a cap of at least 1 for each of {LABELS}, got {self.caps}.")
        if self.method not in METHODS:
            raise ValueError(f"Expected a method of {METHODS}, got {self.method!r}.")
        if unknown := set(self.exclude) - set(FINDINGS):
            raise ValueError(f"Expected findings of {FINDINGS}, got {sorted(unknown)}.")

    def sentence(self) -> str:
        """The recipe in one sentence."""
        parts = ["The five labels' Training rows"]
        if self.exclude:
            parts.append(f"without {', '.join(FINDING_WORDS[name] for name in self.exclude)}")
        if self.clean:
            parts.append("without single-colour images and copies of validation rows")
        if self.happy_limit is not None:
            parts.append(f"happy up to {self.happy_limit + 1:,}")
        if self.caps and len(set(self.caps)) == 1:
            parts.append(f"at most {self.caps[0]:,} a label")
        elif self.caps:
            caps = (f"{cap:,} {label}" for label, cap in zip(LABELS, self.caps, strict=True))
            parts.append(f"at most {', '.join(caps)}")
        if self.method != "all":
            parts.append(
                "every label as often as the "
                + ("rarest" if self.method == "undersample" else "most frequent")
            )
        if self.voted_rows:
            parts.append("with the disgust and fear rows that the crowd gives to one of the five")
        if self.class_weights:
            parts.append("weighed so that every label counts the same")
        if self.held_back:
            parts.append(f"{self.held_back:.0%} of them held back to validate and all other rows to test")
        else:
            parts.append("all other rows validate")
        return ", ".join(parts) + f" (seed {self.seed})."


#: The recipes that training and ``dataset balance`` know by name.
RECIPES: Final = {
    recipe.name: recipe
    for recipe in (
        Recipe("report", happy_limit=4_000),
        Recipe(
            "release",
            held_back=0.1,
            clean=True,
            exclude=("constant", "duplicates"),
            voted_rows=True,
            seed=2013,
        ),
    )
}


@dataclass(frozen=True)
class Split:
    """Positions in a data set (int64, ascending), none in two parts; an oversampled train repeats some."""

    train: npt.NDArray[np.int64]
    validation: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        parts = [np.unique(self.train), self.validation, self.test]
        total = sum(map(len, parts))
        distinct = len(np.unique(np.concatenate(parts)))
        if distinct != total:
            raise ValueError(f"Expected no position in two parts, got {total - distinct} of them.")


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
    return _balance(emotion, usage, recipe, None)


def _balance(
    emotion: npt.ArrayLike, usage: npt.ArrayLike, recipe: Recipe, allowed: npt.NDArray[np.bool_] | None
) -> Split:
    tags = np.asarray(emotion, dtype=np.int64)
    usages = np.asarray(usage, dtype=np.str_)
    if tags.shape != usages.shape or tags.ndim != 1:
        raise DatasetError(f"Expected one Usage a tag, got shapes {tags.shape} and {usages.shape}.")
    if len(tags) and (tags.min() < 0 or tags.max() >= len(FER2013_LABELS)):
        raise DatasetError(f"Expected tags 0 to {len(FER2013_LABELS) - 1}, got {tags.min()} to {tags.max()}.")
    named = TAG_TO_POSITION[tags] >= 0
    training = np.char.find(usages, "Training") >= 0
    train = named & training
    if allowed is not None:
        train &= allowed
    if recipe.happy_limit is not None:
        happy = np.flatnonzero(train & (tags == _HAPPY_TAG))
        train[happy[recipe.happy_limit + 1 :]] = False
    others = np.flatnonzero(named & ~training)
    nothing = np.empty(0, dtype=np.int64)
    if recipe.held_back == 0:
        return Split(_resample(train, tags, recipe), others, nothing)
    random = np.random.default_rng(recipe.seed)
    drawn = []
    for tag in np.flatnonzero(TAG_TO_POSITION >= 0):
        rows = np.flatnonzero(train & (tags == tag))
        drawn.append(random.permutation(rows)[: round(len(rows) * recipe.held_back)])
    held = np.sort(np.concatenate(drawn))
    train[held] = False
    return Split(_resample(train, tags, recipe), held, others)


def _resample(
    train: npt.NDArray[np.bool_], tags: npt.NDArray[np.int64], recipe: Recipe
) -> npt.NDArray[np.int64]:
    """The positions that train, ascending: capped, then fewer or repeated as the recipe's method says."""
    if not recipe.caps and recipe.method == "all":
        return np.flatnonzero(train)
    # A stream of its own for each label, so that one label's rows do not depend on another's.
    streams = {
        tag: np.random.default_rng([recipe.seed, tag])
        for tag in map(int, np.flatnonzero(TAG_TO_POSITION >= 0))
    }
    rows = {tag: np.flatnonzero(train & (tags == tag)) for tag in streams}
    if recipe.caps:
        rows = {
            tag: streams[tag].permutation(found)[: recipe.caps[TAG_TO_POSITION[tag]]]
            for tag, found in rows.items()
        }
    sizes = [len(found) for found in rows.values() if len(found)]
    if sizes and recipe.method == "undersample":
        rows = {tag: streams[tag].permutation(found)[: min(sizes)] for tag, found in rows.items()}
    if sizes and recipe.method == "oversample":
        rows = {
            tag: np.concatenate([found, streams[tag].choice(found, max(sizes) - len(found))])
            for tag, found in rows.items()
            if len(found)
        }
    return np.sort(np.concatenate(list(rows.values())))


def split_dataset(
    dataset: FerDataset, recipe: Recipe, findings: Mapping[str, Finding] | None = None
) -> Split:
    """Split a data set: leave out the recipe's findings, balance, and for a ``clean`` recipe drop what leaks.

    Args:
        dataset: the rows.
        recipe: what to do.
        findings: findings of these rows that are known already, by name; what is missing is sought.

    Raises:
        DatasetError: a finding cannot be made on this data set, or the recipe's label errors belong to another.
    """
    allowed = _allowed(dataset, recipe, findings or {})
    split = _balance(dataset.emotion, dataset.usage, recipe, allowed)
    if recipe.voted_rows and dataset.votes is not None:
        voted = _voted_rows(dataset)
        if allowed is not None:
            voted &= allowed
        split = dataclasses.replace(
            split, train=np.sort(np.concatenate([split.train, np.flatnonzero(voted)]))
        )
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


def _voted_rows(dataset: FerDataset) -> npt.NDArray[np.bool_]:
    """(N,) True for Training rows of another label of which more than half of the votes name one of LABELS."""
    assert dataset.votes is not None
    majority = five_votes(dataset.votes).max(axis=1) * 2 > dataset.votes.sum(axis=1, dtype=np.int64)
    return (TAG_TO_POSITION[dataset.emotion] < 0) & (dataset.usage == "Training") & majority


def _allowed(
    dataset: FerDataset, recipe: Recipe, findings: Mapping[str, Finding]
) -> npt.NDArray[np.bool_] | None:
    """(N,) False for rows that a finding leaves out; None where the recipe leaves none out."""
    if not recipe.exclude:
        return None
    allowed = np.ones(len(dataset), dtype=bool)
    for name in recipe.exclude:
        if name == "label_errors":
            if recipe.data and recipe.data != dataset.fingerprint:
                raise DatasetError(
                    f"The recipe {recipe.name!r} names likely label errors of another data set. Use it on the data it "
                    "was saved for, or save it again without them."
                )
            # The recipe's own list, so that it leaves out the same rows wherever no job has run.
            allowed &= ~np.isin(dataset.row, recipe.label_errors)
            continue
        finding = findings[name] if name in findings else find(dataset, name)
        allowed[finding.excluded] = False
    return allowed


def class_weights(emotion: npt.NDArray[np.uint8], positions: npt.NDArray[np.int64]) -> dict[str, float]:
    """Weight of each of LABELS among these rows: N / (K * rows of the label), K labels being present (the
    "balanced" rule of scikit-learn's compute_class_weight); 1 for a label without rows."""
    counts = count_labels(emotion, positions)
    total, present = sum(counts.values()), sum(count > 0 for count in counts.values())
    return {label: total / (present * count) if count else 1.0 for label, count in counts.items()}


def row_weights(emotion: npt.NDArray[np.uint8], positions: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """(len(positions),) ``class_weights`` of each row; a row of none of LABELS weighs 1."""
    weights = np.array([*class_weights(emotion, positions).values(), 1.0], dtype=np.float32)
    return weights[TAG_TO_POSITION[np.asarray(emotion)[positions]]]


def count_labels(emotion: npt.NDArray[np.uint8], positions: npt.NDArray[np.int64]) -> dict[str, int]:
    """How many of these positions carry each of LABELS."""
    found = TAG_TO_POSITION[np.asarray(emotion)[positions]]
    return {label: int((found == at).sum()) for at, label in enumerate(LABELS)}
