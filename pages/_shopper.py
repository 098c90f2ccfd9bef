"""This visitor's shopper: the model that answers, warm, and the shelf it drives."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from fer_core.errors import CatalogueError, ShopError
from fer_core.live.smoothing import SmoothingSettings
from fer_core.model_folder import ModelFolder, active_model
from fer_core.settings import Settings
from fer_core.shop.baskets import BasketRules
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.lessons import Lessons, taught_weights, worth_by_session
from fer_core.shop.recommender import starting_weights
from fer_core.shop.shopper import Shop, Shopper
from fer_core.store.reaction_store import ReactionStore
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.classifier import ExpressionClassifier
from fer_core.vision.detectors import available_detectors, load_detector

#: Under which key of the session a slider keeps the threshold of "uncertain", percent.
UNCERTAIN_BELOW = "uncertain_below"

#: Under which keys of the session the live page's controls keep the face finder and the half-life, seconds.
DETECTOR, HALF_LIFE = "live-detector", "live-half-life"

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
            st.session_state.shopper = Shopper(analyzer, shop(settings))
        st.session_state[_ANSWERS] = (folder.identity, detector)
    current: Shopper = st.session_state.shopper
    half_life = st.session_state.get(HALF_LIFE, SmoothingSettings().half_life)
    current.pipeline.smooth_by(SmoothingSettings(half_life=half_life, threshold=uncertain_below()))
    return current


def uncertain_below() -> float:
    """Below which probability this visitor's live page says "uncertain"; the evaluation page's slider sets it."""
    return float(st.session_state.get(UNCERTAIN_BELOW, SmoothingSettings().threshold * 100)) / 100


def another_model_answers(settings: Settings) -> bool:
    """Whether a model was promoted since ``shopper`` was last asked for; an open camera has to look by itself."""
    return bool(st.session_state.get(_ANSWERS, ("",))[0] != active_model(settings).identity)


def start_over() -> None:
    """New shopper: nothing of the one before remains, the consent least of all."""
    st.session_state.consent = False
    st.session_state.round = st.session_state.get("round", 0) + 1
    for key in ("shopper", _ANSWERS):
        st.session_state.pop(key, None)


def of_this_shopper(name: str) -> str:
    """A key of the session that the next shopper does not share: a browser sends a widget's value even after it was
    forgotten here."""
    return f"{name}-{st.session_state.get('round', 0)}"


def shop(settings: Settings) -> Shop:
    """What a new shopper begins with: the catalogue, and what those who agreed have taught the shop until now.

    Raises:
        CatalogueError: the catalogue cannot be used.
    """
    catalogue = Catalogue.load(settings.catalogue)
    identity = _identity(settings)
    start, rules = _start(identity, catalogue)
    try:
        store = reaction_store(settings)
        weights, others = _taught(identity, store.fingerprint(), store, start, catalogue)
    except ShopError:
        # A shelf that knows the catalogue alone is better than none; the tools below it say what cannot be kept.
        weights, others = start, ()
    return Shop(catalogue, weights, rules, others)


def first_weights(settings: Settings) -> bytes:
    """Weights of a policy that knows the catalogue and nothing else.

    Raises:
        CatalogueError: the catalogue cannot be used.
    """
    return _start(_identity(settings), Catalogue.load(settings.catalogue))[0]


def _identity(settings: Settings) -> str:
    """Another text once the catalogue's file is another."""
    try:
        stat = settings.catalogue.stat()
    except OSError as error:
        raise CatalogueError(f"{settings.catalogue} cannot be read: {error.strerror}.") from error
    return f"{settings.catalogue}|{stat.st_mtime_ns}|{stat.st_size}"


def reaction_store(settings: Settings) -> ReactionStore:
    """Where reactions are kept, one for all visitors."""
    return _store(settings.database)


@st.cache_resource
def _store(url: str) -> ReactionStore:
    return ReactionStore(url)


@st.cache_resource(max_entries=3, show_spinner="Filling the shelves")
def _start(identity: str, _catalogue: Catalogue) -> tuple[bytes, BasketRules]:  # noqa: ARG001
    return starting_weights(_catalogue), BasketRules.of(_catalogue)


@st.cache_resource(max_entries=3, show_spinner="Learning from earlier shoppers")
def _taught(
    identity: str,  # noqa: ARG001 - these two name what is learnt from
    fingerprint: str,  # noqa: ARG001
    _store: ReactionStore,
    _start: bytes,
    _catalogue: Catalogue,
) -> tuple[bytes, tuple[Mapping[str, float], ...]]:
    lessons: Lessons = _store.lessons()
    return taught_weights(lessons, _start, _catalogue), worth_by_session(lessons)
