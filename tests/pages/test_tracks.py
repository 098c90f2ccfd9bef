"""Pictures in, pictures out: the newest alone, each once, and an end that everybody hears of."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from fer_core.live.drawn_clip import RATE
from fer_core.live.stream import turns
from pages._frames import CameraFrames, ClipFrames, Frames
from pages._tracks import ReadTrack
from tests.loops import run


class Browser(MediaStreamTrack):
    """Sends what it is told to."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.sent: asyncio.Queue[int | None] = asyncio.Queue()

    async def recv(self) -> VideoFrame:
        number = await self.sent.get()
        if number is None:
            raise MediaStreamError
        frame = VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")
        frame.pts, frame.time_base = number, Fraction(1, 10)
        return frame


def copy(frame: VideoFrame) -> VideoFrame:
    return VideoFrame.from_ndarray(frame.to_ndarray(format="bgr24"), format="bgr24")


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.001)


def camera(browser: Browser) -> CameraFrames:
    frames = CameraFrames()
    assert not frames.hasTrack()
    frames.addTrack(browser)
    assert frames.hasTrack()
    frames.start()
    return frames


def test_a_picture_comes_back_once_with_its_time() -> None:
    async def go() -> None:
        browser = Browser()
        track = ReadTrack(camera(browser), copy)
        for number in (3, 7):
            browser.sent.put_nowait(number)
            back = await asyncio.wait_for(track.recv(), 10)
            assert (back.pts, back.time_base) == (number, Fraction(1, 10))
        waits = asyncio.ensure_future(track.recv())
        done, _ = await asyncio.wait([waits], timeout=0.05)
        assert not done
        browser.sent.put_nowait(8)
        assert (await asyncio.wait_for(waits, 10)).pts == 8

    run(go())


def test_while_one_is_read_only_the_newest_waits() -> None:
    async def go() -> None:
        browser = Browser()
        began, may_end = threading.Event(), threading.Event()

        def slow(frame: VideoFrame) -> VideoFrame:
            began.set()
            assert may_end.wait(10)
            return copy(frame)

        frames = camera(browser)
        track = ReadTrack(frames, slow)
        browser.sent.put_nowait(0)
        first = asyncio.ensure_future(track.recv())
        await until(began.is_set)
        for number in range(1, 50):
            browser.sent.put_nowait(number)
        await until(browser.sent.empty)
        await asyncio.sleep(0)
        may_end.set()
        assert (await first).pts == 0
        assert (await asyncio.wait_for(track.recv(), 10)).pts == 49

    run(go())


def test_a_picture_that_waits_for_its_turn_gives_way_to_a_newer_one() -> None:
    async def go() -> None:
        browser = Browser()
        busy = threading.Event()
        blocked = [turns().submit(busy.wait, 10) for _ in range(turns()._max_workers)]
        track = ReadTrack(camera(browser), copy)
        browser.sent.put_nowait(0)
        back = asyncio.ensure_future(track.recv())
        await until(browser.sent.empty)
        for number in range(1, 5):
            browser.sent.put_nowait(number)
        await until(browser.sent.empty)
        await asyncio.sleep(0)
        busy.set()
        assert (await asyncio.wait_for(back, 10)).pts == 4
        assert all(each.result() for each in blocked)

    run(go())


def test_many_streams_have_their_turns_alike() -> None:
    async def go() -> None:
        counts = [0] * 6

        async def watch(at: int) -> None:
            browser = Browser()
            frames = camera(browser)
            track = ReadTrack(frames, lambda frame: (busy.wait(0.002), copy(frame))[1])
            while not enough.is_set():
                browser.sent.put_nowait(counts[at])
                await track.recv()
                counts[at] += 1
                if sum(counts) >= 300:
                    enough.set()
            frames.stop()

        busy, enough = threading.Event(), asyncio.Event()
        await asyncio.wait_for(asyncio.gather(*(watch(at) for at in range(6))), 30)
        assert min(counts) > 0.6 * max(counts)

    run(go())


@pytest.mark.parametrize("make", [CameraFrames, ClipFrames])
def test_who_waits_hears_of_an_end_from_another_thread(make: type[CameraFrames] | type[ClipFrames]) -> None:
    async def go() -> None:
        frames: Frames = make()
        track = ReadTrack(frames, copy)
        if make is ClipFrames:
            # The first is due at once.
            await asyncio.wait_for(track.recv(), 10)
        waits = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        assert not frames.ended
        threading.Thread(target=frames.stop).start()
        with pytest.raises(MediaStreamError):
            await asyncio.wait_for(waits, 10)
        assert frames.ended
        with pytest.raises(MediaStreamError):
            await asyncio.wait_for(track.recv(), 10)

    run(go())


def test_a_browser_that_stops_sending_ends_it() -> None:
    async def go() -> None:
        browser = Browser()
        frames = camera(browser)
        track = ReadTrack(frames, copy)
        browser.sent.put_nowait(None)
        with pytest.raises(MediaStreamError):
            await asyncio.wait_for(track.recv(), 10)
        assert frames.ended

    run(go())


def test_an_end_after_the_loop_is_closed_is_no_error() -> None:
    frames = ClipFrames()

    async def go() -> None:
        await frames.wait()

    run(go())
    frames.stop()
    assert frames.ended


def test_the_clip_keeps_its_pace_and_leaves_out_what_is_late() -> None:
    async def go() -> None:
        frames = ClipFrames()
        loop = asyncio.get_running_loop()
        seen = []
        began = loop.time()
        for _ in range(4):
            await frames.wait()
            seen.append(frames.take().pts * RATE // 90_000)
        assert seen == [0, 1, 2, 3]
        assert loop.time() - began > 2.5 / RATE
        await asyncio.sleep(5.5 / RATE)
        await frames.wait()
        late = frames.take().pts * RATE // 90_000
        assert late >= 8

    run(go())
