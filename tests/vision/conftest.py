"""A picture with a face in it."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """The public-domain portrait of Eileen Collins that scikit-image carries, uint8 (512, 512, 3), blue first;
    one face, about 80 pixels wide, centred near (222, 124)."""
    data = pytest.importorskip("skimage.data", reason="scikit-image carries the portrait")
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])
