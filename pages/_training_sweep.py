"""The training page's sweeps: many runs that differ in their settings, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import pandas as pd
import streamlit as st

from fer_core.charts.sweep_figure import parallel_settings
from fer_core.settings import Settings
from fer_core.sweep.space import Span
from fer_core.sweep.sweeps import Sweep, TrialResult, list_sweeps, resume_sweep, stop_sweep, trials_of
from pages._training_promotion import promotion
from pages._training_sweep_form import sweep_form


def sweep_tab(settings: Settings) -> None:
    """Start a sweep, watch it, and take its best run."""
    if find_spec("ray") is None:
        st.info("A sweep needs Ray beside the app: `pip install -r requirements-cluster.txt`.")
        return
    sweeps = list_sweeps(settings)
    if settings.public:
        st.caption("Starting a sweep is switched off in the public demo.")
    else:
        with st.expander("New sweep", icon=":material/add:", expanded=not sweeps):
            sweep_form(settings)
    if not sweeps:
        st.info("There is no sweep yet.")
        return
    names = [sweep.name for sweep in sweeps]
    name = st.selectbox("Sweep", names, key="sweep")
    sweep = next(each for each in sweeps if each.name == name)
    if sweep.state() == "running":
        _watched(sweep, settings)
    else:
        _shown(sweep, settings)
    if not settings.public:
        _controls(sweep, settings)
        best = [trial for trial in trials_of(sweep, settings) if trial.summary.releasable]
        if sweep.state() != "running" and best:
            st.markdown(f"The best run that has ended: **{best[0].summary.run.name}**")
            promotion(settings, best[0].summary)


@st.fragment(run_every=2.0)
def _watched(sweep: Sweep, settings: Settings) -> None:
    if sweep.state() != "running":
        st.rerun()
    _shown(sweep, settings)


def _shown(sweep: Sweep, settings: Settings) -> None:
    space, trials = sweep.space(), trials_of(sweep, settings)
    over = sum(not trial.summary.live for trial in trials)
    running = sweep.state() == "running"
    if running:
        st.progress(over / space.trials, f"{over} of {space.trials} trials have ended")
    elif over < space.trials:
        said = sweep.job.log(1).removeprefix("facet: ")
        st.warning(
            f"It ended after {over} of {space.trials} trials. {said}".strip(), icon=":material/pause_circle:"
        )
    _table(trials)
    with_epochs = [trial for trial in trials if trial.accuracy is not None]
    if len(with_epochs) < 2:
        st.caption("The figure comes with the second trial's first epoch.")
        return
    several = len(space.presets) > 1
    drawn = [
        {**({"preset": trial.preset} if several else {}), **trial.drawn, "epochs": str(trial.epochs)}
        for trial in with_epochs
    ]
    log = [name for name, values in space.settings.items() if isinstance(values, Span) and values.log]
    st.markdown("**Settings and accuracy on held-back rows**; drag along an axis to pick a range")
    st.plotly_chart(
        parallel_settings(drawn, [trial.accuracy or 0.0 for trial in with_epochs], log),
        width="stretch",
        config={"displayModeBar": False},
        alt="A line for each trial through its settings to its accuracy",
        key=f"sweep-figure-{sweep.name}",
    )


def _table(trials: Sequence[TrialResult]) -> None:
    if not trials:
        st.caption("The first trial is about to start.")
        return
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "run": trial.summary.run.name,
                    "state": trial.summary.state,
                    "preset": trial.preset,
                    **trial.drawn,
                    "epochs": trial.epochs,
                    "best validation accuracy": trial.accuracy,
                }
                for trial in trials
            ]
        ),
        hide_index=True,
        width="stretch",
        column_config={"best validation accuracy": st.column_config.NumberColumn(format="percent")},
    )


def _controls(sweep: Sweep, settings: Settings) -> None:
    ended = sum(not trial.summary.live for trial in trials_of(sweep, settings))
    if sweep.state() == "running":
        if st.button("Stop the sweep", icon=":material/stop:"):
            with st.spinner("Its runs end their batch"):
                stop_sweep(sweep, settings)
            st.rerun()
    elif ended < sweep.space().trials and st.button("Go on", icon=":material/play_arrow:"):
        resume_sweep(sweep)
        st.rerun()
