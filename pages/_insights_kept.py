"""What the insights page has computed: remembered for all visitors, as long as nothing was kept or deleted meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

T = TypeVar("T")


class _MovedError(Exception):
    """Something was kept or deleted while it was computed; carries the result, which is not remembered."""

    def __init__(self, result: Any) -> None:
        self.result = result


def kept(key: str, compute: Callable[[], T], still: Callable[[], bool]) -> T:
    """``compute()``, or what it gave before under the same key.

    ``still`` says whether the rows are those that the key names; if not, the result may hold what was deleted.
    """
    try:
        found: T = _kept(key, compute, still)
    except _MovedError as moved:
        found = moved.result
    return found


def kept_cards(key: str, compute: Callable[[], pd.DataFrame], still: Callable[[], bool]) -> pd.DataFrame:
    """The same for cards, which are large: of few selections at a time."""
    try:
        found: pd.DataFrame = _kept_cards(key, compute, still)
    except _MovedError as moved:
        found = moved.result
    return found


def forget_results() -> None:
    """Remember nothing: rows were deleted."""
    _kept.clear()
    _kept_cards.clear()


def _computed(compute: Callable[[], T], still: Callable[[], bool]) -> T:
    result = compute()
    if not still():
        raise _MovedError(result)
    return result


@st.cache_resource(max_entries=60, ttl=600, show_spinner="Computing")
def _kept(key: str, _compute: Callable[[], T], _still: Callable[[], bool]) -> T:  # noqa: ARG001
    return _computed(_compute, _still)


@st.cache_resource(max_entries=3, ttl=600, show_spinner="Computing")
def _kept_cards(
    key: str,  # noqa: ARG001
    _compute: Callable[[], pd.DataFrame],
    _still: Callable[[], bool],
) -> pd.DataFrame:
    return _computed(_compute, _still)
