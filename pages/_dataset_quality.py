"""The dataset page's findings: what is wrong with which rows, with their faces, and one switch to leave each out."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from fer_core.charts.faces import face_address
from fer_core.data.finding_table import finding_table
from fer_core.data.label_errors import LabelErrors, LabelErrorStore
from fer_core.data.quality import FINDINGS, Finding, find
from fer_core.data.reading import FerDataset
from fer_core.errors import DatasetError
from fer_core.settings import Settings
from pages._dataset_label_errors import label_error_job

#: Rows of a finding on one page of its table.
SHOWN = 100

#: Name and explanation of each finding.
WORDS = {
    "constant": ("Single-colour images", "Not a face: every pixel has the same value."),
    "duplicates": ("Exact copies", "Left out: all but one of a group, and whole groups whose labels differ."),
    "cross_split": ("Copies across splits", "A test row that also trains. Left out: the Training rows."),
    "conflicting": (
        "Copies under different labels",
        "At most one label can be right. Left out: all of them.",
    ),
    "near_duplicates": ("Near copies", "Alike by perceptual hash and pixels. Left out: one of each pair."),
    "crowd": ("The crowd disagrees", "More than half of the FER+ votes name another label. Left out: all."),
    "label_errors": ("Likely label errors", "Doubted by networks that never saw the row. Left out: all."),
}


@st.cache_resource(max_entries=24, show_spinner="Looking for it")
def _found(identity: str, name: str, _dataset: FerDataset) -> Finding:  # noqa: ARG001
    return find(_dataset, name)


def findings_of(dataset: FerDataset, settings: Settings) -> dict[str, Finding]:
    """Every finding that can be made on these rows; label errors only after their job."""
    findings = {
        name: _found(dataset.identity, name, dataset)
        for name in FINDINGS
        if name != "label_errors" and (name != "crowd" or dataset.votes is not None)
    }
    if (errors := label_errors_of(dataset, settings)) is not None:
        findings["label_errors"] = find(dataset, "label_errors", errors.positions(dataset))
    return findings


def label_errors_of(dataset: FerDataset, settings: Settings) -> LabelErrors | None:
    """What the job found; None where it has not run, or where its result is damaged and it must run again."""
    try:
        return LabelErrorStore(settings.label_errors).load(dataset)
    except DatasetError:
        return None


def excluded() -> tuple[str, ...]:
    """The findings whose switch is on."""
    return tuple(name for name in FINDINGS if st.session_state.get(f"exclude-{name}"))


def quality_tab(dataset: FerDataset, file: Path, settings: Settings) -> None:
    """The findings as cards with a switch each, then the rows of one of them."""
    st.caption(
        "Switch a finding on to leave its rows out of training; the recipe on the next tab remembers it."
    )
    findings = findings_of(dataset, settings)
    for at in range(0, len(FINDINGS), 2):
        for column, name in zip(st.columns(2), FINDINGS[at : at + 2], strict=False):
            with column.container(border=True, height="stretch"):
                _card(name, findings.get(name), dataset, file, settings)
    errors = label_errors_of(dataset, settings)
    _rows(dataset, findings, errors)


def _card(name: str, finding: Finding | None, dataset: FerDataset, file: Path, settings: Settings) -> None:
    title, words = WORDS[name]
    if finding is None:
        st.markdown(f"**{title}**")
        if name == "crowd":
            st.caption("Needs FER+ votes: add fer2013new.csv with the data set.")
        else:
            label_error_job(dataset, file, settings)
        return
    groups = len(set(finding.group.tolist()))
    count = f"{len(finding.positions):,} rows" + (
        f" in {groups:,} groups" if groups < len(finding.positions) else ""
    )
    st.toggle(
        f"**{title}**: {count}",
        key=f"exclude-{name}",
        persist_state="session",
        disabled=not len(finding.positions),
    )
    st.caption(f"{words} ({len(finding.excluded):,} rows)")
    if name == "label_errors" and (errors := LabelErrorStore(settings.label_errors).load(dataset)):
        st.caption(
            f"{errors.judged:,} Training rows judged in {errors.folds} folds of {errors.epochs} epochs; the networks "
            f"agree with {errors.accuracy:.0%} of the labels, so trust each doubt accordingly."
        )


@st.fragment
def _rows(dataset: FerDataset, findings: dict[str, Finding], errors: LabelErrors | None) -> None:
    """One finding's rows with their faces, paged, and all of them as CSV."""
    names = [name for name, finding in findings.items() if len(finding.positions)]
    if not names:
        st.success("Nothing was found.")
        return
    name = st.selectbox(
        "Look at",
        names,
        format_func=lambda each: WORDS[each][0],
        key="looked-at",
        persist_state="session",
        width=420,
    )
    table = finding_table(dataset, findings[name], errors)
    pages = -(-len(table) // SHOWN)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = 1
        if pages > 1:
            number = int(st.number_input(f"Page of {pages}", 1, pages, 1, key=f"page-{name}", width=160))
        st.download_button(
            f"Download {len(table):,} rows as CSV",
            table.reset_index().to_csv(index=False),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    part = table.iloc[(number - 1) * SHOWN : number * SHOWN]
    part.insert(0, "face", [face_address(dataset.pixels[at]) for at in part.index])
    st.dataframe(
        part,
        hide_index=True,
        width="stretch",
        height=560,
        row_height=56,
        column_config={
            "face": st.column_config.ImageColumn("face", width=70),
            "agreement": st.column_config.NumberColumn(format="percent"),
            "confidence": st.column_config.NumberColumn(format="percent"),
        },
    )
