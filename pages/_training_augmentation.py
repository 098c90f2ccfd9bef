"""The training page's random changes to the faces, each beginning at the preset's own value."""

from __future__ import annotations

import streamlit as st

from fer_core.training.presets import Augmentation, Preset


def change_augmentation(base: Preset) -> Augmentation | None:
    """The widgets; None where the faces stay as they are."""
    own = base.augmentation or Augmentation()
    if not st.toggle(
        "Change the faces at random in every epoch",
        base.augmentation is not None,
        key=f"{base.name}-augment",
    ):
        return None
    left, right = st.columns(2)
    ranges = {
        "rotation": ("Rotation, degrees", 45.0, 1.0),
        "zoom": ("Zoom, share", 0.5, 0.01),
        "shift": ("Shift, pixels", 10.0, 0.5),
        "contrast": ("Contrast, share", 0.8, 0.05),
        "brightness": ("Brightness, grey values", 80.0, 1.0),
        "erase": ("Share with a rectangle erased", 1.0, 0.05),
        "webcam": ("Share worn like a cheap camera's", 1.0, 0.05),
    }
    values = {
        name: (left, right)[at % 2].slider(
            words, 0.0, highest, float(getattr(own, name)), step, key=f"{base.name}-{name}"
        )
        for at, (name, (words, highest, step)) in enumerate(ranges.items())
    }
    flip = right.toggle("Mirror half of them", own.flip, key=f"{base.name}-flip")
    return Augmentation(**values, flip=flip)
