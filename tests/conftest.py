"""What several test folders share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The real data's folder (FACET_TEST_DATA), or a skip that says so."""
    folder = os.environ.get("FACET_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("FACET_TEST_DATA names no folder; the real rows are not part of the project")
    return Path(folder)
