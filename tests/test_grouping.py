"""What belongs together runs in one worker (tests/conftest.py): it was lost once without a word, and browsers ran two at a time."""

from __future__ import annotations

import pytest


def test_the_groups_reach_the_workers(request: pytest.FixtureRequest) -> None:
    if not hasattr(request.config, "workerinput"):
        pytest.skip("one process runs everything (-n 0)")
    assert request.node.nodeid.endswith("@tests/test_grouping.py"), (
        f"pytest-xdist deals each test by itself: {request.node.nodeid} names no group. A pytest that it does not know?"
    )
