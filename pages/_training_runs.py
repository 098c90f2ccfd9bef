"""The training page's table of runs: notes, curves over one another, settings compared, deletion."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fer_core.charts.training_figures import MEASURES, overlaid_runs
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.settings import Settings
from fer_core.training.runs import RunSummary, delete_run
from fer_core.training.watching import differing_settings
from pages._download import download_when_made
from pages._training_import import import_form

_MOST_COMPARED = 6


def runs_tab(settings: Settings, runs: Sequence[RunSummary]) -> None:
    """Every run, and what one does with several."""
    if not runs:
        st.info("There is no run yet. Start one under *New run*.")
    else:
        _table(settings, runs)
        names = [run.run.name for run in runs]
        chosen = st.multiselect("Compare", names, names[:2], max_selections=_MOST_COMPARED, key="compared")
        _compared([run for run in runs if run.run.name in chosen])
        _take_away(runs, public=settings.public)
        if not settings.public:
            _deletion(runs)
    if not settings.public:
        st.caption(f"TensorBoard reads the same folder: `tensorboard --logdir {settings.runs}`")
        import_form(settings, (LABELS, FER2013_LABELS))


def _table(settings: Settings, runs: Sequence[RunSummary]) -> None:
    histories = [run.run.history_rows() for run in runs]
    best = [max((row["val_accuracy"] for row in history), default=None) for history in histories]
    table = pd.DataFrame(
        {
            "run": [run.run.name for run in runs],
            "state": [
                f"queued, {run.ahead} before it" if run.state == "queued" else run.state for run in runs
            ],
            "preset": [(run.record.get("preset") or {}).get("name", "") for run in runs],
            "epochs": [
                f"{len(rows)} of {run.record['preset']['epochs']}"
                for run, rows in zip(runs, histories, strict=True)
            ],
            "best validation accuracy": best,
            "asked for": [
                time.strftime("%Y-%m-%d %H:%M", time.localtime(run.record["asked_at"]))
                if run.record.get("asked_at")
                else ""
                for run in runs
            ],
            "note": [run.run.note() for run in runs],
        }
    )
    edited = st.data_editor(
        table,
        hide_index=True,
        width="stretch",
        disabled=True if settings.public else [name for name in table.columns if name != "note"],
        column_config={
            "best validation accuracy": st.column_config.NumberColumn(format="percent"),
            "note": st.column_config.TextColumn(max_chars=500, width="medium"),
        },
        # An edit is remembered by its row's place; where another row has come there, it must be forgotten.
        key=f"runs-table-{hash((tuple(table['run']), tuple(table['note'])))}",
    )
    for run, old, new in zip(runs, table["note"], edited["note"], strict=True):
        if old != (new or ""):
            run.run.write_note(str(new or ""))
            st.rerun()


def _compared(runs: Sequence[RunSummary]) -> None:
    histories = {run.run.name: run.run.history_rows() for run in runs}
    if any(histories.values()):
        for column, measure in zip(st.columns(2), MEASURES, strict=True):
            with column:
                st.markdown(f"**{measure.capitalize()}**, dashed on validation rows, thin on training rows")
                st.plotly_chart(
                    overlaid_runs(histories, measure),
                    width="stretch",
                    config={"displayModeBar": False},
                    alt=f"The {measure} of the chosen runs by epoch",
                )
    if len(runs) > 1:
        rows = differing_settings({run.run.name: run.record for run in runs})
        st.markdown("**Where their settings differ**" if rows else "Their settings are the same.")
        if rows:
            st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _take_away(runs: Sequence[RunSummary], *, public: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Take away", [run.run.name for run in runs], key="taken", width=320)
        run = next(each.run for each in runs if each.run.name == name)
        for path, words, kind in (
            (run.history, "History", "text/csv"),
            (run.record_file, "Record", "application/json"),
        ):
            # The record names paths of the server.
            if path.is_file() and not (public and path == run.record_file):
                download_when_made(
                    words, path.read_bytes, f"{run.name}-{path.name}", kind, key=f"take-{words}"
                )


def _deletion(runs: Sequence[RunSummary]) -> None:
    ended = [run.run.name for run in runs if not run.live]
    if not ended:
        return
    with st.popover("Delete runs", icon=":material/delete:"):
        chosen = st.multiselect("Runs that have ended", ended, key="deleted-runs")
        st.write("Their curves, weights and backups go for good. Models that were made of them stay.")
        if st.button("Delete for good", type="primary", key="confirm-run-deletion", disabled=not chosen):
            for run in runs:
                if run.run.name in chosen:
                    delete_run(run.run)
            st.rerun()
