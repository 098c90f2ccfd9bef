"""Overview: which model answers and how well, which data and which device are here."""

from __future__ import annotations

import streamlit as st

from fer_core.charts.model_figures import recall_by_class
from fer_core.errors import FerError
from fer_core.evaluation.summary import figures_of_card
from fer_core.model_folder import ModelFolder, active_model, find_model, model_names
from fer_core.settings import Settings
from fer_core.system import describe_data, describe_device
from fer_core.vision.detectors import available_detectors
from pages._evaluation_tables import figure_table
from pages._shell import page


def _figures(folder: ModelFolder) -> None:
    """The first two figures large, all of them with their rows in a table."""
    figures = folder.card.get("figures", [])
    if not figures:
        st.info("This model carries no figures: nobody has judged it on FER-2013's PublicTest rows.")
        return
    for column, figure in zip(st.columns(2), figures[:2], strict=False):
        column.metric(figure["name"].capitalize(), f"{figure['value']:.1%}", border=True)
        column.caption(f"95 % interval {figure['low']:.1%} to {figure['high']:.1%}, n = {figure['n']:,}")
    with st.expander("All figures and the rows behind them"):
        figure_table(figures_of_card(folder.card))


def _model(settings: Settings) -> None:
    folder = active_model(settings)
    st.subheader(f"The model that answers: {folder.name}", anchor=False)
    st.write(folder.card.get("description", ""))
    _figures(folder)


def _comparison(settings: Settings) -> None:
    folders = []
    for name in model_names(settings):
        try:
            folder = find_model(name, settings)
        except FerError as error:
            st.warning(str(error))
            continue
        if folder.card.get("per_class"):
            folders.append(folder)
    if not folders:
        return
    st.subheader("Class by class", anchor=False)
    st.caption(
        "Recall: of the faces that carry a label, the share that the model names so. FER-2013 PublicTest, original "
        "labels."
    )
    st.plotly_chart(
        recall_by_class({folder.name: folder.card["per_class"] for folder in folders}),
        width="stretch",
        config={"displayModeBar": False},
    )


def _here(settings: Settings) -> None:
    st.subheader("On this machine", anchor=False)
    device, data = describe_device(), describe_data(settings)
    for column, (name, text) in zip(
        st.columns(3),
        (
            ("Device", device),
            ("Data", data),
            ("Face finder", ", ".join(available_detectors()) or "none installed"),
        ),
        strict=True,
    ):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{name}**")
            st.write(text)


with page(
    "Overview",
    "Facet reads the expression on a face and lets it choose what a shop shows first.",
) as current:
    st.page_link("pages/live.py", label="Try the live demo", icon=":material/videocam:")
    _model(current)
    _comparison(current)
    _here(current)
    st.subheader("What it must not be used for", anchor=False)
    st.markdown(
        "An expression is what a face shows, not what a person feels. Facet is for shoppers who agreed, never for "
        "employees, pupils or minors, and it is wrong often enough that nothing serious may depend on it. It stores "
        "and sends no picture and no face."
    )
