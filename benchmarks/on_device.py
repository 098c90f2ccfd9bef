"""Expressions read in the browser: how fast, how large, how alike the server's, and what is left for the server to do.

    FACET_TEST_DATA=DIR python -m benchmarks.on_device [--seconds 20] [--every 1]

One app and one Chromium with the drawn clip as its camera, first with pictures read on the server, then on the device:
the server's CPU time a second in both (what it takes with nobody there is told, and taken off), bytes a second up and time
from START to the camera, and on the device pictures a second and milliseconds of each part. Then the photographs of wild_dev: whether browser and server agree on the label of
faces that both find, and what each names right, by the mean over the classes. Needs `python -m fer_core on-device`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from benchmarks.app_server import chromium, running_app
from benchmarks.bandwidth import FLAGS, write_camera
from fer_core.evaluation.estimates import share_of
from fer_core.model_folder import active_model
from fer_core.on_device.building import BUILD, COMMAND, is_built
from fer_core.settings import Settings
from tests.browser.device_reader import alike

#: The server's CPU for a viewer, of what the server's own way takes; agreement on labels; recall lost.
_GOAL_CPU: Final = 1 / 20
_GOAL_AGREE: Final = 0.97
_GOAL_LOST: Final = 0.02
#: Seconds that a new stream takes to find its rate.
_SETTLE: Final = 15.0
_SERVER: Final = 'iframe[title="streamlit_webrtc.component.webrtc_streamer"]'
_DEVICE: Final = 'iframe[title="pages._on_device.on_device"]'


def server_cpu(page: Any, seconds: float) -> float:
    """The app's CPU, ms a second, over the next so many seconds."""
    server = next(each for each in psutil.Process().children() if "streamlit" in " ".join(each.cmdline()))
    before, at = sum(server.cpu_times()[:2]), time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    return 1000 * (sum(server.cpu_times()[:2]) - before) / (time.monotonic() - at)


def idle(page: Any, address: str, seconds: float) -> float:
    """The same with nobody there: a visitor came, so that everything is loaded, and left."""
    page.goto(f"{address}/live")
    page.get_by_role("button", name="I am an adult and I agree").wait_for()
    page.goto("about:blank")
    page.wait_for_timeout(_SETTLE * 1000)
    return server_cpu(page, seconds)


def live(page: Any, address: str, where: str, seconds: float) -> dict[str, Any]:
    """One visit: server CPU ms a second, bytes a second up the page's own connection, and what the frame tells of itself."""
    sent = [0]
    page.on("websocket", lambda opened: opened.on("framesent", lambda payload: sent.append(len(payload))))
    page.goto(f"{address}/live")
    page.get_by_role("button", name="I am an adult and I agree").wait_for()
    if where == "device":
        page.get_by_text("On this device", exact=True).first.click()
        page.get_by_text("Images stay in your browser").first.wait_for()
    page.get_by_role("button", name="I am an adult and I agree").click()
    inside = page.frame_locator(_DEVICE if where == "device" else _SERVER)
    inside.get_by_role("button", name="START").click()
    begun = time.monotonic()
    page.locator(".facet-on").wait_for()
    opened = time.monotonic() - begun
    page.wait_for_timeout(_SETTLE * 1000)
    sent_before = sum(sent)
    found: dict[str, Any] = {
        "server_cpu_ms": server_cpu(page, seconds),
        "page_up_bytes": (sum(sent) - sent_before) / seconds,
        "start_s": opened,
    }
    if where == "device":
        frame = inside.locator("canvas").element_handle().owner_frame()
        speeds = frame.evaluate("speeds")
        found["pictures_a_second"] = (len(speeds) - 1) / (speeds[-1]["at"] - speeds[0]["at"])
        found["ms"] = {
            name: float(np.median([each["ms"][name] for each in speeds])) for name in speeds[0]["ms"]
        }
    page.close()
    return found


def main() -> int:
    """Measure, print, and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--every", type=int, default=1, help="of the photographs")
    options = parser.parse_args()
    program, data = chromium(), os.environ.get("FACET_TEST_DATA")
    if program is None:
        raise SystemExit("Chromium is not installed; apt-get install chromium")
    if not is_built() or not active_model(Settings.from_environment()).browser.is_file():
        raise SystemExit(f"Nothing to measure; run {COMMAND} first.")
    if not data or not (Path(data) / "wild_dev").is_dir():
        raise SystemExit("FACET_TEST_DATA names no folder with wild_dev.")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        camera = Path(folder) / "camera.mjpeg"
        write_camera(camera)
        browser = playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
        )
        size: Any = {"width": 1440, "height": 1000}
        with running_app(FACET_HOME=folder) as address:
            nobody = idle(browser.new_page(viewport=size), address, options.seconds)
            ways = {
                where: live(browser.new_page(viewport=size), address, where, options.seconds)
                for where in ("server", "device")
            }
        found = alike(browser.new_page(), Path(data) / "wild_dev", options.every)
        browser.close()
    ratio = (ways["device"]["server_cpu_ms"] - nobody) / (ways["server"]["server_cpu_ms"] - nobody)
    agreement = share_of(found.agreed, found.both)
    photographs = {
        **asdict(found),
        "agree": agreement.value,
        "agree_interval": [agreement.low, agreement.high],
    }
    lost = found.server_recall - found.device_recall
    for where, told in ways.items():
        print(where, json.dumps(told))
    print(f"nobody there: {nobody:.1f} ms a second")
    print(f"server CPU for a viewer: {ratio:.3f} of the server's way (goal {_GOAL_CPU})")
    print(json.dumps(photographs))
    kilobytes = {path.name: round(path.stat().st_size / 1000) for path in sorted(BUILD.iterdir())}
    good = ratio <= _GOAL_CPU and found.agreed >= _GOAL_AGREE * found.both and lost <= _GOAL_LOST
    print(
        json.dumps(
            {
                **ways,
                "nobody_cpu_ms": nobody,
                "cpu_ratio": round(ratio, 4),
                "photographs": photographs,
                "recall_lost": round(lost, 4),
                "build_kB": kilobytes,
                "goal": {"cpu_ratio": _GOAL_CPU, "agree": _GOAL_AGREE, "recall_lost": _GOAL_LOST},
            }
        )
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
