from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fer_core.errors import EvaluationError
from fer_core.insights.clusters import clusters
from fer_core.labels import LABELS


def cards_of(likes: dict[str, str], shoppers: int = 60, category: str = "") -> pd.DataFrame:
    """Every shopper meets every product under every expression and likes it under the one that is named."""
    random = np.random.default_rng(0)
    rows = [
        {
            "session": shopper,
            "product": product,
            "category": category or f"goes {best}",
            "label": label,
            "worth": float(label == best) + random.normal(0, 0.1),
        }
        for shopper in range(shoppers)
        for product, best in likes.items()
        for label in LABELS
    ]
    return pd.DataFrame(rows)


LIKES = {f"h{at}": "happy" for at in range(5)} | {f"s{at}": "sad" for at in range(4)}


def test_products_that_follow_the_same_expression_are_found_and_named_by_it() -> None:
    found = clusters(cards_of(LIKES))
    assert [set(each.products) for each in found] == [
        {f"h{at}" for at in range(5)},
        {f"s{at}" for at in range(4)},
    ]
    assert found[0].name.startswith("goes happy: goes with happy, not with ")
    assert found[1].name.startswith("goes sad: goes with sad, not with ")
    assert found[0].profile[LABELS.index("happy")] == max(found[0].profile)


def test_the_same_cards_give_the_same_clusters() -> None:
    assert clusters(cards_of(LIKES)) == clusters(cards_of(LIKES))


def test_products_that_nobody_tells_apart_are_one_group_of_whatever_mood() -> None:
    cards = cards_of(dict.fromkeys("abcdef", "happy"), category="c").assign(worth=0.5)
    (found,) = clusters(cards)
    assert set(found.products) == set("abcdef")
    assert found.name == "c: whatever the mood"


@pytest.mark.parametrize(
    ("likes", "shoppers"),
    [
        pytest.param(dict.fromkeys("abc", "happy"), 60, id="three products"),
        pytest.param(LIKES, 19, id="19 shoppers"),
    ],
)
def test_too_little_is_one_sentence(likes: dict[str, str], shoppers: int) -> None:
    with pytest.raises(EvaluationError, match="four products"):
        clusters(cards_of(likes, shoppers))


def test_nothing_at_all_is_one_sentence() -> None:
    with pytest.raises(EvaluationError, match="there are 0"):
        clusters(cards_of(LIKES).iloc[:0])
