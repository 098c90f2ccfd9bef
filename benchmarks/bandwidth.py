"""What a visitor of the live page sends and gets: kilobits a second of video and of everything else.

    python -m benchmarks.bandwidth [--seconds 20]

A Chromium plays the drawn face into its camera, 640x480 at 30 frames a second. Video is what the browser's own connection counts
(RTP with its headers, after compression), the rest is what goes over the page's WebSocket. There is no goal: docs/scale.md
reckons with it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import cv2

from benchmarks.app_server import chromium, running_app
from fer_core.live.drawn_clip import LENGTH, RATE, clip_frame

_STREAMER: Final = 'iframe[title="streamlit_webrtc.component.webrtc_streamer"]'
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
#: Seconds that the sender takes to find its rate.
_SETTLE: Final = 15.0
_REMEMBER_PEERS: Final = """
  const Peer = window.RTCPeerConnection;
  window.facetPeers = [];
  window.RTCPeerConnection = function (...given) {
    const peer = new Peer(...given);
    window.facetPeers.push(peer);
    return peer;
  };
  window.RTCPeerConnection.prototype = Peer.prototype;
"""
_COUNT: Final = """async () => {
  const total = {sent: 0, received: 0};
  for (const peer of window.facetPeers)
    for (const each of (await peer.getStats()).values())
      if (each.type === 'transport') { total.sent += each.bytesSent; total.received += each.bytesReceived; }
  return total;
}"""


def write_camera(path: Path) -> None:
    """The drawn clip as a camera's file."""
    with path.open("wb") as file:
        for number in range(round(LENGTH * RATE)):
            jpeg = cv2.imencode(".jpg", clip_frame(number / RATE), [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
            file.write(jpeg.tobytes())


def measure(page: Any, address: str, seconds: float) -> dict[str, float]:
    """Kilobits a second: video up and down, the page up and down."""
    socket = {"sent": 0, "received": 0}

    def count(name: str, payload: str | bytes) -> None:
        socket[name] += len(payload)

    def listen(opened: Any) -> None:
        opened.on("framesent", lambda payload: count("sent", payload))
        opened.on("framereceived", lambda payload: count("received", payload))

    page.on("websocket", listen)
    page.add_init_script(_REMEMBER_PEERS)
    page.goto(f"{address}/live")
    page.get_by_role("button", name="I agree").click()
    inside = page.frame_locator(_STREAMER)
    inside.get_by_role("button", name="START").click()
    video = inside.locator("video")
    video.wait_for()
    frame = video.element_handle().owner_frame()
    page.wait_for_timeout(_SETTLE * 1000)
    before, socket_before = frame.evaluate(_COUNT), dict(socket)
    page.wait_for_timeout(seconds * 1000)
    after = frame.evaluate(_COUNT)
    kilobits = 8 / 1000 / seconds
    return {
        "video_up": (after["sent"] - before["sent"]) * kilobits,
        "video_down": (after["received"] - before["received"]) * kilobits,
        "page_up": (socket["sent"] - socket_before["sent"]) * kilobits,
        "page_down": (socket["received"] - socket_before["received"]) * kilobits,
    }


def main() -> int:
    """Measure, print, and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    program = chromium()
    if program is None:
        raise SystemExit("Chromium is not installed; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        camera = Path(folder) / "camera.mjpeg"
        write_camera(camera)
        with running_app(FACET_HOME=folder) as address:
            browser = playwright.chromium.launch(
                executable_path=program, args=[*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
            )
            rates = measure(
                browser.new_page(viewport={"width": 1440, "height": 1000}), address, options.seconds
            )
            browser.close()
    for name, rate in rates.items():
        print(f"{name.replace('_', ' ')}: {rate:,.0f} kbit/s")
    print(json.dumps({"kbit_s": {name: round(rate, 1) for name, rate in rates.items()}, "goal": None}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
