from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fer_core.errors import ShopError
from fer_core.labels import LABELS
from fer_core.settings import PROJECT_ROOT
from fer_core.shop import reaction_log
from fer_core.shop.bandit import Bandit, Decision
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.reaction_log import Lesson, ReactionLog, taught_weights, worth_by_session
from fer_core.shop.reactions import Reaction
from fer_core.shop.recommender import item_of, starting_weights

A, B = "a" * 32, "b" * 32
HAPPY = {name: 0.8 if name == "happy" else 0.05 for name in LABELS}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(PROJECT_ROOT / "data" / "products.csv")


@pytest.fixture(scope="module")
def start(catalogue: Catalogue) -> bytes:
    return starting_weights(catalogue)


def lesson(catalogue: Catalogue, at: int = 0, **reaction: object) -> Lesson:
    product = catalogue.products[at]
    items = tuple(item_of(each) for each in catalogue.products[:10])
    return Lesson(
        Reaction(product.id, product.category, **reaction),  # type: ignore[arg-type]
        Decision(HAPPY, items, at, 0.5),
    )


def believed(weights: bytes, catalogue: Catalogue) -> int:
    items = [item_of(each) for each in catalogue.products[:10]]
    return int(Bandit(0, weights).probabilities(HAPPY, items).argmax())


def test_lessons_come_back_as_they_were(catalogue: Catalogue, tmp_path: Path) -> None:
    log = ReactionLog(tmp_path / "log")
    kept = [lesson(catalogue, 0, basket=True), Lesson(Reaction("x", "c", clicks=2), None)]
    log.keep(A, kept[:1])
    log.keep(A, kept[1:])
    assert log.read().by_session == {A: tuple(kept)}


def test_a_cut_off_line_costs_that_line_alone(catalogue: Catalogue, tmp_path: Path) -> None:
    log = ReactionLog(tmp_path)
    log.keep(A, [lesson(catalogue, basket=True)] * 2)
    path = tmp_path / f"{A}.jsonl"
    path.write_text(path.read_text()[:-40])
    assert len(log.read().by_session[A]) == 1


def test_what_is_kept_says_nothing_of_who_it_was(catalogue: Catalogue, tmp_path: Path) -> None:
    ReactionLog(tmp_path).keep(A, [lesson(catalogue, basket=True)])
    line = json.loads((tmp_path / f"{A}.jsonl").read_text())
    assert set(line) == {"reaction", "decision"}
    assert set(line["reaction"]) == set(Reaction.__dataclass_fields__)
    assert set(line["decision"]) == {"blend", "offered", "chosen", "probability"}


def test_the_shared_policy_learns_and_deleting_a_session_takes_it_all_back(
    catalogue: Catalogue, start: bytes, tmp_path: Path
) -> None:
    log = ReactionLog(tmp_path)
    untaught = taught_weights(log.read(), start, catalogue)
    before = believed(untaught, catalogue)
    liked = (before + 1) % 10
    log.keep(A, [lesson(catalogue, before, rejected=True), lesson(catalogue, liked, basket=True)] * 60)
    empty, full = ReactionLog(tmp_path / "none").read().fingerprint, log.read().fingerprint
    assert believed(taught_weights(log.read(), start, catalogue), catalogue) == liked
    log.forget(A)
    assert taught_weights(log.read(), start, catalogue) == untaught
    assert full != log.read().fingerprint == empty


def test_products_that_are_gone_teach_nothing(catalogue: Catalogue, start: bytes, tmp_path: Path) -> None:
    log = ReactionLog(tmp_path)
    log.keep(A, [lesson(catalogue, 0, basket=True)])
    other = Catalogue(catalogue.products[5:])
    assert taught_weights(log.read(), start, other) == taught_weights(
        ReactionLog(tmp_path / "none").read(), start, other
    )


def test_worth_is_told_by_session_the_newest_of_a_product(catalogue: Catalogue, tmp_path: Path) -> None:
    log = ReactionLog(tmp_path)
    first = catalogue.products[0].id
    log.keep(A, [lesson(catalogue, 0, rejected=True), lesson(catalogue, 0, basket=True)])
    log.keep(B, [lesson(catalogue, 1, rejected=True)])
    worth = worth_by_session(log.read())
    assert {first: 1.0} in worth
    assert len(worth) == 2


def test_no_lessons_leave_no_file(tmp_path: Path) -> None:
    ReactionLog(tmp_path / "log").keep(A, [])
    assert not (tmp_path / "log").exists()


def test_a_place_that_cannot_be_written_is_one_sentence(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ShopError, match="cannot be kept"):
        ReactionLog(tmp_path / "file").keep(A, [lesson(catalogue, basket=True)])


@pytest.mark.parametrize("name", ["../../secret", "short", "A" * 32, ""])
def test_a_name_cannot_lead_out_of_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        ReactionLog(tmp_path).forget(name)


def test_what_is_none_of_ours_is_passed_over(catalogue: Catalogue, tmp_path: Path) -> None:
    log = ReactionLog(tmp_path)
    log.keep(A, [lesson(catalogue, basket=True)])
    (tmp_path / "notes.jsonl").write_text("mine")
    (tmp_path / f"{B}.jsonl").write_bytes(b"\xff\xfe no text\n")
    assert {name: len(each) for name, each in log.read().by_session.items()} == {A: 1, B: 0}


def test_only_the_newest_sessions_and_so_much_of_each_are_kept(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ReactionLog(tmp_path)
    monkeypatch.setattr(reaction_log, "_MOST_SESSIONS", 2)
    for at, name in enumerate((A, B, "c" * 32)):
        log.keep(name, [lesson(catalogue, basket=True)])
        os.utime(tmp_path / f"{name}.jsonl", (at, at))
    assert list(log.read().by_session) == [B, "c" * 32]
    monkeypatch.setattr(reaction_log, "_MOST_BYTES", 10)
    log.keep(B, [lesson(catalogue, basket=True)])
    assert len(log.read().by_session[B]) == 1
