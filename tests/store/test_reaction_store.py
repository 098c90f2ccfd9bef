from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import sqlalchemy as sa

from fer_core.errors import ShopError
from fer_core.shop.bandit import Decision, Item
from fer_core.shop.lessons import Lesson
from fer_core.shop.reactions import Reaction
from fer_core.store import reaction_store
from fer_core.store.reaction_store import ReactionStore
from fer_core.store.schema import CARDS, METADATA, PANELS, SESSIONS
from tests.store.panels import ITEMS, panel, unseen

A, B, C = "a" * 32, "b" * 32, "c" * 32


def count(store: ReactionStore, table: sa.Table) -> int:
    with store.database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_panels_come_back_as_they_were(store: ReactionStore) -> None:
    assert store.keep(A, [panel(0)]) == 6
    assert store.keep(A, [panel(1, "sad", basket=2), unseen(2)]) == 12
    store.keep(B, [panel(0, "uncertain")])
    uncertain = panel(0, "uncertain")
    # What was drawn without a clear expression was drawn without a blend.
    blind = tuple(
        lesson
        if lesson.decision is None
        else Lesson(lesson.reaction, dataclasses.replace(lesson.decision, blend=None))
        for lesson in uncertain.lessons
    )
    assert store.lessons().by_session == {
        A: (panel(0), panel(1, "sad", basket=2), unseen(2)),
        B: (dataclasses.replace(uncertain, lessons=blind),),
    }


def test_what_is_sent_again_counts_once(store: ReactionStore) -> None:
    store.keep(A, [panel(0)])
    store.keep(A, [panel(0), panel(1)])
    assert (count(store, SESSIONS), count(store, PANELS), count(store, CARDS)) == (1, 2, 12)


def test_deleting_a_session_leaves_nothing_of_it(store: ReactionStore) -> None:
    store.keep(A, [panel(0)])
    before = store.fingerprint()
    store.keep(B, [panel(0), panel(1)])
    assert store.fingerprint() != before
    store.forget(B)
    assert store.fingerprint() == before == store.lessons().fingerprint
    assert (count(store, SESSIONS), count(store, PANELS), count(store, CARDS)) == (1, 1, 6)
    store.forget(C)


def test_a_session_after_a_deleted_one_is_another(store: ReactionStore) -> None:
    store.keep(A, [panel(0)])
    before = store.fingerprint()
    store.forget(A)
    store.keep(A, [panel(0)])
    assert store.fingerprint() != before


def test_nothing_to_keep_makes_no_session(store: ReactionStore) -> None:
    assert store.keep(A, []) == 0
    assert count(store, SESSIONS) == 0


def test_simulated_sessions_teach_nothing_and_go_together(store: ReactionStore) -> None:
    store.keep(A, [panel(0)])
    store.keep_many({B: [panel(0)], C: [panel(0)]}, simulated=True)
    assert list(store.lessons().by_session) == [A]
    assert count(store, SESSIONS) == 3
    store.forget_simulated()
    assert count(store, CARDS) == 6


def test_only_the_newest_sessions_teach_and_of_each_the_first_panels(
    store: ReactionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaction_store, "_TEACHING_SESSIONS", 2)
    monkeypatch.setattr(reaction_store, "_TEACHING_PANELS", 1)
    for name in (A, B, C):
        store.keep(name, [panel(0), panel(1)])
    assert {name: len(panels) for name, panels in store.lessons().by_session.items()} == {B: 1, C: 1}
    assert count(store, CARDS) == 36


def test_a_product_that_changed_is_known_as_it_was_told_last(store: ReactionStore) -> None:
    store.keep(A, [panel(0)])
    other = Item(ITEMS[0].id, "moved", 99.0)
    told = dataclasses.replace(
        panel(0), lessons=(Lesson(Reaction(other.id, "moved"), Decision(None, (other,), 0, 1.0)),)
    )
    store.keep(B, [told])
    offered = store.lessons().by_session[A][0].lessons[0].decision.offered  # type: ignore[union-attr]
    assert offered[0] == other


@pytest.mark.parametrize("text", ["'; DROP TABLE cards; --", "ÄÖ 漢字 🧁", "a\nb", "%s %(x)s :x", "a" * 400])
def test_any_text_is_harmless(store: ReactionStore, text: str) -> None:
    item = Item(text, text, 2.0)
    told = dataclasses.replace(
        panel(0), lessons=(Lesson(Reaction(text, text, clicks=1), Decision(None, (item,), 0, 1.0)),)
    )
    store.keep(A, [told])
    assert store.lessons().by_session[A][0].lessons[0].reaction.product == text


@pytest.mark.parametrize("name", ["../../secret", "short", "A" * 32, "", "a" * 65])
def test_a_session_s_name_is_random_digits_and_nothing_else(store: ReactionStore, name: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        store.forget(name)
    with pytest.raises(ValueError, match="hexadecimal"):
        store.keep(name, [panel(0)])


def test_no_column_could_hold_who_somebody_is() -> None:
    """A new column has to be thought about: this is all there is."""
    columns = {
        f"{table.name}.{column.name}" for table in METADATA.tables.values() for column in table.columns
    }
    assert columns == {
        *(f"sessions.{name}" for name in ("key", "name", "started", "simulated")),
        *(f"products.{name}" for name in ("key", "id", "category", "price")),
        *(f"panels.{name}" for name in ("session", "number", "shown", "left", "label")),
        *(f"panels.{name}" for name in ("angry", "happy", "sad", "surprise", "neutral")),
        *(f"cards.{name}" for name in ("session", "panel", "place", "product", "left", "label", "simulated")),
        *(f"cards.{name}" for name in ("seconds", "positive", "negative", "surprise", "clicks", "basket")),
        *(f"cards.{name}" for name in ("rejected", "worth", "probability", "offered")),
    }


def test_no_more_panels_teach_than_a_new_shopper_can_wait_for(
    store: ReactionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaction_store, "_TEACHING_IN_ALL", 3)
    for name in (A, B, C):
        store.keep(name, [panel(0), panel(1)])
    assert list(store.lessons().by_session) == [C]
    monkeypatch.setattr(reaction_store, "_TEACHING_IN_ALL", 4)
    assert list(store.lessons().by_session) == [B, C]


def test_what_was_deleted_is_in_no_file(tmp_path: Path) -> None:
    store = ReactionStore(f"sqlite:///{tmp_path / 'reactions.db'}")
    store.keep(B, [panel(0)])
    assert any(B.encode() in path.read_bytes() for path in tmp_path.iterdir())
    store.forget(B)
    assert not any(B.encode() in path.read_bytes() for path in tmp_path.iterdir())
    store.database.close()


def test_a_session_that_is_deleted_while_it_is_kept_is_one_sentence(
    store: ReactionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the row had gone between the two statements: the insert finds it there, the look for its key does not.
    monkeypatch.setattr(store, "_insert", lambda table: sa.select(table.c[0]).where(sa.false()))
    with pytest.raises(ShopError, match="deleted while"):
        store.keep(A, [panel(0)])


def test_a_row_that_is_none_of_ours_is_passed_over(store: ReactionStore) -> None:
    store.keep(A, [panel(0), panel(1)])
    with store.database.writing() as connection:
        connection.execute(sa.update(PANELS).where(PANELS.c.number == 0).values(label="bored"))
    assert [each.number for each in store.lessons().by_session[A]] == [1]


def test_half_a_transaction_is_none(store: ReactionStore) -> None:
    with pytest.raises(RuntimeError), store.database.writing() as connection:  # noqa: PT012 - the point is what follows
        connection.execute(sa.insert(SESSIONS), [{"name": A, "started": 0.0, "simulated": False}])
        raise RuntimeError
    assert count(store, SESSIONS) == 0


def test_a_transaction_that_fails_is_one_sentence(store: ReactionStore) -> None:
    with pytest.raises(ShopError, match="does not do its part"), store.database.writing() as connection:
        connection.execute(sa.text("SELECT * FROM nowhere"))
