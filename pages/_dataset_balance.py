"""The dataset page's balance: choose it, see before and after, save it as a recipe that training takes by name."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import streamlit as st

from fer_core.charts.data_figures import before_and_after
from fer_core.data.balancing import RECIPES, Recipe, Split, class_weights, count_labels, split_dataset
from fer_core.data.label_errors import LabelErrorStore
from fer_core.data.quality import Finding
from fer_core.data.reading import FerDataset
from fer_core.labels import LABELS
from fer_core.settings import Settings
from pages._dataset_quality import WORDS, excluded, findings_of
from pages._dataset_recipes import save_recipe

#: What people choose -> the recipe's rule.
METHODS = {
    "As is": Recipe("as-is"),
    "The report's": RECIPES["report"],
    "Undersample": Recipe("undersample", method="undersample"),
    "Oversample": Recipe("oversample", method="oversample"),
}


@st.cache_data(max_entries=16, show_spinner="Balancing")
def _split(identity: str, recipe: Recipe, _dataset: FerDataset, _findings: dict[str, Finding]) -> Split:  # noqa: ARG001
    return split_dataset(_dataset, recipe, _findings)


def balance_tab(dataset: FerDataset, files: tuple[Path, Path | None], settings: Settings) -> None:
    """The recipe's widgets on the left, what it makes of the data on the right, saved recipes below."""
    findings = findings_of(dataset, settings)
    left, right = st.columns([2, 3], gap="large")
    with left:
        recipe = _choose(dataset, findings, settings)
    split = _split(dataset.identity, recipe, dataset, findings)
    plain = _split(dataset.identity, Recipe("as-is"), dataset, {})
    before, after = count_labels(dataset.emotion, plain.train), count_labels(dataset.emotion, split.train)
    with right:
        st.markdown(f"**{recipe.sentence()}**")
        st.plotly_chart(
            before_and_after(before, after),
            width="stretch",
            config={"displayModeBar": False},
            alt="Training rows of each label, before and after balancing",
        )
        st.dataframe(_numbers(dataset, recipe, split, before), width="stretch", height="content")
    save_recipe(dataset, recipe, split, files, settings)


def _choose(dataset: FerDataset, findings: dict[str, Finding], settings: Settings) -> Recipe:
    method = st.radio("Balance", METHODS, key="balance", persist_state="session")
    weights = st.toggle(
        "Class weights",
        key="weights",
        persist_state="session",
        help="Every label counts the same in the loss, however many rows it has.",
    )
    most = max(
        count_labels(dataset.emotion, _split(dataset.identity, METHODS["As is"], dataset, {}).train).values()
    )
    each = st.toggle("A cap of its own for each label", key="own-caps", persist_state="session")
    names = LABELS if each else ("each label",)
    caps = [
        st.slider(
            f"At most, {name}",
            1,
            max(most, 2),
            max(most, 2),
            key=f"cap-{name}-{most}",
            persist_state="session",
        )
        for name in names
    ]
    held = st.slider(
        "Held back from Training to validate",
        0, 30, 0, 5, "%d%%",
        key="held",
        persist_state="session",
        help="0: all rows that are not Training validate, as in the report. More: those rows stay untouched for the test.",
    )  # fmt: skip
    seed = int(st.number_input("Seed", 0, 2**31 - 1, 2013, key="seed", persist_state="session"))
    out = tuple(name for name in excluded() if name in findings)
    st.caption(
        "Left out: "
        + (", ".join(WORDS[name][0].lower() for name in out) if out else "nothing; see the tab Quality.")
    )
    errors = LabelErrorStore(settings.label_errors).load(dataset) if "label_errors" in out else None
    return dataclasses.replace(
        METHODS[method],
        class_weights=weights,
        caps=() if min(caps) >= most else tuple(caps if each else caps * len(LABELS)),
        held_back=held / 100,
        seed=seed,
        exclude=out,
        label_errors=tuple(sorted(errors.rows.tolist())) if errors is not None else (),
    )


def _numbers(dataset: FerDataset, recipe: Recipe, split: Split, before: dict[str, int]) -> pd.DataFrame:
    table = pd.DataFrame({"as is": before}, index=list(LABELS))
    for part in ("train", "validation", "test"):
        counts = count_labels(dataset.emotion, getattr(split, part))
        if sum(counts.values()):
            table[part] = counts
    table.loc["all"] = table.sum()
    if recipe.class_weights:
        table["weight"] = pd.Series(class_weights(dataset.emotion, split.train)).round(2)
    return table
