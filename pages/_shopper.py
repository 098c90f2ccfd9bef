"""This visitor's shopper: the model that answers, warm, and the shelf it drives."""

from __future__ import annotations

import streamlit as st

from fer_core.errors import ShopError
from fer_core.live.smoothing import SmoothingSettings
from fer_core.model_folder import ModelFolder, active_model
from fer_core.settings import Settings
from fer_core.shop.shopper import Shopper
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.classifier import ExpressionClassifier
from fer_core.vision.detectors import available_detectors, load_detector
from pages._consent import forget_consent
from pages._departed import free_departed
from pages._shell import for_all_eyes
from pages._shop import reaction_store, shop

#: Under which key of the session a slider keeps the threshold of "uncertain", percent.
UNCERTAIN_BELOW = "uncertain_below"

#: Under which keys of the session the live page's controls keep the face finder and the half-life, seconds.
DETECTOR, HALF_LIFE = "live-detector", "live-half-life"

#: Under which key of the session stands what to say once after a visit has ended.
ENDED = "ended"

#: Under which key of the session stands that the browser has to forget the camera that was chosen.
FORGET_CAMERA = "forget_camera"

#: Under which key of the session stands what answers: the model's identity and the face finder.
_ANSWERS = "shopper_answers"


@st.cache_resource(max_entries=2, show_spinner="Opening the model")
def classifier(identity: str, _folder: ModelFolder) -> ExpressionClassifier:  # noqa: ARG001 - another file is another model
    """The network, shared by all visitors; a face detector is not safe to share."""
    return ExpressionClassifier(_folder)


def shopper(settings: Settings) -> Shopper:
    """This visitor's shopper, with a warm model; once another is promoted, that one answers and all else goes on."""
    folder = active_model(settings)
    detector = st.session_state.get(DETECTOR) or next(iter(available_detectors()), None)
    if st.session_state.get(_ANSWERS) != (folder.identity, detector):
        analyzer = ExpressionAnalyzer(classifier(folder.identity, folder), load_detector(detector))
        analyzer.warm_up()
        if "shopper" in st.session_state:
            st.session_state.shopper.pipeline.use(analyzer)
        else:
            free_departed()
            st.session_state.shopper = Shopper(analyzer, shop(settings))
        st.session_state[_ANSWERS] = (folder.identity, detector)
    current: Shopper = st.session_state.shopper
    half_life = st.session_state.get(HALF_LIFE, SmoothingSettings().half_life)
    current.pipeline.smooth_by(SmoothingSettings(half_life=half_life, threshold=uncertain_below()))
    return current


def uncertain_below() -> float:
    """Below which probability this visitor's live page says "uncertain"; the evaluation page's slider and the live page's settings set it."""
    return float(st.session_state.get(UNCERTAIN_BELOW, SmoothingSettings().threshold * 100)) / 100


def another_model_answers(settings: Settings) -> bool:
    """Whether a model was promoted since ``shopper`` was last asked for; an open camera has to look by itself."""
    return bool(st.session_state.get(_ANSWERS, ("",))[0] != active_model(settings).identity)


def start_over() -> None:
    """New shopper: nothing of the one before remains, the consent least of all."""
    forget_consent()
    st.session_state.round = st.session_state.get("round", 0) + 1
    st.session_state[FORGET_CAMERA] = True
    for key in ("shopper", _ANSWERS):
        st.session_state.pop(key, None)


def end_and_forget(settings: Settings, current: Shopper) -> None:
    """The camera goes off, and nothing of this shopper remains, what was agreed to be kept included."""
    said = "Ended. Nothing of this visit is left."
    if current.cards_kept:
        try:
            current.forget(reaction_store(settings))
        except ShopError as error:
            said = f"The camera is off. {for_all_eyes(error)} What was kept is still there; it goes when a manager deletes it on the Insights page."
    start_over()
    st.session_state[ENDED] = said


def of_this_shopper(name: str) -> str:
    """A key of the session that the next shopper does not share: a browser sends a widget's value even after it was
    forgotten here."""
    return f"{name}-{st.session_state.get('round', 0)}"
