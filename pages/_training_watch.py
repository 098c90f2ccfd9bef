"""The training page's watch: one run, its curves and its end, renewed every second while it is under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import streamlit as st

from fer_core.charts.training_figures import MEASURES, run_curves
from fer_core.settings import Settings
from fer_core.training.run_folder import RunFolder
from fer_core.training.runs import RunSummary, resume_run, stop_run, summary_of
from fer_core.training.watching import Progress, Rows, progress_of
from pages._shell import errors_as_sentences
from pages._training_promotion import promotion

_Colour = Literal["gray", "green", "blue", "orange", "red"]

#: How a state looks: icon and colour of its badge.
STATES: Final[dict[str, tuple[str, _Colour]]] = {
    "queued": (":material/hourglass:", "gray"),
    "running": (":material/play_arrow:", "green"),
    "finished": (":material/check:", "blue"),
    "stopped": (":material/stop:", "orange"),
    "failed": (":material/error:", "red"),
}


def watch_tab(settings: Settings, runs: Sequence[RunSummary]) -> None:
    """Which run is watched, and what it does."""
    if not runs:
        st.info("There is no run yet. Start one under *New run*; the preset tiny takes seconds.")
        return
    names = [run.run.name for run in runs]
    live = [run.run.name for run in runs if run.state == "running"]
    wanted = st.session_state.pop("watched", None)
    if wanted in names:
        st.session_state["watched-run"] = wanted
    elif st.session_state.get("watched-run") not in names:
        st.session_state["watched-run"] = (live or names)[0]
    name = st.selectbox("Run", names, key="watched-run", persist_state="session")
    chosen = runs[names.index(name)]
    # A run that has ended changes no more, so nothing is redrawn for it.
    st.fragment(_follow, run_every=1.0 if chosen.live else None)(settings, chosen.run, chosen.live)


def _follow(settings: Settings, run: RunFolder, was_live: bool) -> None:
    with errors_as_sentences():
        summary = summary_of(run)
        if was_live != summary.live:
            # What stands around this fragment depends on whether the run is under way.
            st.rerun()
        history, steps = run.history_rows(), run.step_rows()
        progress = progress_of(history, steps, summary.record)
        _headline(summary, progress, public=settings.public)
        _figures(progress)
        _curves(history, steps, progress)
        # The log names paths of the server.
        if not settings.public:
            with st.expander("Log"):
                st.code(run.job.log(30) or "Nothing is printed yet.", language=None, height=260)
        if summary.releasable and not settings.public:
            promotion(settings, summary)


def _headline(summary: RunSummary, progress: Progress, *, public: bool) -> None:
    icon, colour = STATES[summary.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(summary.state, icon=icon, color=colour)
        text = f"epoch {progress.epoch} of {progress.epochs} finished"
        if summary.state == "queued":
            text = f"place {summary.ahead + 1} in the queue: {summary.ahead} before it"
        elif summary.live and progress.seconds_left is not None:
            text += f", about {_duration(progress.seconds_left)} left"
        st.progress(progress.share, text)
        if not public and summary.live:
            asked = summary.run.stop_file.exists()
            if st.button("Stopping" if asked else "Stop", icon=":material/stop:", disabled=asked):
                stop_run(summary.run)
                st.rerun()
        if (
            not public
            and summary.resumable
            and st.button("Resume", icon=":material/play_arrow:", type="primary")
        ):
            resume_run(summary.run)
            st.session_state["watched"] = summary.run.name
            st.rerun()
    if summary.reason and public and summary.state == "failed":
        st.error("The run failed; whoever runs this demo can see why.")
    elif summary.reason:
        (st.error if summary.state == "failed" else st.info)(summary.reason)


def _figures(progress: Progress) -> None:
    columns = st.columns(4)
    columns[0].metric("Best epoch", progress.best_epoch or "none yet")
    columns[1].metric(
        "Faces a second", f"{progress.faces_per_second:,.0f}" if progress.faces_per_second else "none yet"
    )
    columns[2].metric(
        "Learning rate",
        f"{progress.learning_rate:.2g}" if progress.learning_rate is not None else "none yet",
    )
    columns[3].metric("Epochs", f"{progress.epoch} / {progress.epochs}")
    if progress.parted is not None:
        st.warning(
            f"The curves part: since epoch {progress.parted} the validation loss rises while the training loss falls. "
            "From there on the network learns its rows by heart; more epochs will not help.",
            icon=":material/call_split:",
        )


def _curves(history: Rows, steps: Rows, progress: Progress) -> None:
    if not history and not steps:
        st.caption("The curves begin with the first steps.")
        return
    for column, measure in zip(st.columns(2), MEASURES, strict=True):
        with column:
            st.markdown(f"**{measure.capitalize()}**")
            st.plotly_chart(
                run_curves(history, steps, measure, progress.best_epoch),
                width="stretch",
                config={"displayModeBar": False},
                key=f"curve-{measure}",
                alt=f"The run's {measure} by epoch",
            )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h"
