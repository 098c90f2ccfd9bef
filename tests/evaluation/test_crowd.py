from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_core.errors import EvaluationError
from fer_core.evaluation.crowd import (
    agree_with_crowd,
    crowd_majority,
    tagger_agreement,
    vote_shares,
)
from fer_core.labels import FERPLUS_POSITIONS

#        neutral happy surprise sad anger disgust fear contempt unknown NF
CASES = {
    "six of ten sad": ([4, 0, 0, 6, 0, 0, 0, 0, 0, 0], 2),
    "five of ten is no majority": ([5, 0, 0, 5, 0, 0, 0, 0, 0, 0], -1),
    "a majority for fear is none of the five": ([1, 0, 0, 0, 0, 0, 9, 0, 0, 0], -1),
    "most name nothing": ([3, 0, 0, 0, 0, 0, 0, 0, 7, 0], -1),
    "no votes at all": ([0] * 10, -1),
}


@pytest.mark.parametrize(("votes", "expected"), CASES.values(), ids=CASES.keys())
def test_majority(votes: list[int], expected: int) -> None:
    assert crowd_majority(np.array([votes], np.uint8)).tolist() == [expected]


def test_shares_are_of_the_five_alone() -> None:
    votes = np.array([[1, 0, 0, 3, 0, 0, 6, 0, 0, 0], [0] * 10], np.uint8)
    np.testing.assert_allclose(vote_shares(votes), [[0, 0, 0.75, 0, 0.25], [0] * 5])


def test_agreement_by_hand() -> None:
    votes = np.array([CASES["six of ten sad"][0], [0, 10, 0, 0, 0, 0, 0, 0, 0, 0], [0] * 10], np.uint8)
    given = np.array([[0, 0, 0.5, 0, 0.5], [1, 0, 0, 0, 0], [0.2] * 5])
    found = agree_with_crowd(given, votes)
    assert (found.n, found.accuracy, found.rows) == (2, 0.5, 2)
    assert found.floor == pytest.approx(-(0.6 * np.log(0.6) + 0.4 * np.log(0.4)) / 2)
    # The second row gives happy nothing at all, which is clipped and not infinite.
    assert found.cross_entropy == pytest.approx((np.log(2) - np.log(1e-9)) / 2)


def test_rows_without_votes_leave_nothing_to_say() -> None:
    found = agree_with_crowd(np.full((2, 5), 0.2), np.zeros((2, 10), np.uint8))
    assert (found.n, found.accuracy, found.interval, found.cross_entropy, found.floor) == (
        0,
        None,
        None,
        None,
        None,
    )


def test_lengths_must_fit() -> None:
    with pytest.raises(EvaluationError, match="votes for 2 rows, got 3"):
        agree_with_crowd(np.full((2, 5), 0.2), np.zeros((3, 10), np.uint8))


@pytest.mark.parametrize(
    ("votes", "agreement", "rows"),
    [
        pytest.param([[0, 10, 0, 0, 0, 0, 0, 0, 0, 0]], 1.0, 1, id="all say happy"),
        pytest.param([[1, 9, 0, 0, 0, 0, 0, 0, 0, 0]], 0.9, 1, id="nine agree, the tenth does not"),
        pytest.param([[1, 1, 0, 0, 0, 0, 0, 0, 0, 0]], 0.0, 1, id="two who differ"),
        pytest.param(
            [[2, 2, 0, 0, 0, 0, 0, 0, 0, 0]], 0.0, 1, id="two pairs: without me the others are the majority"
        ),
        pytest.param(
            [[2, 1, 1, 0, 0, 0, 0, 0, 0, 0]],
            pytest.approx(2 / 4 * 1 / 3),
            1,
            id="a tie of three counts a third, each of the others meets a pair",
        ),
        pytest.param([[0, 1, 0, 0, 0, 9, 0, 0, 0, 0]], None, 0, id="one vote for the five has no others"),
        pytest.param([[0, 0, 0, 0, 0, 0, 0, 0, 10, 0]], None, 0, id="unknown to all"),
        pytest.param(
            [[0, 10, 0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0, 8, 0]], 0.5, 2, id="a mean over rows"
        ),
    ],
)
def test_one_tagger_against_the_others(votes: list[list[int]], agreement: float | None, rows: int) -> None:
    assert tagger_agreement(np.array(votes, dtype=np.uint8)) == (agreement, rows)


def one_against_the_others(row: list[int]) -> float | None:
    """The definition, a tagger at a time; a row is votes for the five."""
    taggers = [label for label, votes in enumerate(row) for _ in range(votes)]
    if len(taggers) < 2:
        return None
    agreed = []
    for me, mine in enumerate(taggers):
        others = Counter(taggers[:me] + taggers[me + 1 :])
        most = max(others.values())
        named = [label for label, votes in others.items() if votes == most]
        agreed.append((mine in named) / len(named))
    return sum(agreed) / len(agreed)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.lists(st.integers(0, 6), min_size=5, max_size=5), min_size=1, max_size=6))
def test_taggers_agree_as_the_definition_says(rows: list[list[int]]) -> None:
    votes = np.zeros((len(rows), 10), dtype=np.uint8)
    votes[:, FERPLUS_POSITIONS] = rows
    # Votes for none of the five never count.
    votes[:, 8] = 5
    known = [share for row in rows if (share := one_against_the_others(row)) is not None]
    agreement, counted = tagger_agreement(votes)
    assert counted == len(known)
    assert agreement == (pytest.approx(sum(known) / len(known), abs=1e-12) if known else None)
