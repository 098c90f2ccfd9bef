"""What stands below the live page's picture, and who draws it: the shelf's own look, or a message from the device."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.charts.live_timeline import SECONDS, blend_timeline
from fer_core.charts.live_view import blend_bars
from fer_core.errors import CatalogueError
from fer_core.settings import Settings
from fer_core.shop.recommender import Panel
from fer_core.shop.shopper import Shopper
from pages._shell import errors_as_sentences
from pages._shopper import another_model_answers

#: Seconds between two drawings for a device, whose messages come more often: of the bars and of the last minute; and between
#: two looks at the active model.
_BARS, _MINUTE, _LOOK = 0.9, 1.9, 3.0

#: Has the fragment that it stands in run again once the readout tells of another panel than that one drew.
_BELL = """
export default function ({ parentElement, data, setTriggerValue }) {
  // Called for each drawing, with one end for all of them.
  parentElement.facetDrawn = String(data.panel);
  if (parentElement.facetTimer) return parentElement.facetEnd;
  let rung = "";
  const look = () => {
    const shown = document.querySelector("[data-panel]")?.dataset.panel;
    if (shown === undefined || shown === parentElement.facetDrawn || shown === rung) return;
    rung = shown;
    setTriggerValue("panel", shown);
  };
  parentElement.facetTimer = setInterval(look, 150);
  parentElement.facetEnd = () => {
    clearInterval(parentElement.facetTimer);
    parentElement.facetTimer = null;
  };
  return parentElement.facetEnd;
}
"""
_bell = st.components.v2.component("facet_panel_bell", html="", js=_BELL)


@dataclass(frozen=True)
class Readout:
    """Places below the picture. Each is filled from the first run on: a fragment may fill no place that was left empty."""

    bars: DeltaGenerator
    minute: DeltaGenerator
    warning: DeltaGenerator

    def draw(self, current: Shopper, trouble: str) -> None:
        """Fill them with what the stream has come to: label, bars, the last minute, and what is wrong."""
        self.draw_bars(current)
        self.draw_minute(current)
        self.draw_warning(current, trouble)

    def draw_bars(self, current: Shopper) -> None:
        """The label and the blend now, and which panel it has led to."""
        self.bars.html(f'<div data-panel="{current.panels_shown}">{blend_bars(current.state)}</div>')

    def draw_minute(self, current: Shopper) -> None:
        """The blend of the last minute."""
        self.minute.html(blend_timeline(current.session.newest(SECONDS)) or "<span></span>")

    def draw_warning(self, current: Shopper, trouble: str) -> None:
        """What is wrong, if something is."""
        if trouble:
            self.warning.warning(trouble, icon=":material/hourglass:")
        elif current.pipeline.latest.faces > 1:
            self.warning.caption(f"{current.pipeline.latest.faces} faces: the largest drives the shelf.")
        else:
            self.warning.empty()


def follow_device(
    settings: Settings, current: Shopper, readout: Readout, see: Callable[[], Panel], trouble: str
) -> None:
    """After a message: as little as can be, since there are many for each panel."""
    now = time.monotonic()
    if _is_due("device-model-look", _LOOK, now):
        rerun_for_another_model(settings)
    before, label = current.panels_shown, current.state.label
    # With every category blocked the shelf says so when it is drawn.
    with suppress(CatalogueError):
        see()
    changed = current.panels_shown != before or current.state.label != label
    if _is_due("device-bars", _BARS, now) or changed:
        readout.draw_bars(current)
    if _is_due("device-minute", _MINUTE, now):
        readout.draw_minute(current)
        readout.draw_warning(current, trouble)


def panel_bell(panel: int) -> None:
    """At the end of the shelf's fragment, which drew that panel."""
    _bell(key="panel-bell", data={"panel": panel}, on_panel_change=lambda: None, height=1)


def rerun_for_another_model(settings: Settings) -> None:
    """Run the page again where a model was promoted since it last ran."""
    with errors_as_sentences():
        if another_model_answers(settings):
            st.rerun()


def _is_due(name: str, seconds: float, now: float) -> bool:
    if now - st.session_state.get(name, 0.0) < seconds:
        return False
    st.session_state[name] = now
    return True
