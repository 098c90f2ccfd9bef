"""The networks: the report's, the released one, a small one that doubts labels, and a tiny one for tests. Plain Keras 3, any backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import keras
from keras import layers

from fer_core.training.presets import Preset

INPUT_SHAPE: Final = (48, 48, 1)


def build_network(
    name: str,
    outputs: int,
    *,
    filters: Sequence[int] = (),
    dense: int | None = None,
    dropouts: Sequence[float] = (),
) -> keras.Model:
    """Build a network by name.

    Every network takes float32 (N, 48, 48, 1) grey values in 0..255 (normalisation is inside it, without
    parameters) and gives (N, outputs) softmax probabilities.

    Args:
        name: a key of NETWORKS.
        outputs: 7 (all FER-2013 tags) or 5 (LABELS).
        filters, dense, dropouts: of the network "report", as in Preset; ValueError for any other.
    """
    if name == "report":
        return _report(outputs, filters or (64, 64, 128), dense or 512, dropouts or (0.3, 0.4, 0.3, 0.2))
    if filters or dense or dropouts:
        raise ValueError(
            f"Expected filters, dense units and dropouts only for the network 'report', got {name!r}."
        )
    return NETWORKS[name](outputs)


def network_of(preset: Preset) -> keras.Model:
    """The network that a preset names, with its outputs and settings."""
    return build_network(
        preset.network,
        len(preset.output_labels),
        filters=preset.filters,
        dense=preset.dense,
        dropouts=preset.dropouts,
    )


def _report(
    outputs: int,
    filters: Sequence[int] = (64, 64, 128),
    dense: int = 512,
    dropouts: Sequence[float] = (0.3, 0.4, 0.3, 0.2),
) -> keras.Model:
    """The source report's network (its figures 14 and 17): 861,767 parameters with seven outputs."""
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.Rescaling(1 / 255),
            layers.Conv2D(filters[0], 3, activation="relu"),
            layers.Conv2D(filters[0], 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(dropouts[0]),
            layers.Conv2D(filters[1], 3, activation="relu"),
            layers.Conv2D(filters[1], 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(dropouts[1]),
            layers.Conv2D(filters[2], 3, activation="relu"),
            layers.Conv2D(filters[2], 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(dense, activation="relu"),
            layers.Dropout(dropouts[2]),
            layers.Dense(dense, activation="relu"),
            layers.Dropout(dropouts[3]),
            layers.Dense(outputs, activation="softmax", dtype="float32"),
        ],
        name="report",
    )


def _tiny(outputs: int) -> keras.Model:
    """A few thousand parameters: trains in seconds, for tests and for trying the machinery."""
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(outputs, activation="softmax", dtype="float32"),
        ],
        name="tiny",
    )


def _small(outputs: int) -> keras.Model:
    """Some 95,000 parameters and 7 million multiply-adds: good enough to doubt a label, and trained in minutes."""
    picture = keras.Input(INPUT_SHAPE)
    x = _standardised(picture)
    x = layers.Conv2D(24, 5, strides=2, padding="same", activation="relu")(x)
    for width in (32, 64):
        x = _convolution(x, width, normalised=False)
        x = layers.MaxPooling2D()(x)
    x = _convolution(x, 96, normalised=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return keras.Model(picture, layers.Dense(outputs, activation="softmax", dtype="float32")(x), name="small")


def _strided(outputs: int) -> keras.Model:
    """A dense residual network (He et al. 2016, https://arxiv.org/abs/1512.03385): a stem that halves the picture at
    once, a block, and two stages of a convolution and a block; some 1.9 million parameters and 150 million
    multiply-adds. Layers at full size make a CPU wait for memory.

    Each picture is standardised inside the network, so lighting and contrast of a camera matter little.
    """
    picture = keras.Input(INPUT_SHAPE)
    x = _standardised(picture)
    x = layers.Conv2D(64, 5, strides=2, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
    x = _residual_block(x, 64, normalised=True)
    for width in (128, 256):
        x = layers.MaxPooling2D()(x)
        x = _convolution(x, width, normalised=True)
        x = _residual_block(x, width, normalised=True)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Dense(outputs, activation="softmax", dtype="float32")(x)
    return keras.Model(picture, x, name="strided")


def _standardised(picture: keras.KerasTensor) -> keras.KerasTensor:
    """Each picture with mean 0 and deviation 1, without parameters, so that light and contrast matter little."""
    x = layers.Rescaling(1 / 255, dtype="float32")(picture)
    return layers.LayerNormalization(
        axis=(1, 2, 3), center=False, scale=False, epsilon=1e-3, dtype="float32", name="standardise"
    )(x)


def _convolution(x: keras.KerasTensor, width: int, *, normalised: bool) -> keras.KerasTensor:
    x = layers.Conv2D(width, 3, padding="same", use_bias=not normalised, kernel_initializer="he_normal")(x)
    if normalised:
        x = layers.BatchNormalization(momentum=0.95)(x)
    return layers.ReLU()(x)


def _residual_block(x: keras.KerasTensor, width: int, *, normalised: bool) -> keras.KerasTensor:
    """The second convolution starts at zero, so the block is an identity at first, which trains more calmly
    (Zhang et al. 2019, https://arxiv.org/abs/1901.09321)."""
    y = _convolution(x, width, normalised=normalised)
    y = layers.Conv2D(
        width,
        3,
        padding="same",
        use_bias=not normalised,
        kernel_initializer="he_normal" if normalised else "zeros",
    )(y)
    if normalised:
        y = layers.BatchNormalization(momentum=0.95, gamma_initializer="zeros")(y)
    return layers.ReLU()(layers.Add()([x, y]))


#: Name -> builder taking the number of outputs.
NETWORKS: Final[dict[str, Callable[[int], keras.Model]]] = {
    "report": _report,
    "tiny": _tiny,
    "small": _small,
    "strided": _strided,
}
