"""The training page's settings of a preset, each beginning at the preset's own value."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from fer_core.errors import TrainingError
from fer_core.training.presets import OPTIMIZERS, PRECISIONS, SCHEDULES, Preset
from pages._training_augmentation import change_augmentation

_LABELS = ("original", "crowd's votes", "a mix", "two heads")


def change_preset(base: Preset) -> tuple[Preset, int, int | None]:
    """The widgets; gives the changed preset, the seed and the limit of rows.

    Raises:
        TrainingError: the values do not fit together.
    """
    # Another preset begins at its own values, so every key carries its name.
    changes: dict[str, Any] = {}
    one, two, three, four = st.columns(4)
    changes["epochs"] = one.number_input("Epochs", 1, 1_000, base.epochs, key=f"{base.name}-epochs")
    changes["batch"] = two.number_input("Batch", 1, 2_048, base.batch, key=f"{base.name}-batch")
    changes["learning_rate"] = three.number_input(
        "Learning rate",
        1e-6,
        1.0,
        base.learning_rate,
        step=1e-4,
        format="%.5f",
        key=f"{base.name}-rate",
    )
    changes["optimizer"] = four.selectbox(
        "Optimiser", OPTIMIZERS, OPTIMIZERS.index(base.optimizer), key=f"{base.name}-optimizer"
    )
    with st.expander("Network, labels and schedule"):
        changes |= _network(base) | _labels(base) | _schedule(base)
    with st.expander("Augmentation"):
        augmentation = change_augmentation(base)
    left, right = st.columns(2)
    seed = left.number_input("Seed", 0, 2**31 - 1, 0, key=f"{base.name}-seed")
    limit = right.number_input(
        "Most rows (0: all)",
        0,
        1_000_000,
        0,
        key=f"{base.name}-limit",
        help="At most so many training rows, drawn by seed, and as many for validation.",
    )
    try:
        changed = dataclasses.replace(base, **changes, augmentation=augmentation)
    except ValueError as error:
        raise TrainingError(str(error)) from error
    return changed, int(seed), int(limit) or None


def _network(base: Preset) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "precision": st.selectbox(
            "Precision",
            PRECISIONS,
            PRECISIONS.index(base.precision),
            key=f"{base.name}-precision",
            help="bfloat16 is faster on processors and cards that have it; others compute in float32.",
        )
    }
    if base.network != "report":
        st.caption(f"The network {base.network!r} is as it is; the report's can be changed.")
        return changes
    columns = st.columns(4)
    own = base.filters or (64, 64, 128)
    filters = tuple(
        columns[at].number_input(
            f"Filters, block {at + 1}", 1, 1_024, own[at], key=f"{base.name}-filters-{at}"
        )
        for at in range(3)
    )
    dense = columns[3].number_input("Dense units", 1, 4_096, base.dense or 512, key=f"{base.name}-dense")
    shares = base.dropouts or (0.3, 0.4, 0.3, 0.2)
    dropouts = tuple(
        column.slider(f"Dropout {at + 1}", 0.0, 0.9, shares[at], 0.05, key=f"{base.name}-dropout-{at}")
        for at, column in enumerate(st.columns(4))
    )
    changes["filters"] = () if filters == own and not base.filters else filters
    changes["dense"] = None if dense == 512 and base.dense is None else dense
    changes["dropouts"] = () if dropouts == shares and not base.dropouts else dropouts
    return changes


def _labels(base: Preset) -> dict[str, Any]:
    own = (
        "two heads"
        if base.vote_head
        else {0.0: _LABELS[0], 1.0: _LABELS[1]}.get(base.vote_weight, _LABELS[2])
    )
    mode = st.segmented_control(
        "What the network learns",
        _LABELS,
        default=own,
        required=True,
        key=f"{base.name}-labels",
        help="Votes need FER+ votes beside the data; rows without any keep their label.",
    )
    weight = {"original": 0.0, "crowd's votes": 1.0}.get(str(mode), 0.0)
    if mode == "a mix":
        weight = st.slider(
            "Share of the votes", 0.05, 0.95, base.vote_weight or 0.5, 0.05, key=f"{base.name}-votes"
        )
    smoothing = 0.0
    if mode != "two heads":
        smoothing = st.slider(
            "Label smoothing", 0.0, 0.3, base.label_smoothing, 0.01, key=f"{base.name}-smoothing"
        )
    weights = st.toggle(
        "Every label counts the same (class weights)", base.class_weights, key=f"{base.name}-weights"
    )
    return {
        "vote_weight": weight,
        "vote_head": mode == "two heads",
        "label_smoothing": smoothing,
        "class_weights": weights,
    }


def _schedule(base: Preset) -> dict[str, Any]:
    one, two, three, four = st.columns(4)
    own = SCHEDULES.index(base.schedule)
    schedule = one.selectbox("Schedule", SCHEDULES, own, key=f"{base.name}-schedule")
    warmup = two.number_input("Warm-up epochs", 0, 50, base.warmup_epochs, key=f"{base.name}-warmup")
    decay = three.number_input(
        "Weight decay (adamw)", 0.0, 1.0, base.weight_decay, step=0.01, key=f"{base.name}-decay"
    )
    patience = four.number_input(
        "Early stopping (0: off)",
        0,
        100,
        base.patience or 0,
        key=f"{base.name}-patience",
        help="Stops after so many epochs without a better validation accuracy.",
    )
    return {
        "schedule": schedule,
        "warmup_epochs": warmup,
        "weight_decay": decay,
        "patience": int(patience) or None,
    }
