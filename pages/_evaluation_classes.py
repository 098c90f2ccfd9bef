"""The evaluation page's classes: the confusion matrix, one class against the rest, the table, and a cell's faces."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from fer_core.charts.evaluation_figures import SHOWN, confusion
from fer_core.evaluation.class_table import ClassFigures
from fer_core.evaluation.judged import NO_ANSWER, Judged
from fer_core.evaluation.report import class_rows
from fer_core.evaluation.source_report import REPORTED_CLASSES
from fer_core.evaluation.summary import table_of
from fer_core.labels import LABELS
from fer_core.settings import Settings
from pages._evaluation_choice import Chosen
from pages._evaluation_faces import faces_of
from pages._shell import errors_as_sentences

_LABEL, _ANSWER, _MATRIX = "cell-label", "cell-answer", "matrix"

_FOUR = """<style>
.facet-four{{display:grid;grid-template-columns:1fr 1fr;gap:.5rem}}
.facet-four div{{border-radius:.6rem;padding:.7rem .8rem;background:rgba(128,128,140,.12)}}
.facet-four .right{{background:rgba(47,111,94,.2)}}.facet-four b{{font-size:1.35rem;display:block}}
.facet-four span{{font-size:.85rem;opacity:.85}}
</style><div class="facet-four">{cells}</div>"""


def classes_tab(settings: Settings, chosen: Chosen) -> None:  # noqa: ARG001 - every tab takes both
    """Where the model errs."""
    _matrix(chosen)
    st.subheader("Class by class", anchor=False)
    _table(chosen.judged)
    _report_s_own()


@st.fragment
def _matrix(chosen: Chosen) -> None:
    judged = chosen.judged
    metrics = judged.metrics
    left, right = st.columns([3, 2], gap="large")
    answers = [*LABELS, NO_ANSWER] if metrics.unanswered.any() else list(LABELS)
    if st.session_state.get(_ANSWER) not in answers:
        st.session_state.pop(_ANSWER, None)
    with left:
        shown = st.segmented_control("Show", SHOWN, default=SHOWN[0], required=True, key="matrix-shown")
        # The boxes below know the cell; they are drawn after the matrix.
        cell = (
            str(st.session_state.get(_LABEL, LABELS[0])),
            str(st.session_state.get(_ANSWER, answers[-1])),
        )
        st.plotly_chart(
            confusion(metrics.confusion_matrix, metrics.unanswered, shown or SHOWN[0], cell),
            width="stretch",
            config={"displayModeBar": False},
            on_select=_take_over,
            selection_mode="points",
            key=_MATRIX,
            alt="Confusion matrix, rows labels, columns answers; pick a cell to see its faces",
        )
    with right:
        label = st.selectbox("One class against the rest", LABELS, key="one-class")
        figures = next(each for each in table_of(judged).classes if each.label == label)
        st.html(_four(figures))
    st.subheader("The faces of a cell", anchor=False)
    st.caption("Click a cell of the matrix, or choose it here.")
    with st.container(horizontal=True):
        st.selectbox("Labelled", LABELS, key=_LABEL, width=200)
        st.selectbox("Answered", answers, index=len(answers) - 1, key=_ANSWER, width=200)
    with errors_as_sentences():
        faces_of(chosen, judged.cell(st.session_state[_LABEL], st.session_state[_ANSWER]), "cell")


def _take_over() -> None:
    """A click on a cell moves the two boxes there."""
    points = st.session_state[_MATRIX].selection.points
    if points:
        label, answer = (str(value) for value in points[0]["customdata"][:2])
        st.session_state.update({_LABEL: label, _ANSWER: answer})


def _four(figures: ClassFigures) -> str:
    label = escape(figures.label)
    cells = "".join(
        f'<div class="{kind}"><b>{count:,}</b>{name}<br><span>{words}</span></div>'
        for kind, count, name, words in (
            ("right", figures.tp, "true positive", f"labelled {label}, answered {label}"),
            ("", figures.fn, "false negative, type II error", f"labelled {label}, answered otherwise"),
            ("", figures.fp, "false positive, type I error", f"labelled otherwise, answered {label}"),
            ("right", figures.tn, "true negative", f"neither labelled nor answered {label}"),
        )
    )
    words = (
        f"<p>Precision {figures.precision}: of the answers {label}, the share that is right.<br>"
        f"Recall {figures.recall}: of the faces labelled {label}, the share that is found.</p>"
    )
    return _FOUR.format(cells=cells) + words


@st.fragment
def _table(judged: Judged) -> None:
    beta = st.slider(
        "Beta: how many times as much recall counts as precision",
        0.1,
        5.0,
        0.5,
        0.1,
        key="beta",
        persist_state="session",
        width=420,
    )
    heads, rows = class_rows(judged, beta)
    st.dataframe(
        pd.DataFrame(rows, columns=["class", *heads[1:]]),
        hide_index=True,
        width="stretch",
        column_config={"class": st.column_config.TextColumn(pinned=True)},
    )
    st.caption(
        f"F{beta:g}: recall counts {beta:g} times as much as precision. Each figure with its 95 % interval: Wilson's for precision and recall, resampled rows for the F figures. "
        f"n = {len(judged.predictions.row):,}, {judged.rows}. A mean leaves out what is undefined."
    )


def _report_s_own() -> None:
    with st.expander("The source report's own table, on 74 pictures"):
        st.dataframe(
            pd.DataFrame(
                {
                    "class": [each.label for each in REPORTED_CLASSES],
                    "precision": [str(each.precision) for each in REPORTED_CLASSES],
                    "recall": [str(each.recall) for each in REPORTED_CLASSES],
                    "F1": [f"{each.f(1):.3f}" for each in REPORTED_CLASSES],
                    "F2": [f"{each.f(2):.3f}" for each in REPORTED_CLASSES],
                    "pictures": [each.support for each in REPORTED_CLASSES],
                }
            ),
            hide_index=True,
            width="stretch",
        )
        st.caption(
            "Counts follow from its rounded figures: no other whole numbers give them. It says that F2 equals F1 because "
            "as many answers are false positives as false negatives. That holds for all classes pooled, where both equal "
            "the accuracy; class by class, as the table shows, it does not. Its pictures are not ours, so the two "
            "tables compare loosely."
        )
