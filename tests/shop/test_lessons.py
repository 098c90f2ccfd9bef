from __future__ import annotations

from dataclasses import replace

import pytest

from fer_core.labels import LABELS
from fer_core.settings import PROJECT_ROOT
from fer_core.shop.bandit import Bandit, Decision
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.lessons import Lesson, Lessons, ShownPanel, taught_weights, worth_by_session
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


def shown(*lessons: Lesson, number: int = 0) -> ShownPanel:
    return ShownPanel(number, 1.0, 2.0, "happy", HAPPY, lessons)


def believed(weights: bytes, catalogue: Catalogue) -> int:
    items = [item_of(each) for each in catalogue.products[:10]]
    return int(Bandit(0, weights).probabilities(HAPPY, items).argmax())


def test_the_shared_policy_learns_and_without_the_lessons_it_is_as_before(
    catalogue: Catalogue, start: bytes
) -> None:
    untaught = taught_weights(Lessons({}, ""), start, catalogue)
    before = believed(untaught, catalogue)
    liked = (before + 1) % 10
    panel = shown(lesson(catalogue, before, rejected=True), lesson(catalogue, liked, basket=True))
    panels = tuple(replace(panel, number=number) for number in range(60))
    assert believed(taught_weights(Lessons({A: panels}, ""), start, catalogue), catalogue) == liked
    assert taught_weights(Lessons({}, ""), start, catalogue) == untaught


def test_products_that_are_gone_teach_nothing(catalogue: Catalogue, start: bytes) -> None:
    other = Catalogue(catalogue.products[5:])
    taught = Lessons({A: (shown(lesson(catalogue, 0, basket=True)),)}, "")
    assert taught_weights(taught, start, other) == taught_weights(Lessons({}, ""), start, other)


def test_worth_is_told_by_session_the_newest_of_a_product(catalogue: Catalogue) -> None:
    first, second = catalogue.products[0].id, catalogue.products[1].id
    panels = (
        shown(lesson(catalogue, 0, rejected=True)),
        shown(lesson(catalogue, 0, basket=True), number=1),
    )
    lessons = Lessons({A: panels, B: (shown(lesson(catalogue, 1, rejected=True)),)}, "")
    assert worth_by_session(lessons) == ({first: 1.0}, {second: -1.0})


@pytest.mark.parametrize(
    ("reactions", "teaching"),
    [
        pytest.param([{"seconds": 0.5}, {}], 0, id="flew by"),
        pytest.param([{"seconds": 1.0}, {}], 2, id="seen"),
        pytest.param([{"clicks": 1}, {}], 2, id="one was opened, so the other was passed over"),
        pytest.param([{"rejected": True}, {}], 2, id="not for me"),
        pytest.param([], 0, id="no cards"),
    ],
)
def test_a_panel_teaches_once_anything_of_it_was_reacted_to(
    catalogue: Catalogue, reactions: list[dict[str, object]], teaching: int
) -> None:
    lessons = [lesson(catalogue, at, **reaction) for at, reaction in enumerate(reactions)]
    assert len(shown(*lessons).teaching) == teaching


@pytest.mark.parametrize(
    "changes",
    [
        {"number": -1},
        {"shown": 3.0},
        {"shown": -1.0},
        {"shown": float("nan")},
        {"label": "bored"},
        {"blend": {"happy": 1.0}},
    ],
)
def test_a_panel_checks_itself(catalogue: Catalogue, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        replace(shown(lesson(catalogue)), **changes)  # type: ignore[arg-type]
