"""What was read of pictures: how many there are of what, one picture with its faces, and all of it to take away."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fer_core.charts.live_view import blend_bars
from fer_core.live.smoothing import ExpressionState
from fer_core.media.pictures import SHOWN, ReadPicture, annotated_zip, faces_csv
from pages._download import download_when_made


def summary(found: tuple[ReadPicture, ...]) -> None:
    """How many there are of what, and what could not be read."""
    good = [each for each in found if not each.error]
    faces = sum(len(each.readings) for each in good)
    without = sum(not each.readings for each in good)
    parts = [f"{len(good):,} picture{'s' * (len(good) != 1)}", f"{faces:,} face{'s' * (faces != 1)}"]
    if without:
        parts.append(f"{without:,} without a face")
    st.markdown(f"**{', '.join(parts)}**")
    if wrong := [each.error for each in found if each.error]:
        with st.expander(f"{len(wrong):,} could not be read", icon=":material/error:", expanded=not good):
            st.dataframe({"why": wrong}, hide_index=True, width="stretch")


def look(good: list[ReadPicture], key: str) -> None:
    """One picture, its faces, and the blend of the one that is picked."""
    left, right = st.columns([3, 2], gap="large")
    with right:
        at = 0
        if len(good) > 1:
            at = st.selectbox(
                "Picture",
                range(len(good)),
                format_func=lambda number: good[number].name,
                key=f"media-picture-{key}",
            )
        picture = good[at]
        faces = picture.readings
        if not faces:
            st.info(
                "No face was found. Try a picture that shows one from the front, larger and in better light."
            )
        else:
            face = st.pills(
                "Face, the largest first",
                range(len(faces)),
                format_func=lambda number: f"{number + 1}: {faces[number].label}",
                default=0,
                required=True,
                key=f"media-face-{key}-{at}",
            )
            reading = faces[face or 0]
            st.html(blend_bars(ExpressionState(reading.probabilities, reading.label)))
    left.image(
        picture.annotated(SHOWN),
        channels="BGR",
        # A small one is not blown up.
        width="stretch" if picture.width > 640 else "content",
        alt=f"{picture.name} with every face found framed",
    )


def take_away(found: tuple[ReadPicture, ...], good: list[ReadPicture], forget: Callable[[], None]) -> None:
    """The table, the annotated pictures, and a way to forget all."""
    with st.container(horizontal=True):
        download_when_made("Faces (CSV)", lambda: faces_csv(found), "faces.csv", "text/csv")
        if len(good) == 1:
            download_when_made("Annotated picture", good[0].annotated_jpeg, "annotated.jpg", "image/jpeg")
        elif good:
            download_when_made(
                "Annotated pictures (zip)", lambda: annotated_zip(good), "annotated.zip", "application/zip"
            )
        st.button("Forget them", icon=":material/delete:", on_click=forget)
