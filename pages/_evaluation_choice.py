"""The evaluation page's first rows: which model, on which rows, and how it did in four figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from fer_core.data.reading import FerDataset
from fer_core.evaluation.judged import Judged, splits_of
from fer_core.evaluation.judging import Predictions
from fer_core.evaluation.own_pictures import OwnFaces
from fer_core.evaluation.stored import EvaluationCache
from fer_core.model_folder import ModelFolder
from fer_core.settings import Settings
from fer_core.training.runs import RunSummary
from fer_core.vision.classifier import ExpressionClassifier
from pages._dataset_source import registry_of
from pages._evaluation_headline import headline
from pages._evaluation_model import choose_model
from pages._evaluation_own import OWN_ANSWERS, own_faces
from pages._shell import progress_bar
from pages._shopper import classifier
from pages._training_promotion import promotion

STORED: Final = "Stored with the model"
OWN: Final = "Your own pictures"


@dataclass(frozen=True)
class Chosen:
    """What the page is about.

    Attributes:
        model: the model.
        judged: it on the chosen rows.
        again: any other model on the same rows.
    """

    model: ModelFolder
    judged: Judged
    again: Callable[[ModelFolder], Judged]

    @property
    def classifier(self) -> ExpressionClassifier:
        """The model's network, shared by all visitors."""
        return classifier(self.model.identity, self.model)


@st.cache_resource
def _cache(folder: Path) -> EvaluationCache:
    """One cache for all visitors, so that nobody computes a thing twice."""
    return EvaluationCache(folder)


def choose(settings: Settings) -> Chosen | None:
    """The widgets, the judging, and the headline; None where there is nothing to show yet."""
    line = st.container(horizontal=True, vertical_alignment="bottom")
    with line:
        model = choose_model(settings)
    if isinstance(model, RunSummary):
        st.info("This run is not a model yet. Export it, and it is judged here; that takes a minute.")
        promotion(settings, model)
        return None
    with line:
        names = [*(source.name for source in registry_of(settings).sources()), OWN]
        if model.evaluation.exists():
            names.insert(0, STORED)
        if st.session_state.get("evaluation-data") not in names:
            st.session_state.pop("evaluation-data", None)
        data = st.selectbox("Judged on", names, key="evaluation-data", persist_state="session", width=330)
    again = _judging(settings, data, line)
    if again is None:
        return None
    judged = again(model)
    headline(judged)
    return Chosen(model, judged, again)


def _judging(
    settings: Settings, data: str, line: st.delta_generator.DeltaGenerator
) -> Callable[[ModelFolder], Judged] | None:
    """What judges a model on the rows that are chosen; None where none are."""
    if data == STORED:
        return Judged.of_stored
    if data == OWN:
        own = own_faces(settings)
        return None if own is None else _on_own(own)
    registry = registry_of(settings)
    with progress_bar("Reading") as told:
        dataset = registry.open(registry.find(data), told)
    with line:
        rows = _choose_rows(dataset)
    if rows is None:
        st.info("This data set has no rows to judge on.")
        return None
    if rows == "Training":
        st.warning(
            "These are rows that models learn from: the figures say how well they were learnt by heart."
        )
    return _on_dataset(settings, dataset, data, rows)


def _choose_rows(dataset: FerDataset) -> str | None:
    options = splits_of(dataset)
    if not options:
        return None
    if st.session_state.get("evaluation-rows") not in options:
        st.session_state.pop("evaluation-rows", None)
    return str(
        st.selectbox(
            "Rows",
            options,
            key="evaluation-rows",
            persist_state="session",
            help="The source report calls PublicTest and PrivateTest together its validation.",
            width=260,
        )
    )


def _on_dataset(
    settings: Settings, dataset: FerDataset, data: str, split: str
) -> Callable[[ModelFolder], Judged]:
    def judge(model: ModelFolder) -> Judged:
        cache = _cache(settings.home / "cache" / "evaluations")
        with progress_bar(f"Judging {model.name}") as told:
            return Judged.of_split(model, dataset, data, split, cache, told)

    return judge


def _on_own(own: OwnFaces) -> Callable[[ModelFolder], Judged]:
    def judge(model: ModelFolder) -> Judged:
        # Kept in this visit and for nobody else: these are a person's pictures.
        known: dict[tuple[str, str], Predictions] = st.session_state.setdefault(OWN_ANSWERS, {})
        key = (model.identity, own.identity)
        if key not in known:
            with progress_bar(f"Judging {model.name}") as told:
                known[key] = own.judged_by(classifier(model.identity, model), told)
        return Judged.of_own(model, known[key], own)

    return judge
