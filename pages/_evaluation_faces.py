"""Faces of an evaluation: a page of them, and for one of them what its answer rests on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.charts.faces import face_grid, heat_on_face
from fer_core.evaluation.judged import Judged
from fer_core.evaluation.occlusion import occlusion_map
from fer_core.labels import LABELS
from pages._evaluation_choice import Chosen

#: Faces shown at most.
SHOWN = 36


def faces_of(chosen: Chosen, places: npt.NDArray[np.int64], key: str) -> None:
    """Some of the judged faces with their answers, and why one of them was answered so."""
    judged = chosen.judged
    if not len(places):
        st.info("No face lies here.")
        return
    number = f"**{len(places):,} face{'' if len(places) == 1 else 's'}**"
    if judged.faces is None:
        st.markdown(number)
        st.info(
            "The model carries its answers but not the faces, which may not be passed on. Choose a data set under "
            "*Judged on* to see them; *Dataset* adds one."
        )
        return
    st.markdown(number + (f", the {SHOWN} surest shown" if len(places) > SHOWN else ""))
    shown = places[:SHOWN]
    captions = judged.captions(shown)
    st.html(face_grid(list(judged.faces[shown]), captions))
    seen = shown[judged.predictions.seen[shown]]
    if len(seen):
        _why(chosen, judged, seen, key)


def _why(chosen: Chosen, judged: Judged, places: npt.NDArray[np.int64], key: str) -> None:
    with st.expander("Why this answer?", icon=":material/search:"):
        with st.container(horizontal=True):
            at = st.selectbox(
                "Face",
                places.tolist(),
                format_func=lambda place: judged.captions(np.array([place]))[0],
                key=f"why-face-{key}",
                width=420,
            )
            answer = int(judged.predictions.answer[at])
            label = st.selectbox("What speaks for", LABELS, answer, key=f"why-label-{key}-{at}", width=200)
        assert judged.faces is not None
        found = occlusion_map(chosen.classifier, judged.faces[at], label)
        probability = float(judged.predictions.probabilities[at, LABELS.index(label)])
        st.html(heat_on_face(judged.faces[at], found, f"What speaks for {label}"))
        strongest = float(np.abs(found).max())
        st.caption(
            f"The face was covered piece by piece. Orange: covering it lowers the probability of {label} "
            f"({probability:.0%} as it is); blue: covering it raises it. The strongest colour is a change of "
            f"{strongest:.0%}. It tells what the answer rests on, not whether it is right."
        )
