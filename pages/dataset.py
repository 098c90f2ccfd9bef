"""Dataset: choose one, look into it, find what is wrong with it, balance it and save the recipe."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from fer_core.charts.data_figures import rows_by_label
from fer_core.data.exploring import count_rows, describe_columns, head
from fer_core.data.reading import FerDataset
from pages._dataset_balance import balance_tab
from pages._dataset_faces import faces_tab
from pages._dataset_quality import quality_tab
from pages._dataset_source import choose_dataset
from pages._shell import page


def rows_tab(dataset: FerDataset) -> None:
    """How many rows of what, the table as the file has it, and what was set aside."""
    counts = count_rows(dataset)
    st.plotly_chart(
        rows_by_label(counts),
        width="stretch",
        config={"displayModeBar": False},
        alt="Rows of each label in each split",
    )
    counts.loc["all"] = counts.sum()
    counts["all"] = counts.sum(axis=1)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Rows a label and split**")
        st.dataframe(counts, width="stretch", height="content")
    with right:
        st.markdown("**Columns**")
        st.caption(
            f"{len(dataset):,} usable rows, {dataset.pixels.nbytes / 1e6:,.1f} MB of pixels in memory."
        )
        st.dataframe(describe_columns(dataset), hide_index=True, width="stretch", height="content")
        st.markdown("**First rows**")
        st.dataframe(head(dataset), width="stretch", height="content")
    bad_rows(dataset)


def bad_rows(dataset: FerDataset) -> None:
    """What the reader set aside, with line and reason."""
    if not dataset.bad_rows:
        st.caption(":material/check: Every row of the file could be read.")
        return
    table = pd.DataFrame([(item.line, item.reason) for item in dataset.bad_rows], columns=["line", "reason"])
    st.markdown(f"**{len(table):,} rows set aside**")
    st.caption("All other rows are used. Line 1 is the header; in a folder or zip it is the picture's place.")
    st.dataframe(table.head(1_000), hide_index=True, width="stretch", height=min(320, 40 + 35 * len(table)))
    st.download_button(
        "Download as CSV",
        table.to_csv(index=False),
        "bad-rows.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


with page(
    "Dataset", "Meet FER-2013: its rows, its faces, its flaws, and a balance worth training on."
) as here:
    registry, source, chosen = choose_dataset(here)
    names = ("Rows", "Faces", "Quality", "Balance")
    tabs = dict(zip(names, st.tabs(names, key="tab", on_change="rerun", bind="query-params"), strict=True))
    # Only the open tab is drawn: the others would each cost a second that nobody asked for.
    if tabs["Rows"].open:
        with tabs["Rows"]:
            rows_tab(chosen)
    elif tabs["Faces"].open:
        with tabs["Faces"]:
            faces_tab(chosen)
    elif tabs["Quality"].open:
        with tabs["Quality"]:
            quality_tab(chosen, registry.files_of(source)[0], here)
    else:
        with tabs["Balance"]:
            balance_tab(chosen, registry.files_of(source), here)
