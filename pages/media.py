"""Media: what somebody brings, every face in it framed and read, and all of it taken away."""

from __future__ import annotations

import streamlit as st

from pages._media_pictures import pictures
from pages._media_video import video
from pages._shell import page

PICTURES, VIDEO = "Pictures", "Video"

with page(
    "Media", "Bring pictures or a video: every face is framed, named, and yours to take away as a table."
) as now:
    kind = st.segmented_control(
        "What you bring",
        (PICTURES, VIDEO),
        default=PICTURES,
        required=True,
        key="media-kind",
        persist_state="session",
    )
    if kind == VIDEO:
        video(now)
    else:
        pictures(now)
