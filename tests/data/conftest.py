"""The real rows, for tests of facts about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fer_core.data.reading import FerDataset


@pytest.fixture(scope="session")
def real_dataset(test_data: Path) -> FerDataset:
    """FER-2013's Training and PublicTest rows with their votes."""
    with np.load(test_data / "fer2013_dev.npz") as content:
        return FerDataset(
            content["pixels"],
            content["emotion"].astype(np.uint8),
            content["usage"].astype(np.str_),
            np.arange(len(content["emotion"])),
            content["ferplus_votes"].astype(np.uint8),
        )
