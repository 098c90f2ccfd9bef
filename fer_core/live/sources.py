"""States that come from elsewhere than a stream: a still picture, or a person's own choice."""

from __future__ import annotations

from collections.abc import Sequence

from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN, ExpressionState, SmoothingSettings
from fer_core.vision.faces import FaceReading


def state_from_readings(
    readings: Sequence[FaceReading], settings: SmoothingSettings | None = None
) -> ExpressionState:
    """The state that a still picture shows: its first (largest) face, without smoothing."""
    if not readings:
        return ExpressionState(None, NO_FACE)
    face = readings[0]
    threshold = (settings or SmoothingSettings()).threshold
    return ExpressionState(face.probabilities, face.label if face.confidence >= threshold else UNCERTAIN)


def state_from_label(label: str, strength: float = 0.8) -> ExpressionState:
    """An expression picked by hand.

    Args:
        label: one of LABELS.
        strength: its share of the blend in [0.2, 1]; the others share the rest equally.

    Raises:
        ValueError: another label, or a strength below an equal share or above 1.
    """
    if label not in LABELS:
        raise ValueError(f"Expected one of {LABELS}, got {label!r}.")
    if not 1 / len(LABELS) <= strength <= 1:
        raise ValueError(f"Expected a strength in [{1 / len(LABELS)}, 1], got {strength}.")
    rest = (1 - strength) / (len(LABELS) - 1)
    return ExpressionState({name: strength if name == label else rest for name in LABELS}, label)
