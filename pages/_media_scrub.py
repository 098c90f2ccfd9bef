"""A video that was read, at a second one picks."""

from __future__ import annotations

import streamlit as st

from fer_core.charts.live_timeline import video_timeline
from fer_core.charts.live_view import blend_bars, card_face, shelf_head
from fer_core.media.video import VideoReading
from fer_core.settings import Settings
from fer_core.shop.bandit import Bandit
from fer_core.shop.recommender import Recommender
from pages._shell import errors_as_sentences
from pages._shop import shop


@st.fragment
def scrub(settings: Settings, reading: VideoReading, key: str) -> None:
    """The timeline, and what the video shows and the shop would at the second that is picked."""
    states = [each.state for each in reading.pictures]
    with errors_as_sentences():
        timeline = st.empty()
        begin, end = states[0].time, states[-1].time
        at = begin
        if end > begin:
            at = st.slider("Look at second", begin, end, begin, 0.1, format="%.1f", key=f"video-at-{key}")
        timeline.html(video_timeline(states, at) or "<span></span>")
        found = reading.at(at) or reading.pictures[0]
        left, right = st.columns([5, 6], gap="large")
        with left:
            if (still := reading.still(at)) is not None:
                st.image(still, channels="BGR", width="stretch", alt=f"The video at {at:.1f} seconds")
            st.html(blend_bars(found.state))
        with right:
            start = shop(settings)
            # The same second shows the same cards.
            bandit = Bandit(round(at * 10), start.weights)
            panel = Recommender(start.catalogue, bandit, start.rules, start.others).recommend(found.state)
            st.html(shelf_head(panel))
            with st.container(horizontal=True):
                for card in panel.cards:
                    with st.container(border=True, width=165):
                        st.html(card_face(card))
