from __future__ import annotations

import numpy as np
import pytest

from fer_core.training.networks import NETWORKS, build_network


def test_the_report_s_network_layer_by_layer() -> None:
    network = build_network("report", 7)
    assert network.count_params() == 861_767
    # The output shapes of the report's figure 14.
    shapes = [layer.output.shape[1:] for layer in network.layers if layer.count_params()]
    assert shapes == [
        (46, 46, 64), (44, 44, 64), (20, 20, 64), (18, 18, 64), (7, 7, 128), (5, 5, 128), (512,), (512,), (7,),
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(NETWORKS))
@pytest.mark.parametrize("outputs", [5, 7])
def test_every_network_takes_raw_grey_values_and_gives_probabilities(name: str, outputs: int) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1)).astype(np.float32)
    probabilities = np.asarray(build_network(name, outputs)(faces, training=False))
    assert probabilities.shape == (3, outputs)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_the_released_network_does_not_see_brightness_and_hardly_contrast() -> None:
    network = build_network("strided", 5)
    face = np.random.default_rng(0).integers(60, 120, (1, 48, 48, 1)).astype(np.float32)
    plain = np.asarray(network(face, training=False))
    np.testing.assert_allclose(np.asarray(network(face + 50, training=False)), plain, atol=1e-4)
    np.testing.assert_allclose(np.asarray(network(face * 1.5, training=False)), plain, atol=2e-2)
