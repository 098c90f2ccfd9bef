"""The evaluation page's first rows: which model, on which rows, and how it did in four figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from fer_core.data.reading import USAGES, FerDataset
from fer_core.errors import EvaluationError, FerError
from fer_core.evaluation.estimates import Estimate
from fer_core.evaluation.judged import Judged
from fer_core.evaluation.judging import Predictions
from fer_core.evaluation.own_pictures import OwnFaces
from fer_core.evaluation.source_report import (
    REPORTED_PICTURES,
    REPORTED_VALIDATION,
    REPORTED_VALIDATION_PEAK,
    REPORTED_VALIDATION_ROWS,
)
from fer_core.evaluation.stored import EvaluationCache
from fer_core.evaluation.summary import leak_figures, table_of
from fer_core.model_folder import ModelFolder, active_model, find_model, model_names
from fer_core.settings import Settings
from fer_core.training.runs import RunSummary, list_runs
from fer_core.vision.classifier import ExpressionClassifier
from pages._dataset_source import registry_of
from pages._evaluation_own import OWN_ANSWERS, own_faces
from pages._shell import progress_bar
from pages._shopper import classifier
from pages._training_promotion import promotion

STORED: Final = "Stored with the model"
OWN: Final = "Your own pictures"
_RUN: Final = "run "

#: Choices of rows of a data set -> their Usages.
_ROWS: Final = {
    "PublicTest": ("PublicTest",),
    "PrivateTest": ("PrivateTest",),
    "PublicTest and PrivateTest": ("PublicTest", "PrivateTest"),
    "Training": ("Training",),
}


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
        model = _choose_model(settings)
        if isinstance(model, RunSummary):
            st.info("This run is not a model yet. Export it, and it is judged here; that takes a minute.")
            promotion(settings, model)
            return None
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
    _headline(judged, own=data == OWN)
    return Chosen(model, judged, again)


def _judging(
    settings: Settings, data: str, line: st.delta_generator.DeltaGenerator
) -> Callable[[ModelFolder], Judged] | None:
    """What judges a model on the rows that are chosen; None where none are."""
    if data == STORED:
        return _judge_stored
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


def _choose_model(settings: Settings) -> ModelFolder | RunSummary:
    names = model_names(settings)
    runs: dict[str, RunSummary] = {}
    if not settings.public:
        runs = {
            f"{_RUN}{run.run.name}": run
            for run in list_runs(settings.runs)
            if run.releasable and run.record.get("model") not in names
        }
    options = [*names, *runs]
    try:
        first = options.index(active_model(settings).name)
    except (FerError, ValueError):
        first = 0
    if st.session_state.get("evaluation-model") not in options:
        st.session_state.pop("evaluation-model", None)
    name = st.selectbox("Model", options, first, key="evaluation-model", persist_state="session", width=260)
    return runs[name] if name in runs else find_model(name, settings)


def _choose_rows(dataset: FerDataset) -> str | None:
    there = {usage for usage in USAGES if (dataset.usage == usage).any()}
    options = [name for name, usages in _ROWS.items() if set(usages) <= there]
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


def _judge_stored(model: ModelFolder) -> Judged:
    if not model.evaluation.exists():
        raise EvaluationError(
            f"The model {model.name!r} carries no stored predictions; choose a data set to judge it on."
        )

    predictions = Predictions.load(model.evaluation)
    file = (model.card.get("data") or {}).get("file")
    words = f"PublicTest of {file}" if file else "PublicTest of the data it was judged on"
    return Judged.of_dataset(model, f"{words}, five classes, original labels", predictions, None)


def _on_dataset(
    settings: Settings, dataset: FerDataset, data: str, rows: str
) -> Callable[[ModelFolder], Judged]:
    def judge(model: ModelFolder) -> Judged:
        with progress_bar(f"Judging {model.name}") as told:
            found = _cache(settings.home / "cache" / "evaluations").judge(model, dataset, _ROWS[rows], told)
        words = f"{rows} of {data}, five classes, original labels"
        return Judged.of_dataset(model, words, found, dataset)

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


def _headline(judged: Judged, *, own: bool) -> None:
    table = table_of(judged)
    known = judged.predictions
    with st.container(horizontal=True):
        # Two beside each other on a phone.
        columns = [st.container(width=170) for _ in range(4)]
    _metric(columns[0], "Accuracy", table.accuracy)
    _metric(columns[1], "Macro F1", table.means[0].f1)
    _metric(columns[2], "Macro F2", table.means[0].f2)
    if own:
        columns[3].metric("No face found", f"{int((~known.seen).sum()):,} of {len(known.row):,}")
        columns[3].caption("They count as wrong.")
    else:
        _metric(columns[3], "Without leaked rows", leak_figures(judged)[1].estimate)
    pictures = REPORTED_PICTURES
    st.caption(
        (
            f"The source report, on 74 pictures of its own: {pictures.value:.0%} ({pictures.low:.0%} to "
            f"{pictures.high:.0%})."
            if own
            else f"The source report, on PublicTest and PrivateTest together (n = {REPORTED_VALIDATION_ROWS:,}), which "
            f"it also watched while training: about {REPORTED_VALIDATION:.0%}, at its peak "
            f"{REPORTED_VALIDATION_PEAK:.0%}."
        )
        + f" Rows here: {judged.rows}."
    )


def _metric(column: st.delta_generator.DeltaGenerator, name: str, estimate: Estimate) -> None:
    column.metric(name, "undefined" if estimate.value is None else f"{estimate.value:.1%}")
    if estimate.low is not None and estimate.high is not None:
        column.caption(f"95 % interval {estimate.low:.1%} to {estimate.high:.1%}, n = {estimate.n:,}")
