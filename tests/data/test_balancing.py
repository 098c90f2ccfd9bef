from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.balancing import RECIPES, Recipe, balance, count_labels, row_weights, split_dataset
from fer_core.data.quality import FINDINGS, find
from fer_core.data.reading import FerDataset
from fer_core.data.synthetic import synthetic_sample
from fer_core.errors import DatasetError


def dataset_of(emotion: list[int], usage: list[str], pixels: np.ndarray) -> FerDataset:
    return FerDataset(pixels, np.array(emotion, np.uint8), np.array(usage), np.arange(len(emotion)))


def test_the_report_s_table_to_the_last_row(test_data: Path) -> None:
    with (test_data / "fer2013_labels_all.csv").open() as file:
        rows = list(csv.DictReader(file))
    emotion = np.array([int(row["emotion"]) for row in rows], np.uint8)
    split = balance(emotion, [row["Usage"] for row in rows], RECIPES["report"])
    assert tuple(count_labels(emotion, split.train).values()) == (3995, 4001, 4830, 3171, 4965)
    assert tuple(count_labels(emotion, split.validation).values()) == (958, 1774, 1247, 831, 1233)
    assert (len(split.train), len(split.validation), len(split.test)) == (20_962, 6_043, 0)


@pytest.mark.parametrize(
    ("happy", "stay"),
    [
        pytest.param(4_000, 4_000, id="below the limit nothing goes"),
        pytest.param(4_001, 4_001, id="the report drops once MORE than 4,000 are in"),
        pytest.param(4_002, 4_001, id="the first to go is the 4,002nd"),
    ],
)
def test_the_happy_limit_is_the_report_s(happy: int, stay: int) -> None:
    split = balance([3] * happy + [3], ["Training"] * happy + ["PublicTest"], RECIPES["report"])
    assert split.train.tolist() == list(range(stay))
    assert split.validation.tolist() == [happy]


def test_disgust_and_fear_are_in_no_part() -> None:
    split = balance([1, 2, 0, 1, 2], ["Training"] * 3 + ["PublicTest"] * 2, RECIPES["report"])
    assert split.train.tolist() == [2]
    assert len(split.validation) == 0


def test_held_back_rows_come_from_training_label_by_label_and_public_rows_only_test() -> None:
    emotion = [0, 3, 4, 5, 6] * 40 + [0, 3]
    usage = ["Training"] * 200 + ["PublicTest", "PrivateTest"]
    recipe = Recipe("r", held_back=0.25, seed=7)
    split = balance(emotion, usage, recipe)
    assert count_labels(np.array(emotion, np.uint8), split.validation) == dict.fromkeys(
        ("angry", "happy", "sad", "surprise", "neutral"), 10
    )
    assert split.test.tolist() == [200, 201]
    assert len(split.train) == 150
    again = balance(emotion, usage, recipe)
    assert (split.validation == again.validation).all()
    assert (split.validation != balance(emotion, usage, Recipe("r", held_back=0.25, seed=8)).validation).any()


def test_a_clean_recipe_leaves_out_single_colours_and_twins_of_held_back_rows() -> None:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (40, 48, 48)).astype(np.uint8)
    pixels[20:] = pixels[:20]
    pixels[5] = 9
    dataset = dataset_of([3] * 40, ["Training"] * 40, pixels)
    split = split_dataset(dataset, Recipe("r", held_back=0.3, clean=True, seed=1))
    held = {pixels[at].tobytes() for at in split.validation}
    assert held
    assert not held & {pixels[at].tobytes() for at in split.train}
    assert 5 not in set(split.train) | set(split.validation)
    plain = split_dataset(dataset, Recipe("r", held_back=0.3, seed=1))
    assert len(plain.train) + len(plain.validation) == 40


@pytest.mark.parametrize(
    ("emotion", "usage", "sentence"),
    [
        pytest.param([0, 1], ["Training"], "one Usage a tag", id="lengths differ"),
        pytest.param([7], ["Training"], "tags 0 to 6", id="a tag beyond the last"),
        pytest.param([-1], ["Training"], "tags 0 to 6", id="a negative tag"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(emotion: list[int], usage: list[str], sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        balance(emotion, usage, RECIPES["report"])


def test_no_rows_give_an_empty_split() -> None:
    split = balance([], [], RECIPES["report"])
    assert (len(split.train), len(split.validation), len(split.test)) == (0, 0, 0)


#: Tags of five labels, uneven, and two that no recipe uses.
UNEVEN = np.repeat([0, 1, 2, 3, 4, 5, 6], [30, 5, 9, 80, 40, 20, 50]).astype(np.uint8)


def counts_of(recipe: Recipe) -> tuple[int, ...]:
    split = balance(UNEVEN, ["Training"] * len(UNEVEN), recipe)
    return tuple(count_labels(UNEVEN, split.train).values())


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        pytest.param(Recipe("r"), (30, 80, 40, 20, 50), id="as is"),
        pytest.param(Recipe("r", method="undersample"), (20, 20, 20, 20, 20), id="down to the rarest"),
        pytest.param(Recipe("r", method="oversample"), (80, 80, 80, 80, 80), id="up to the most frequent"),
        pytest.param(Recipe("r", caps=(35,) * 5), (30, 35, 35, 20, 35), id="one cap"),
        pytest.param(Recipe("r", caps=(1, 99, 40, 19, 2)), (1, 80, 40, 19, 2), id="a cap of its own"),
        pytest.param(Recipe("r", caps=(35,) * 5, method="oversample"), (35,) * 5, id="a cap, then more"),
        pytest.param(Recipe("r", happy_limit=49), (30, 50, 40, 20, 50), id="the report's rule"),
    ],
)
def test_each_way_to_balance(recipe: Recipe, expected: tuple[int, ...]) -> None:
    assert counts_of(recipe) == expected


def test_oversampling_keeps_every_row_and_undersampling_repeats_none() -> None:
    usage = ["Training"] * len(UNEVEN)
    more = balance(UNEVEN, usage, Recipe("r", method="oversample")).train
    assert set(more) == set(np.flatnonzero(~np.isin(UNEVEN, (1, 2))))
    fewer = balance(UNEVEN, usage, Recipe("r", method="undersample")).train
    assert len(set(fewer)) == len(fewer)


@pytest.mark.parametrize("method", ["undersample", "oversample"])
def test_a_seed_draws_the_same_rows_and_another_others(method: str) -> None:
    usage = ["Training"] * len(UNEVEN)

    def rows(seed: int) -> bytes:
        return balance(UNEVEN, usage, Recipe("r", method=method, seed=seed)).train.tobytes()  # type: ignore[arg-type]

    assert rows(3) == rows(3)
    assert rows(3) != rows(4)


def test_drawn_rows_are_the_same_on_every_machine() -> None:
    # The value itself is the promise: a saved recipe gives these rows wherever it is used.
    split = balance(
        UNEVEN, ["Training"] * len(UNEVEN), Recipe("r", method="undersample", held_back=0.1, seed=5)
    )
    assert split.train[:12].tolist() == [1, 3, 4, 5, 7, 8, 11, 13, 14, 18, 20, 21]
    assert split.validation[:6].tolist() == [2, 9, 19, 58, 63, 68]


def test_labels_without_rows_are_no_reason_to_fail() -> None:
    tags = np.array([3, 3, 4], np.uint8)
    for method in ("undersample", "oversample"):
        split = balance(tags, ["Training"] * 3, Recipe("r", method=method))  # type: ignore[arg-type]
        assert set(tags[split.train]) == {3, 4}


def test_class_weights_make_every_label_count_the_same() -> None:
    positions = np.flatnonzero(~np.isin(UNEVEN, (1, 2)))
    weights = row_weights(UNEVEN, positions)
    sums = [weights[UNEVEN[positions] == tag].sum() for tag in (0, 3, 4, 5, 6)]
    assert np.allclose(sums, len(positions) / 5)
    assert row_weights(UNEVEN, np.array([31])).tolist() == [1.0]


def test_rows_that_the_crowd_gives_to_one_of_the_five_train_too_but_never_validate() -> None:
    #        neutral happy surprise sad anger disgust fear contempt unknown NF
    voted = [0, 0, 6, 0, 0, 0, 4, 0, 0, 0]
    split_crowd = [5, 0, 5, 0, 0, 0, 0, 0, 0, 0]
    emotion = np.array([2, 2, 2, 1, 3, 4], np.uint8)
    votes = np.array([voted, split_crowd, voted, voted, voted, voted], np.uint8)
    usage = np.array(["Training", "Training", "PublicTest", "Training", "Training", "PublicTest"])
    pixels = np.arange(6, dtype=np.uint8)[:, None, None] * np.ones((1, 48, 48), np.uint8)
    dataset = FerDataset(pixels, emotion, usage, np.arange(6), votes)
    split = split_dataset(dataset, Recipe("r", voted_rows=True))
    assert split.train.tolist() == [0, 3, 4]
    assert split.validation.tolist() == [5]
    assert split_dataset(dataset, Recipe("r")).train.tolist() == [4]
    without = dataclasses.replace(dataset, votes=None)
    assert split_dataset(without, Recipe("r", voted_rows=True)).train.tolist() == [4]
    assert "crowd" in Recipe("r", voted_rows=True).sentence()


def test_every_finding_can_be_left_out_and_what_is_known_is_not_sought_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = synthetic_sample()
    everything = split_dataset(sample, Recipe("all"))
    for name in FINDINGS:
        finding = find(sample, name, np.array([20, 30]) if name == "label_errors" else None)
        recipe = Recipe("r", exclude=(name,), label_errors=(20, 30) if name == "label_errors" else ())
        split = split_dataset(sample, recipe)
        assert set(everything.train) - set(split.train) == set(everything.train) & set(finding.excluded)
        monkeypatch.setattr("fer_core.data.balancing.find", None)
        known = split_dataset(sample, recipe, {name: finding})
        monkeypatch.undo()
        assert known.train.tobytes() == split.train.tobytes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"held_back": 1.0},
        {"happy_limit": -1},
        {"caps": (1, 2)},
        {"caps": (1, 2, 3, 4, 0)},
        {"method": "magic"},
        {"exclude": ("ugly",)},
    ],
    ids=str,
)
def test_a_recipe_checks_itself(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Recipe("r", **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (RECIPES["report"], "happy up to 4,001"),
        (RECIPES["release"], "10% of them held back"),
        (Recipe("r", caps=(9,) * 5), "at most 9 a label"),
        (Recipe("r", caps=(1, 2, 3, 4, 5)), "at most 1 angry, 2 happy"),
        (Recipe("r", method="oversample"), "as often as the most frequent"),
        (Recipe("r", class_weights=True), "weighed"),
        (Recipe("r", exclude=("constant", "crowd")), "without single-colour images, rows the crowd"),
        (Recipe("r", seed=42), "(seed 42)."),
    ],
)
def test_a_recipe_is_one_sentence(recipe: Recipe, words: str) -> None:
    assert words in recipe.sentence()
    assert recipe.sentence().count(".") == 1
