"""The dataset page's recipes: save one, see the saved ones, take one away."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path

import streamlit as st

from fer_core.data.balancing import Recipe, Split
from fer_core.data.reading import FerDataset
from fer_core.data.recipe_book import RecipeBook
from fer_core.errors import DatasetError
from fer_core.settings import Settings


def save_recipe(
    dataset: FerDataset, recipe: Recipe, split: Split, files: tuple[Path, Path | None], settings: Settings
) -> None:
    """The form, the command that trains with what was saved, and the saved recipes."""
    book = RecipeBook(settings.recipes)
    st.subheader("Save the recipe", anchor=False)
    if settings.public:
        st.caption("Saving is switched off in the public demo.")
        return
    with st.form("save", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", "balanced", max_chars=40, width=300, help="a-z, 0-9, dot, dash, underscore"
        )
        if st.form_submit_button("Save", type="primary", icon=":material/save:"):
            saved = book.save(dataclasses.replace(recipe, name=name.strip()), dataset, split)
            st.session_state["saved"] = saved.recipe.name
    if saved_name := st.session_state.get("saved"):
        st.success(f"Saved as **{saved_name}**. Train with it:")
        st.code(_command(files, saved_name, settings.runs), language="bash", wrap_lines=True)
    for name in book.names():
        _saved(book, name)


def _command(files: tuple[Path, Path | None], recipe: str, runs: Path) -> str:
    data, votes = files
    words = ["python", "-m", "fer_core", "train", str(data), "--preset", "release", "--recipe", recipe]
    return shlex.join([*words, *(["--votes", str(votes)] if votes else []), "--run-dir", str(runs / recipe)])


def _saved(book: RecipeBook, name: str) -> None:
    """One saved recipe: what it does, its JSON, and a way to delete it."""
    try:
        saved = book.load(name)
    except DatasetError as error:
        st.warning(str(error))
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        train = sum(saved.counts["train"].values())
        st.markdown(
            f"**{saved.recipe.name}**, {saved.created}, {train:,} training rows  \n{saved.recipe.sentence()}",
            width="stretch",
        )
        st.download_button(
            "JSON",
            json.dumps(dataclasses.asdict(saved), indent=1),
            f"{saved.recipe.name}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
            key=f"json-{name}",
        )
        if st.button("Delete", icon=":material/delete:", key=f"delete-{name}"):
            _confirm_deletion(book, name)


@st.dialog("Delete this recipe?")
def _confirm_deletion(book: RecipeBook, name: str) -> None:
    st.write(f"Every version of **{name}** goes. Runs trained with it keep their own copy.")
    if st.button("Delete", type="primary", key="confirm-deletion"):
        book.delete(name)
        st.session_state.pop("saved", None)
        st.rerun()
