from __future__ import annotations

import keras
import numpy as np
import pytest

from fer_core.evaluation.calibration import pool
from fer_core.training.heads import BlendAccuracy, head_cross_entropy, pooled_heads, two_headed
from fer_core.training.networks import build_network

pytestmark = pytest.mark.trains

FACES = np.random.default_rng(0).integers(0, 256, (6, 48, 48, 1)).astype(np.float32)


@pytest.fixture
def heads() -> tuple[keras.Model, keras.Model]:
    keras.utils.set_random_seed(3)
    network = build_network("tiny", 5)
    return network, two_headed(network)


def test_two_heads_each_give_probabilities(heads: tuple[keras.Model, keras.Model]) -> None:
    shares = np.asarray(heads[1](FACES))
    assert shares.shape == (6, 2, 5)
    np.testing.assert_allclose(shares.sum(axis=2), 1, atol=1e-5)


@pytest.mark.parametrize(("share", "temperature"), [(1.0, 1.0), (0.0, 1.0), (0.4, 1.7)])
def test_a_pool_is_the_weighted_mean_of_the_tempered_heads(
    heads: tuple[keras.Model, keras.Model], share: float, temperature: float
) -> None:
    _, trained = heads
    logits = np.log(np.asarray(trained(FACES), np.float64))
    network = pooled_heads(trained, share, temperature)
    assert network.output_shape == (None, 5)
    np.testing.assert_allclose(np.asarray(network(FACES)), pool(logits, share, temperature), atol=1e-5)


@pytest.mark.parametrize(("share", "temperature"), [(-0.1, 1.0), (1.1, 1.0), (0.5, 0.0)])
def test_a_pool_that_makes_no_sense_is_refused(
    heads: tuple[keras.Model, keras.Model], share: float, temperature: float
) -> None:
    with pytest.raises(ValueError, match="Expected a share"):
        pooled_heads(heads[1], share, temperature)


def test_a_target_that_sums_to_less_than_one_still_has_its_own_minimum(
    heads: tuple[keras.Model, keras.Model],
) -> None:
    """Keras's cross-entropy has another gradient there: nothing is learnt from a row of zeros, and much goes wrong."""
    _, trained = heads
    trained.compile(keras.optimizers.SGD(1.0), head_cross_entropy)
    before = trained.get_weights()
    trained.fit(FACES, np.zeros((6, 2, 5), np.float32), verbose=0)
    for old, new in zip(before, trained.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_loss_by_hand() -> None:
    given = np.array([[[0.5, 0.5], [0.25, 0.75]]], np.float32)
    targets = np.array([[[1, 0], [0.2, 0.4]]], np.float32)
    expected = [[-np.log(0.5), -(0.2 * np.log(0.25) + 0.4 * np.log(0.75))]]
    np.testing.assert_allclose(np.asarray(head_cross_entropy(targets, given)), expected, rtol=1e-5)


def test_accuracy_is_of_the_mean_head_on_rows_with_a_label() -> None:
    metric = BlendAccuracy()
    given = np.array(
        [[[0.6, 0.4], [0.1, 0.9]], [[0.9, 0.1], [0.9, 0.1]], [[0.9, 0.1], [0.9, 0.1]]], np.float32
    )
    targets = np.array([[[0, 1], [1, 0]], [[0, 1], [0, 1]], [[0, 0], [1, 0]]], np.float32)
    metric.update_state(targets, given)
    assert float(metric.result()) == 0.5
