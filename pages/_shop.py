"""What a new shopper begins with: the catalogue, and what those who agreed have taught the shop."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from fer_core.errors import CatalogueError, ShopError
from fer_core.settings import Settings
from fer_core.shop.baskets import BasketRules
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.lessons import Lessons, taught_weights, worth_by_session
from fer_core.shop.recommender import starting_weights
from fer_core.shop.shopper import Shop
from fer_core.store.reaction_store import ReactionStore

#: Weights of the shared policy, and what earlier shoppers' reactions were worth.
_Taught = tuple[bytes, tuple[Mapping[str, float], ...]]


def shop(settings: Settings) -> Shop:
    """What a new shopper begins with: the catalogue, and what those who agreed have taught the shop until now.

    Raises:
        CatalogueError: the catalogue cannot be used.
    """
    catalogue = Catalogue.load(settings.catalogue)
    identity = catalogue_identity(settings)
    start, rules = _start(identity, catalogue)
    try:
        store = reaction_store(settings)
        weights, others = _taught_now(identity, store, start, catalogue)
    except ShopError:
        # A shelf that knows the catalogue alone is better than none; the tools below it say what cannot be kept.
        weights, others = start, ()
    return Shop(catalogue, weights, rules, others)


def first_weights(settings: Settings) -> bytes:
    """Weights of a policy that knows the catalogue and nothing else.

    Raises:
        CatalogueError: the catalogue cannot be used.
    """
    return _start(catalogue_identity(settings), Catalogue.load(settings.catalogue))[0]


def catalogue_identity(settings: Settings) -> str:
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


def _taught_now(identity: str, store: ReactionStore, start: bytes, catalogue: Catalogue) -> _Taught:
    for _ in range(3):
        try:
            return _taught(identity, store.fingerprint(), store, start, catalogue)
        except _MovedError:
            # Something was kept or deleted between two looks: under this fingerprint it must not be remembered.
            continue
    return _learn(store.lessons(), start, catalogue)


@st.cache_resource(max_entries=3, show_spinner="Learning from earlier shoppers")
def _taught(
    identity: str,  # noqa: ARG001 - names the catalogue learnt from
    fingerprint: str,
    _store: ReactionStore,
    _start: bytes,
    _catalogue: Catalogue,
) -> _Taught:
    lessons = _store.lessons()
    if lessons.fingerprint != fingerprint:
        raise _MovedError
    return _learn(lessons, _start, _catalogue)


def _learn(lessons: Lessons, start: bytes, catalogue: Catalogue) -> _Taught:
    return taught_weights(lessons, start, catalogue), worth_by_session(lessons)


class _MovedError(Exception):
    """The database is not what it was a moment ago."""
