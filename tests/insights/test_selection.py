from __future__ import annotations

import pytest

from fer_core.insights.selection import Selection, shoppers_in, what_is_kept
from fer_core.store.reaction_store import ReactionStore
from tests.insights.kept import START, keep, liked, name, visit


def test_nothing_is_kept_at_first(store: ReactionStore) -> None:
    found = what_is_kept(store.database)
    assert (found.shoppers, found.simulated, found.first, found.last) == (0, 0, None, None)


def test_real_and_simulated_shoppers_are_counted_apart_and_every_change_shows(store: ReactionStore) -> None:
    versions = [what_is_kept(store.database).version]

    def changed() -> bool:
        versions.append(what_is_kept(store.database).version)
        return versions[-1] not in versions[:-1]

    keep(store, [[visit(liked("a"))], [visit(liked("a"), start=START + 5)]])
    assert changed()
    keep(store, [[visit(liked("a"))]], simulated=True, first=9)
    assert changed()
    found = what_is_kept(store.database)
    assert (found.shoppers, found.simulated, found.first, found.last) == (2, 1, START, START + 5)
    store.keep(name(0), [visit(liked("b"), number=1)])
    assert changed()
    store.forget(name(0))
    assert changed()
    keep(store, [[visit(liked("a")), visit(liked("b"), number=1)]], first=20)
    assert changed()


def test_shoppers_of_a_time_are_counted(store: ReactionStore) -> None:
    keep(store, [[visit(liked("a"), start=START + at)] for at in range(3)])
    keep(store, [[visit(liked("a"))]], simulated=True, first=9)
    assert shoppers_in(store.database, Selection()) == 3
    assert shoppers_in(store.database, Selection(since=START + 1, until=START + 1)) == 1
    assert shoppers_in(store.database, Selection(simulated=True)) == 1


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="after the beginning"):
        Selection(2.0, 1.0)
