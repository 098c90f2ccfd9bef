"""Hold an expression: the source report's live test, guided."""

from __future__ import annotations

import time

import streamlit as st

from fer_core.charts.hold_figure import held_shares, hold_bars
from fer_core.evaluation.estimates import Estimate
from fer_core.evaluation.source_report import REPORTED_LIVE
from fer_core.labels import LABELS
from fer_core.live.holding import FRAMES, HoldProgress, HoldResult
from fer_core.shop.shopper import Shopper
from fer_core.shop.visit import hold_table
from fer_core.spreadsheet import csv_bytes
from pages._shopper import of_this_shopper

_LENGTHS = (20, FRAMES, 100)
_ASKED, _FRAMES = "hold-asked", "hold-frames"


def hold(current: Shopper, source: str, *, playing: bool, frame: str = "") -> None:
    """The test in an expander; ``source`` says where the frames come from, ``frame`` what one is where that is not plain."""
    holding = current.pipeline.holding
    if not playing:
        # Without frames it would never end.
        holding.cancel()
    running = holding.progress(time.monotonic()) is not None

    @st.fragment(run_every=0.5 if running else None)
    def test() -> None:
        now = holding.progress(time.monotonic())
        if (now is not None) != running:
            st.rerun()
        if now is None:
            _choose(current, source, playing, frame)
        else:
            _run(current, now)
        if holding.results and now is None:
            _results(holding.results)

    with st.expander("Hold an expression", icon=":material/timer:"):
        test()


def _choose(current: Shopper, source: str, playing: bool, frame: str) -> None:
    st.caption(
        "Show one expression and keep it. Every frame is read by itself and counted. The source report did this with a "
        f"happy face: {_in_words(REPORTED_LIVE)}. {frame}"
    )
    st.pills(
        "Show", LABELS, default="happy", required=True, key=of_this_shopper(_ASKED), persist_state="session"
    )
    st.segmented_control(
        "Frames",
        _LENGTHS,
        default=FRAMES,
        required=True,
        key=of_this_shopper(_FRAMES),
        persist_state="session",
    )
    st.button(
        "Start: 3 seconds, then hold",
        icon=":material/play_arrow:",
        key="hold-start",
        disabled=not playing,
        help=None if playing else "Press START at the video first.",
        on_click=_start,
        args=(current, source),
    )


def _start(current: Shopper, source: str) -> None:
    # As they are at the press: a choice made just before it has had no run of its own.
    asked, frames = (st.session_state[of_this_shopper(name)] for name in (_ASKED, _FRAMES))
    current.pipeline.holding.start(asked, frames, now=time.monotonic(), source=source)


def _run(current: Shopper, now: HoldProgress) -> None:
    if now.starts_in > 0:
        st.markdown(f"### {now.asked.capitalize()} in {now.starts_in:.0f} s")
        st.progress(0.0, text="Get ready")
    else:
        st.markdown(f"### Hold it: {now.asked}")
        st.progress(now.done / now.frames, text=f"{now.done} of {now.frames} frames")
    st.button("Give up", icon=":material/close:", key="hold-cancel", on_click=current.pipeline.holding.cancel)


def _results(results: tuple[HoldResult, ...]) -> None:
    last = results[-1]
    st.markdown(
        f"**{last.asked.capitalize()}: {_in_words(last.share)}**, in {last.lasted:.1f} s. The report: "
        f"{_in_words(REPORTED_LIVE)}."
    )
    for place, figure, key in zip(
        st.columns(2), (hold_bars(last), held_shares(results)), ("hold-bars", "hold-shares"), strict=True
    ):
        place.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key=key)
    st.caption(
        "The bars are 95 % intervals as if frames were independent; neighbours are alike, so another attempt may well "
        "fall outside."
    )
    table = hold_table(results)
    st.dataframe(
        table[["expression", "frames", "right", "share", "share low", "share high", "source"]],
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="percent")
            for name in ("share", "share low", "share high")
        },
    )
    st.download_button(
        "Download these tests (CSV)",
        csv_bytes(table),
        "held-expressions.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="hold-download",
    )


def _in_words(share: Estimate) -> str:
    right = round((share.value or 0.0) * share.n)
    return f"{right} of {share.n} frames right ({share.value:.0%}; 95 % interval {share.low:.0%} to {share.high:.0%})"
