from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.balancing import RECIPES, Recipe, balance, count_labels, split_dataset
from fer_core.data.reading import FerDataset
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
