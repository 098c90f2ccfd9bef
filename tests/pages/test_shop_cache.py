"""What a new shopper begins with is never remembered under the wrong name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from fer_core.settings import PROJECT_ROOT, Settings
from fer_core.shop.lessons import Lessons
from fer_core.store.reaction_store import ReactionStore
from pages import _shop
from tests.insights.kept import keep, liked, name, visit


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    st.cache_resource.clear()
    yield Settings.from_environment(
        {"FACET_HOME": str(tmp_path), "FACET_CATALOGUE": str(PROJECT_ROOT / "data" / "products.csv")}
    )
    st.cache_resource.clear()


def test_a_session_that_arrives_between_two_looks_is_unlearnt_when_it_is_deleted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = _shop.reaction_store(settings)
    read = store.lessons

    def late() -> Lessons:
        # Kept after the fingerprint was read, before the lessons are.
        if not read().by_session:
            keep(ReactionStore(settings.database), [[visit(liked("dark-chocolate", "Treats"))]])
        return read()

    monkeypatch.setattr(store, "lessons", late)
    assert _shop.shop(settings).others == ({"dark-chocolate": 1.0},)
    monkeypatch.undo()
    store.forget(name(0))
    assert _shop.shop(settings).others == ()
