from __future__ import annotations

import pytest

from fer_core.insights.selection import Selection
from fer_core.insights.sessions import newest_sessions, session_cards
from fer_core.store.reaction_store import ReactionStore
from tests.insights.kept import START, keep, liked, name, passed, refused, visit


def test_the_newest_sessions_come_first(store: ReactionStore) -> None:
    keep(
        store,
        [
            [visit(liked("a"), passed("b"), start=START + at), visit(liked("c"), number=1, start=START + 50)]
            for at in (2, 0, 1)
        ],
    )
    keep(store, [[visit(liked("a"))]], simulated=True, first=9)
    found = newest_sessions(store.database, Selection())
    assert [each.name for each in found] == [name(0), name(2), name(1)]
    assert (found[0].started, found[0].panels, found[0].basket) == (START + 2, 2, 2)
    assert len(newest_sessions(store.database, Selection(), most=1)) == 1
    assert newest_sessions(store.database, Selection(since=START + 90)) == ()


def test_a_session_card_by_card_in_the_order_of_showing(store: ReactionStore) -> None:
    first = visit(liked("a"), refused("b"))
    second = visit(passed("c"), number=1, label="no face", start=START + 30)
    keep(store, [[first, second]])
    cards = session_cards(store.database, name(0))
    assert cards["product"].tolist() == ["a", "b", "c"]
    assert cards.shown.tolist() == [0, 0, 30]
    assert cards.worth.tolist() == [1, -1, 0]
    assert cards.happy.isna().tolist() == [False, False, True]
    store.forget(name(0))
    assert len(session_cards(store.database, name(0))) == 0


@pytest.mark.parametrize("text", ["' OR 1=1 --", ""])
def test_no_name_opens_another_s_session(store: ReactionStore, text: str) -> None:
    keep(store, [[visit(liked("a"))]])
    assert len(session_cards(store.database, text)) == 0
