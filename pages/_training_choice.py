"""The training page's form: data, recipe, preset, what is changed of it, and the start."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fer_core.data.balancing import RECIPES, Recipe
from fer_core.data.recipe_book import RecipeBook, find_recipe
from fer_core.errors import FerError, TrainingError
from fer_core.settings import Settings
from fer_core.training.overrides import differences
from fer_core.training.plan import Plan, ask_for_plan
from fer_core.training.presets import PRESETS
from fer_core.training.request import TrainingRequest
from fer_core.training.runs import RunSummary, start_run
from pages._dataset_source import registry_of
from pages._training_settings import change_preset

#: The order people meet the presets in.
_WORDS = {
    "tiny": "a few thousand parameters, trained in seconds: for trying the page",
    "report": "the source report's network and settings",
    "release": "what made the shipped model facet: labels and crowd votes learnt side by side",
}


def choose_and_start(settings: Settings, runs: Sequence[RunSummary]) -> None:
    """Everything one chooses, the layers and time on request, and the button that starts."""
    registry = registry_of(settings)
    left, middle, right = st.columns(3)
    with left:
        source = registry.find(
            st.selectbox("Data set", [each.name for each in registry.sources()], key="training-source")
        )
    with middle:
        preset = st.selectbox(
            "Preset",
            [*_WORDS, *(name for name in PRESETS if name not in _WORDS)],
            key="training-preset",
        )
        st.caption(_WORDS.get(preset, ""))
    base = PRESETS[preset]
    with right:
        names = [*RECIPES, *RecipeBook(settings.recipes).names()]
        recipe = st.selectbox(
            "Recipe", names, index=names.index(base.recipe), key=f"training-recipe-{preset}"
        )
    changed, seed, limit = change_preset(base)
    if not find_recipe(recipe, settings.recipes).held_back:
        st.caption(
            f"The recipe {recipe} holds no rows back: what validates is also reported, so no epoch is picked on it, the "
            "last one is kept, and early stopping is off."
        )
    run_name = st.text_input(
        "Name of the run", _free_name(preset, settings), max_chars=60,
        help="a-z, 0-9, dot, dash, underscore", key=f"run-name-{preset}",
    )  # fmt: skip
    csv, votes = registry.files_of(source)
    request = TrainingRequest(
        csv=csv,
        preset=preset,
        run_dir=settings.runs / _checked(run_name),
        votes=votes,
        recipe=recipe,
        limit=limit,
        seed=seed,
        changes=differences(changed, base),
    )
    busy = any(run.live for run in runs)
    with st.container(horizontal=True):
        if not settings.public and st.button(
            "Start" if not busy else "Add to the queue", type="primary", icon=":material/play_arrow:"
        ):
            run = start_run(request)
            st.session_state["watched"] = run.name
            # The next run gets a free name of its own.
            st.session_state.pop(f"run-name-{preset}", None)
            st.session_state["go_to_watch"] = True
            st.rerun()
        # Building a network takes a processor for seconds, which strangers must not ask for.
        show = not settings.public and st.button("Show layers and time an epoch", icon=":material/timer:")
    if settings.public:
        st.caption("Starting a run is switched off in the public demo.")
    if show:
        _show_plan(request, busy=busy)


def _free_name(preset: str, settings: Settings) -> str:
    day = time.strftime("%m%d")
    number = 1
    while (settings.runs / f"{preset}-{day}-{number}").exists():
        number += 1
    return f"{preset}-{day}-{number}"


def _checked(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}", name.strip()):
        raise TrainingError(f"A run's name is made of a-z, 0-9, dot, dash and underscore, got {name!r}.")
    return name.strip()


@st.cache_data(max_entries=20, show_spinner="Building the network and timing a few steps")
def _plan(request: TrainingRequest, recipe: Recipe, changed: float) -> Plan:  # noqa: ARG001 - parts of the key
    return ask_for_plan(request)


def _show_plan(request: TrainingRequest, *, busy: bool) -> None:
    try:
        plan = _plan(request, request.settled()[1], request.csv.stat().st_mtime)
    except FerError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.caption(f":material/memory: {plan.device}")
    columns = st.columns(4)
    columns[0].metric("Parameters", f"{plan.parameters:,}")
    columns[1].metric("Training rows", f"{plan.train_rows:,}")
    if plan.faces_per_second and plan.seconds_per_epoch:
        columns[2].metric("Faces a second", f"{plan.faces_per_second:,.0f}")
        columns[3].metric("An epoch", f"{plan.seconds_per_epoch:,.0f} s")
        st.caption(
            "Timed on a few training steps; validation comes on top."
            + (" Another run took its share meanwhile." if busy else "")
        )
    st.dataframe(
        pd.DataFrame(
            {
                "layer": [layer.name for layer in plan.layers],
                "kind": [layer.kind for layer in plan.layers],
                "output": [" x ".join(map(str, layer.shape)) for layer in plan.layers],
                "parameters": [layer.parameters for layer in plan.layers],
            }
        ),
        hide_index=True,
        width="stretch",
        height=400,
    )
