"""The dataset page's faces: filtered and paged, their means, their light, and a map of them."""

from __future__ import annotations

import streamlit as st

from fer_core.charts.data_figures import light_by_label
from fer_core.charts.faces import face_grid
from fer_core.data.exploring import ORDERS, Filters, caption, mean_faces, select
from fer_core.data.reading import USAGES, FerDataset
from fer_core.labels import FER2013_LABELS
from pages._dataset_map import map_of_faces

#: Faces on one page.
SHOWN = 48


def faces_tab(dataset: FerDataset) -> None:
    """Everything about faces; a change in one part redraws that part only."""
    _browse(dataset)
    st.subheader("Mean faces", anchor=False)
    st.caption("The mean of all faces of a label: how FER-2013 frames a face, and what sets a label apart.")
    means = mean_faces(dataset)
    st.html(face_grid(list(means.values()), list(means)))
    _light(dataset)
    st.subheader("A map of faces", anchor=False)
    map_of_faces(dataset)


@st.fragment
def _browse(dataset: FerDataset) -> None:
    splits = [usage for usage in USAGES if (dataset.usage == usage).any()]
    left, right = st.columns(2, gap="large")
    usages = left.pills(
        "Splits", splits, selection_mode="multi", wrap=True, key="usages", persist_state="session"
    )
    labels = left.pills(
        "Labels", FER2013_LABELS, selection_mode="multi", wrap=True, key="labels", persist_state="session"
    )
    voted = dataset.votes is not None
    orders = ORDERS if voted else ORDERS[:-1]
    order = right.selectbox("Order", orders, key="order", persist_state="session")
    low, high = 0, 100
    if voted:
        low, high = right.slider(
            "Crowd agreement with the label",
            0,
            100,
            (0, 100),
            5,
            "%d%%",
            key="agree",
            persist_state="session",
        )
    agreement = (low / 100, high / 100) if (low, high) != (0, 100) else None
    found = select(dataset, Filters(tuple(usages), tuple(labels), agreement, order))
    pages = max(1, -(-len(found) // SHOWN))
    # Another choice of faces begins at its first page.
    chosen = (dataset.fingerprint, tuple(usages), tuple(labels), agreement, order)
    if st.session_state.get("browsed") != chosen:
        st.session_state.update(browsed=chosen, face_page=0)
    number = min(st.session_state.get("face_page", 0), pages - 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, icon, to in (
            ("Previous", ":material/chevron_left:", number - 1),
            ("Next", ":material/chevron_right:", number + 1),
        ):
            st.button(
                name,
                icon=icon,
                disabled=not 0 <= to < pages,
                on_click=st.session_state.update,
                kwargs={"face_page": to},
            )
        first = number * SHOWN
        shown = found[first : first + SHOWN]
        st.markdown(
            f"**{first + 1:,} to {first + len(shown):,}** of {len(found):,} faces"
            if len(found)
            else "**No faces**"
        )
    if len(found):
        st.html(face_grid(list(dataset.pixels[shown]), caption(dataset, shown)))
    else:
        st.info("No row passes these filters. Take one away.")


@st.fragment
def _light(dataset: FerDataset) -> None:
    st.subheader("Light", anchor=False)
    measure = st.segmented_control(
        "Measure", ("brightness", "contrast"), default="brightness", required=True, key="measure"
    )
    st.caption(
        "Mean grey value of a face."
        if measure == "brightness"
        else "Standard deviation of a face's grey values."
    )
    st.plotly_chart(
        light_by_label(dataset, str(measure)),
        width="stretch",
        config={"displayModeBar": False},
        alt=f"The spread of {measure} of each label's faces",
    )
