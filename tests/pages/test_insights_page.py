"""The insights page without a browser: empty, simulated, real, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fer_core.store import database
from fer_core.store.reaction_store import ReactionStore
from tests.insights.kept import keep, liked, name, passed, refused, visit
from tests.pages.conftest import labels_of, press

TABS = ("Products", "Funnel", "Expressions", "Groups", "Sessions", "Policy")
FILL = "Fill with 300 simulated shoppers"


@pytest.fixture
def local(home: Path) -> ReactionStore:
    """What the page looks at."""
    return ReactionStore(f"sqlite:///{home / 'reactions.db'}")


@pytest.fixture
def few_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty shoppers are enough to look at, and quick."""
    from fer_core.insights import simulation
    from pages import _insights_simulation

    def fill(*arguments: Any, **more: Any) -> int:
        return simulation.fill(*arguments, shoppers=40, **more)

    monkeypatch.setattr(_insights_simulation, "fill", fill)


@pytest.fixture
def open_tab(home: Path, open_page: Callable[[str], AppTest]) -> Callable[..., AppTest]:
    def run(tab: str = "Products", **state: Any) -> AppTest:
        app = open_page("insights")
        for key, value in {"insights-tab": tab, **state}.items():
            app.session_state[key] = value
        return app.run()

    return run


def words(app: AppTest) -> str:
    parts = (app.markdown, app.caption, app.info, app.warning, app.error, app.text)
    return " ".join(str(each.value) for part in parts for each in part)


def some(store: ReactionStore) -> None:
    keep(
        store, [[visit(liked("dark-chocolate", "Treats"), passed("ice-lollies", "Treats"))] for _ in range(6)]
    )


def test_with_nothing_kept_it_says_how_that_changes_and_offers_a_simulation(
    open_tab: Callable[..., AppTest],
) -> None:
    app = open_tab()
    assert not app.exception
    assert "Nothing is kept yet" in words(app)
    assert FILL in labels_of(app)


def test_every_tab_opens_on_the_simulation_which_is_marked_and_can_be_removed(
    open_tab: Callable[..., AppTest], few_simulated: None, local: ReactionStore
) -> None:
    app = press(open_tab(), FILL)
    assert len(local.lessons(simulated=True).by_session) == 40
    for tab in TABS:
        app.session_state["insights-tab"] = tab
        app.run()
        assert not app.exception, tab
        assert not app.error, tab
        assert "**Simulated.** 40 shoppers made by code" in words(app)
    app = press(app, "Remove the simulation")
    assert "Nothing is kept yet" in words(app)
    assert local.lessons(simulated=True).by_session == {}


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_on_six_shoppers(
    tab: str, open_tab: Callable[..., AppTest], local: ReactionStore
) -> None:
    some(local)
    app = open_tab(tab)
    assert not app.exception
    assert not app.error
    assert "6 shoppers agreed" in words(app)
    assert "Simulated" not in words(app)


def test_products_are_called_by_their_names_with_reviews(
    open_tab: Callable[..., AppTest], local: ReactionStore
) -> None:
    some(local)
    keep(local, [[visit(refused("gone-from-the-catalogue"))]], first=50)
    table = open_tab().dataframe[0].value
    assert table["product"].tolist() == ["Dark chocolate bar", "Fruit ice lollies", "gone-from-the-catalogue"]
    assert table.review.iloc[0].startswith("+1.00 (+0.")
    assert table.review.iloc[2] == "not enough evidence"
    assert table.shoppers.tolist() == [6, 6, 1]


def test_what_was_kept_a_moment_ago_is_seen_at_the_next_look(
    open_tab: Callable[..., AppTest], local: ReactionStore
) -> None:
    some(local)
    app = open_tab()
    assert "12 cards were shown" in words(app)
    keep(local, [[visit(liked("dark-chocolate", "Treats"))]], first=50)
    assert "13 cards were shown" in words(app.run())


def test_real_shoppers_and_simulated_ones_are_never_mixed(
    open_tab: Callable[..., AppTest], local: ReactionStore
) -> None:
    some(local)
    keep(local, [[visit(liked("dark-chocolate", "Treats"))]], simulated=True, first=50)
    app = open_tab()
    assert "12 cards were shown" in words(app)
    app.toggle[0].set_value(True).run()
    assert "1 cards were shown" in words(app)
    assert "**Simulated.**" in words(app)


def test_nothing_in_the_chosen_time_is_said(open_tab: Callable[..., AppTest], local: ReactionStore) -> None:
    some(local)
    for tab in ("Products", "Funnel", "Expressions", "Sessions"):
        app = open_tab(tab, **{"insights-period": "24 hours"})
        assert not app.exception
        assert "in this time" in words(app)


def test_strangers_see_sums_but_no_session_and_change_nothing(
    open_tab: Callable[..., AppTest], local: ReactionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_PUBLIC", "1")
    assert FILL not in labels_of(open_tab())
    some(local)
    app = open_tab()
    assert [tab.label for tab in app.tabs] == [tab for tab in TABS if tab != "Sessions"]
    keep(local, [[visit(refused("gone"))]], first=40)
    table = open_tab().dataframe[0].value
    # What one shopper saw alone is no sum.
    assert "gone" not in table["product"].tolist()
    keep(local, [[visit(liked("a"))] for _ in range(5)], simulated=True, first=50)
    app = open_tab(**{"insights-simulated": True})
    assert "**Simulated.**" in words(app)
    assert "Remove the simulation" not in labels_of(app)
    for at in range(3):
        local.forget(name(at))
    app = open_tab(**{"insights-simulated": False})
    assert "Fewer than 5 shoppers in this time" in words(app)
    assert not app.dataframe


@pytest.mark.parametrize("public", ["0", "1"], ids=["normal", "public"])
def test_a_database_that_is_away_is_one_sentence_without_its_password(
    public: str, open_page: Callable[[str], AppTest], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_PUBLIC", public)
    monkeypatch.setenv("FACET_DATABASE", "postgresql://facet:secret@127.0.0.1:9/none")
    app = open_page("insights")
    assert not app.exception
    assert len(app.error) == 1
    assert ("PostgreSQL" in app.error[0].value) == (public == "0")
    assert ("127.0.0.1" in app.error[0].value) == (public == "0")
    assert "secret" not in words(app)


def test_the_live_page_goes_on_without_its_database_says_what_waits_and_keeps_it_later(
    open_page: Callable[[str], AppTest], home: Path, local: ReactionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder in the database's place: SQLite cannot open it, until it is taken away.
    blocked = home / "reactions.db"
    blocked.mkdir()
    monkeypatch.setattr(database, "_REST", 0.0)
    app = open_page("live")
    app.session_state["source-0"] = "By hand"
    app.run()
    app.toggle[0].set_value(True).run()
    press(app, "Show me others")
    next(each for each in app.button if each.label == "Add to basket").click().run()
    press(app, "Show me others")
    assert not app.exception
    assert not app.error
    assert "Reactions to 6 cards wait and are sent again; the shelf goes on." in words(app)
    assert "are kept" not in words(app)
    blocked.rmdir()
    app.run()
    assert "Your reactions to 6 cards are kept" in words(app)
    assert "wait" not in words(app)
    assert len(local.lessons().by_session) == 1
