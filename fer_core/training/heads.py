"""Two heads on one trunk: one learns the original labels, one the crowd's votes; a release pools them.

The two kinds of label pull apart, so a network that is trained on a mix has the mix for good. With a head for each the
mix is chosen afterwards, on rows held back from training, and costs next to nothing at run time.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops


def two_headed(network: keras.Model) -> keras.Model:
    """A network with the trunk of another and two heads for its one.

    Args:
        network: ends in a dense softmax layer of K outputs; its other layers are shared, not copied.

    Returns:
        float32 (N, 2, K): the probabilities by label (0) and by votes (1).
    """
    outputs = int(network.output_shape[-1])
    logits = layers.Dense(2 * outputs, dtype="float32", name="heads")(network.layers[-1].input)
    shares = layers.Softmax(dtype="float32")(layers.Reshape((2, outputs), dtype="float32")(logits))
    return keras.Model(network.inputs[0], shares, name=f"{network.name}_two_headed")


def pooled_heads(trained: keras.Model, label_share: float, temperature: float) -> keras.Model:
    """An ordinary network with one output of two heads, made of plain layers.

    Its probabilities are label_share * softmax(label logits / temperature) + (1 - label_share) * softmax(vote logits /
    temperature): a linear opinion pool (Stone 1961, https://doi.org/10.1214/aoms/1177704873) of two tempered heads
    (Guo et al. 2017, https://arxiv.org/abs/1706.04599). A head that is sure wins over one that hesitates, which the
    mean of the logits does less.

    Args:
        trained: what ``two_headed`` returned; its trunk is shared, not copied.
        label_share: in [0, 1].
        temperature: above 0.

    Returns:
        float32 (N, K).
    """
    if not 0 <= label_share <= 1 or temperature <= 0:
        raise ValueError(
            f"Expected a share in [0, 1] and a temperature above 0, got {label_share}, {temperature}."
        )
    heads = trained.get_layer("heads")
    outputs = heads.units // 2
    tempered = layers.Dense(2 * outputs, dtype="float32", name="tempered_heads")
    shares = layers.Softmax(dtype="float32")(
        layers.Reshape((2, outputs), dtype="float32")(tempered(heads.input))
    )
    # Not trainable, so that nothing rounds or trains what must sum to 1.
    pool = layers.Dense(1, use_bias=False, dtype="float32", name="pool", trainable=False)
    pooled = layers.Reshape((outputs,), dtype="float32")(
        pool(layers.Permute((2, 1), dtype="float32")(shares))
    )
    network = keras.Model(trained.inputs[0], pooled, name=trained.name.removesuffix("_two_headed"))
    tempered.set_weights([weight / temperature for weight in heads.get_weights()])
    pool.set_weights([np.array([[label_share], [1 - label_share]], np.float32)])
    return network


@keras.saving.register_keras_serializable("facet")
def head_cross_entropy(y_true: Any, y_pred: Any) -> Any:
    """(N, 2) cross-entropies of (N, 2, K) targets and probabilities, in nats; targets may sum to less than 1.

    Keras's own takes a softmax apart and hands its logits to TensorFlow's fused kernel, whose gradient is right only
    for targets that sum to 1: with others all logits drift, and training falls back to guessing within three epochs.
    """
    return -ops.sum(ops.cast(y_true, "float32") * ops.log(ops.clip(y_pred, 1e-7, 1.0)), axis=-1)


@keras.saving.register_keras_serializable("facet")
class BlendAccuracy(keras.metrics.Mean):
    """How often the mean of both heads names the original label; rows without one do not count."""

    def __init__(self, name: str = "accuracy", **arguments: Any) -> None:
        super().__init__(name=name, **arguments)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # noqa: ARG002
        """Take (N, 2, K) targets and probabilities."""
        labels = ops.convert_to_tensor(y_true)[:, 0]
        named = ops.argmax(ops.mean(ops.convert_to_tensor(y_pred), axis=1), axis=-1)
        right = ops.cast(ops.equal(named, ops.argmax(labels, axis=-1)), "float32")
        super().update_state(right, sample_weight=ops.cast(ops.sum(labels, axis=-1), "float32"))
