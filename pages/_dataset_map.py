"""The dataset page's map of faces: similar ones lie close, and picked points show their faces."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from fer_core.charts.data_figures import face_map
from fer_core.charts.faces import face_grid
from fer_core.data.exploring import FaceMap, Filters, caption, map_faces, select
from fer_core.data.reading import FerDataset
from fer_core.labels import FER2013_LABELS
from pages._shell import errors_as_sentences

#: Picked faces shown at most.
SHOWN = 48


@st.cache_data(max_entries=8, show_spinner="Placing the faces")
def _placed(
    identity: str,  # noqa: ARG001 - names the data set, which is not hashed
    method: Any,
    labels: tuple[str, ...],
    most: int,
    _dataset: FerDataset,
) -> FaceMap:
    return map_faces(_dataset, select(_dataset, Filters(labels=labels)), method, most=most)


@st.fragment
def map_of_faces(dataset: FerDataset) -> None:
    """The map with its widgets, and the faces of the points that are picked on it."""
    st.caption(
        "Similar faces lie close. Pick points, or draw a box or a lasso around some, to see their faces."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.segmented_control("Method", ("PCA", "t-SNE"), default="PCA", required=True, key="method")
        most = st.select_slider(
            "Faces, drawn at random", (200, 500, 1_000, 2_000), 500, key="mapped", width=260
        )
        labels = st.pills(
            "Labels on the map",
            FER2013_LABELS,
            selection_mode="multi",
            wrap=True,
            key="map-labels",
            default=("happy", "sad", "surprise"),
        )
    with errors_as_sentences():
        placed = _placed(dataset.identity, method, tuple(labels), most, dataset)
    event: Any = st.plotly_chart(
        face_map(dataset, placed),
        width="stretch",
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["toImage", "zoomIn2d", "zoomOut2d", "autoScale2d"],
        },
        on_select="rerun",
        key="map",
        alt="Faces as points, similar ones close together",
    )
    picked = np.array([point["customdata"][0] for point in event.selection.points[:SHOWN]], dtype=np.int64)
    if len(picked):
        total = len(event.selection.points)
        st.markdown(f"**{total:,} picked**" + (f", the first {SHOWN} shown" if total > SHOWN else ""))
        st.html(face_grid(list(dataset.pixels[picked]), caption(dataset, picked)))
