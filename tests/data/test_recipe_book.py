from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.balancing import RECIPES, Recipe, split_dataset
from fer_core.data.reading import FerDataset
from fer_core.data.recipe_book import RecipeBook, find_recipe
from fer_core.data.synthetic import synthetic_sample
from fer_core.errors import DatasetError

RICH = Recipe(
    "rich",
    held_back=0.2,
    seed=7,
    method="oversample",
    caps=(20, 30, 40, 50, 60),
    class_weights=True,
    exclude=("constant", "duplicates", "label_errors"),
    label_errors=(5, 9),
)


@pytest.fixture(scope="module")
def sample() -> FerDataset:
    return synthetic_sample()


@pytest.fixture
def book(tmp_path: Path) -> RecipeBook:
    return RecipeBook(tmp_path / "recipes")


def test_a_saved_recipe_gives_the_same_rows_bit_for_bit(book: RecipeBook, sample: FerDataset) -> None:
    split = split_dataset(sample, RICH)
    saved = book.save(RICH, sample, split)
    assert saved.recipe.name == "rich@1"
    assert saved.recipe.data == sample.fingerprint
    loaded = book.load("rich")
    assert loaded == saved
    again = split_dataset(sample, loaded.recipe)
    for part in ("train", "validation", "test"):
        assert getattr(again, part).tobytes() == getattr(split, part).tobytes()
    assert sum(loaded.counts["train"].values()) == len(split.train)


def test_saving_again_is_the_next_version_and_the_old_one_stays(book: RecipeBook, sample: FerDataset) -> None:
    for seed in (1, 2):
        recipe = Recipe("mine", seed=seed)
        book.save(recipe, sample, split_dataset(sample, recipe))
    assert [book.load(name).recipe.seed for name in ("mine@1", "mine@2", "mine")] == [1, 2, 2]
    assert book.names() == ("mine",)


@pytest.mark.parametrize(
    "name", ["", "Upper", "../up", "a/b", "a@2", "x" * 41, ".hidden", "report", "release"]
)
def test_a_name_that_cannot_be_used_is_refused(name: str, book: RecipeBook, sample: FerDataset) -> None:
    recipe = Recipe(name)
    with pytest.raises(DatasetError, match="name"):
        book.save(recipe, sample, split_dataset(sample, recipe))


@pytest.mark.parametrize("name", ["gone", "mine@9", "mine@x", "../mine", "", "@1"])
def test_an_unknown_recipe_lists_the_names(name: str, book: RecipeBook, sample: FerDataset) -> None:
    book.save(Recipe("mine"), sample, split_dataset(sample, Recipe("mine")))
    with pytest.raises(DatasetError, match="report, release, mine"):
        book.load(name)


@pytest.mark.parametrize("content", ["{", "[]", '{"recipe": {"name": "x", "held_back": 3}}', '{"recipe": 1}'])
def test_a_damaged_recipe_is_one_sentence(
    content: str, book: RecipeBook, sample: FerDataset, tmp_path: Path
) -> None:
    book.save(Recipe("mine"), sample, split_dataset(sample, Recipe("mine")))
    (tmp_path / "recipes" / "mine" / "1.json").write_text(content)
    with pytest.raises(DatasetError, match="damaged"):
        book.load("mine")


def test_a_deleted_recipe_is_gone(book: RecipeBook, sample: FerDataset) -> None:
    book.save(Recipe("mine"), sample, split_dataset(sample, Recipe("mine")))
    book.delete("mine")
    book.delete("../mine")
    assert book.names() == ()


def test_a_deleted_version_is_never_given_again(book: RecipeBook, sample: FerDataset) -> None:
    split = split_dataset(sample, Recipe("mine"))
    book.save(Recipe("mine"), sample, split)
    book.delete("mine")
    assert book.save(Recipe("mine"), sample, split).recipe.name == "mine@2"


def test_those_who_save_at_once_get_a_version_each(book: RecipeBook, sample: FerDataset) -> None:
    split = split_dataset(sample, Recipe("mine"))
    with ThreadPoolExecutor(4) as pool:
        saved = list(pool.map(lambda _: book.save(Recipe("mine"), sample, split).version, range(8)))
    assert sorted(saved) == list(range(1, 9))


@pytest.mark.parametrize("version", ["9" * 5_000, "0", "-1", "²", "1.0", ""])
def test_a_version_that_is_none_is_one_sentence(version: str, book: RecipeBook, sample: FerDataset) -> None:
    book.save(Recipe("mine"), sample, split_dataset(sample, Recipe("mine")))
    if version:
        with pytest.raises(DatasetError, match="no recipe named"):
            book.load(f"mine@{version}")
    else:
        assert book.load("mine@").version == 1


def test_find_recipe_knows_both_kinds(book: RecipeBook, sample: FerDataset, tmp_path: Path) -> None:
    book.save(Recipe("mine"), sample, split_dataset(sample, Recipe("mine")))
    assert find_recipe("report", tmp_path / "recipes") == RECIPES["report"]
    assert find_recipe("mine@1", tmp_path / "recipes").name == "mine@1"


def test_label_errors_of_other_data_are_refused(book: RecipeBook, sample: FerDataset) -> None:
    saved = book.save(RICH, sample, split_dataset(sample, RICH))
    with pytest.raises(DatasetError, match="another data set"):
        split_dataset(synthetic_sample(seed=1), saved.recipe)


def test_a_folder_that_cannot_be_written_is_one_sentence(sample: FerDataset, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file")
    with pytest.raises(DatasetError, match="cannot be written"):
        RecipeBook(tmp_path / "blocked").save(Recipe("mine"), sample, split_dataset(sample, Recipe("mine")))


def test_excluded_label_errors_are_the_recipe_s_own(sample: FerDataset) -> None:
    recipe = Recipe("errors", exclude=("label_errors",), label_errors=(5, 9))
    rows = sample.row[split_dataset(sample, recipe).train]
    everything = sample.row[split_dataset(sample, Recipe("all")).train]
    assert set(everything) - set(rows) == {5, 9} & set(np.asarray(everything).tolist())
