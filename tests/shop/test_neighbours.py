from __future__ import annotations

from collections.abc import Mapping

import pytest

from fer_core.shop.neighbours import Liked, in_words, liked_by_similar

ALIKE = {"a": 1.0, "b": -1.0, "c": 0.8}
OPPOSITE = {"a": -1.0, "b": 1.0, "d": 1.0}


def test_what_shoppers_like_me_liked_comes_and_what_the_others_liked_does_not() -> None:
    (liked,) = liked_by_similar({"a": 1.0, "b": -0.5}, [ALIKE, ALIKE, OPPOSITE])
    assert (liked.product, liked.shoppers) == ("c", 2)
    assert liked.score == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("mine", "others"),
    [
        pytest.param({}, [ALIKE], id="I have not reacted yet"),
        pytest.param({"a": 1.0}, [], id="nobody came before"),
        pytest.param({"a": 1.0}, [ALIKE], id="one product in common says nothing"),
        pytest.param({"a": 1.0, "b": 1.0}, [{"a": -1.0, "b": -1.0, "c": 1.0}], id="only my opposite"),
        pytest.param({"a": 1.0, "b": 1.0}, [{"a": 1.0, "b": 1.0}], id="they know nothing else"),
        pytest.param({"a": 1.0, "b": 1.0}, [{"a": 1.0, "b": 1.0, "c": -1.0}], id="they disliked the rest"),
        pytest.param({"a": 0.0, "b": 0.0}, [ALIKE], id="nothing was worth anything to me"),
    ],
)
def test_nothing_is_made_up(mine: Mapping[str, float], others: list[Mapping[str, float]]) -> None:
    assert liked_by_similar(mine, others) == ()


def test_the_best_comes_first_and_equals_by_name() -> None:
    others = [{"a": 1.0, "b": 1.0, "z": 0.5, "y": 0.5, "x": 1.0}]
    assert [each.product for each in liked_by_similar({"a": 1.0, "b": 1.0}, others)] == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("shoppers", "words"), [(1, "A shopper who reacted like you"), (3, "3 shoppers who reacted like you")]
)
def test_it_says_how_many_they_are(shoppers: int, words: str) -> None:
    assert in_words(Liked("a", 1.0, shoppers)).startswith(words)
