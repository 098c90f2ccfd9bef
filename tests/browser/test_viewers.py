"""Several viewers without a browser, as benchmarks/viewers.py lets them in: none is left out, no result grows old."""

from __future__ import annotations

import asyncio

import cv2
import numpy as np
import pytest

from benchmarks.webrtc_viewer import HEIGHT, NUMBERS, WIDTH, Viewed, encoded, number_of, numbered, viewer
from fer_core.live.drawn_clip import LENGTH, POSES, clip_frame
from tests.loops import run

VIEWERS = 3
SECONDS = 5.0


def luma_of(frame: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)


@pytest.mark.parametrize("number", [0, 1, 255, NUMBERS - 1])
@pytest.mark.parametrize(
    ("form", "why"),
    [
        pytest.param(lambda frame: frame, "as it was sent", id="straight"),
        pytest.param(lambda frame: frame[:, ::-1], "the page mirrors", id="mirrored"),
        pytest.param(
            lambda frame: cv2.resize(frame, (320, 240), interpolation=cv2.INTER_AREA),
            "WebRTC rescales",
            id="smaller",
        ),
        pytest.param(lambda frame: cv2.GaussianBlur(frame, (9, 9), 3), "encoders blur", id="blurred"),
    ],
)
def test_a_frame_keeps_its_number(number: int, form: object, why: str) -> None:
    frame = numbered(clip_frame(1.0), number)
    assert frame.shape == (HEIGHT, WIDTH, 3)
    assert number_of(luma_of(np.ascontiguousarray(form(frame)))) == number, why  # type: ignore[operator]


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_picture_has_no_number(value: int) -> None:
    assert number_of(np.full((HEIGHT, WIDTH), value, np.uint8)) is None


@pytest.mark.browser
def test_viewers_beside_each_other_all_see_results(app: str, outer_address: None) -> None:
    packets = encoded([clip_frame((at + 0.5) * LENGTH / len(POSES)) for at in range(len(POSES))])

    async def look(ready: asyncio.Barrier) -> Viewed:
        async with viewer(app, packets) as viewed:
            await viewed.result()
            await ready.wait()
            await asyncio.sleep(SECONDS)
            return viewed

    async def all_of_them() -> list[Viewed]:
        ready = asyncio.Barrier(VIEWERS)
        return await asyncio.gather(*(look(ready) for _ in range(VIEWERS)))

    seen = run(all_of_them())
    for viewed in seen:
        newest = [age for _, age in viewed.ages[-10:]]
        # On a busy machine results come seldom, but those that come are of pictures sent just before.
        assert len(viewed.fresh) > SECONDS
        assert np.median(newest) < 2
        assert viewed.unread < len(viewed.ages)
