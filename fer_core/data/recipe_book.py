"""Recipes by name: the built-in ones, and those people saved under FACET_HOME."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fer_core.data.balancing import RECIPES, Recipe, Split, count_labels
from fer_core.data.reading import FerDataset
from fer_core.errors import DatasetError
from fer_core.file_store import folder_lock, write_atomically

#: Holds the highest version that was ever given to a name.
_LAST: Final = "last-version"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


@dataclass(frozen=True)
class SavedRecipe:
    """A recipe somebody saved: ``NAME@VERSION``.

    Attributes:
        recipe: its ``name`` is ``NAME@VERSION``, and its ``data`` the fingerprint it was saved on.
        version: counted from 1.
        created: date, UTC.
        counts: what it made of the data then: part -> label -> rows.
    """

    recipe: Recipe
    version: int
    created: str
    counts: dict[str, dict[str, int]]


class RecipeBook:
    """The recipes saved in a folder, one JSON file a version; none is ever overwritten."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> tuple[str, ...]:
        """Names of the saved recipes, sorted."""
        return tuple(sorted(path.name for path in self._folder.glob("*") if self._versions(path.name)))

    def save(self, recipe: Recipe, dataset: FerDataset, split: Split) -> SavedRecipe:
        """Save a recipe as the next version of its name, with the fingerprint of its data.

        Raises:
            DatasetError: the name is a built-in recipe's or cannot be a folder's, or nothing can be written.
        """
        name = recipe.name
        if not _NAME.fullmatch(name):
            raise DatasetError(
                f"A recipe's name is made of a-z, 0-9, dot, dash and underscore, at most 40 of them, got {name!r}."
            )
        if name in RECIPES:
            raise DatasetError(f"{name!r} is a recipe that comes with Facet; choose another name.")
        folder = self._folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Two who save at once get two versions, and a version that was deleted is never given again.
            with folder_lock(folder):
                version = max([*self._versions(name), _number(_read(folder / _LAST))]) + 1
                saved = _saved(recipe, version, dataset, split)
                write_atomically(folder / _LAST, str(version))
                write_atomically(folder / f"{version}.json", json.dumps(dataclasses.asdict(saved), indent=1))
        except OSError as error:
            raise DatasetError(f"The recipe cannot be written to {folder}: {error.strerror}.") from error
        return saved

    def load(self, name: str) -> SavedRecipe:
        """A saved recipe: ``NAME`` for its newest version, ``NAME@VERSION`` for that one.

        Raises:
            DatasetError: there is none, or its file is damaged.
        """
        plain, _, wanted = name.partition("@")
        versions = self._versions(plain)
        version = _number(wanted) if wanted else max(versions, default=0)
        if version not in versions:
            known = ", ".join((*RECIPES, *self.names()))
            raise DatasetError(f"There is no recipe named {name!r}; there are {known}.")
        path = self._folder / plain / f"{version}.json"
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            fields: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in content["recipe"].items()
            }
            return SavedRecipe(Recipe(**fields), version, content["created"], content["counts"])
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DatasetError(f"The saved recipe {path} is damaged: {error}.") from error

    def delete(self, name: str) -> None:
        """Remove every version of a saved recipe."""
        for version in self._versions(name):
            (self._folder / name / f"{version}.json").unlink(missing_ok=True)

    def _versions(self, name: str) -> list[int]:
        if not _NAME.fullmatch(name):
            return []
        return sorted(
            number for path in (self._folder / name).glob("*.json") if (number := _number(path.stem))
        )


def _saved(recipe: Recipe, version: int, dataset: FerDataset, split: Split) -> SavedRecipe:
    return SavedRecipe(
        recipe=dataclasses.replace(recipe, name=f"{recipe.name}@{version}", data=dataset.fingerprint),
        version=version,
        created=datetime.now(UTC).strftime("%Y-%m-%d"),
        counts={
            part: count_labels(dataset.emotion, getattr(split, part))
            for part in ("train", "validation", "test")
        },
    )


def _number(text: str) -> int:
    """The version a text names, or 0, which is none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def find_recipe(name: str, folder: Path) -> Recipe:
    """A recipe by name: a built-in one, or one saved in ``folder``; DatasetError lists the valid names."""
    return RECIPES[name] if name in RECIPES else RecipeBook(folder).load(name).recipe
