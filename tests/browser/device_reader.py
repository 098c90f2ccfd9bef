"""The browser's readers alone: pictures in, faces and shares out, without camera and page."""

from __future__ import annotations

import csv
import functools
import http.server
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.labels import LABELS
from fer_core.on_device.building import FRAME
from fer_core.preprocessing import load_image
from fer_core.vision.analyzer import ExpressionAnalyzer

#: The worker as frame.js starts it; then one picture at a time.
_START = """async ([files, network, labels]) => {
  const get = async (path) => { const a = await fetch(path); if (!a.ok) throw new Error(path); return a; };
  const code = (await Promise.all(files.map(async (path) => (await get(path)).text()))).join("\\n;\\n");
  const wasm = {};
  for (const name of ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"])
    wasm[name] = await (await get(`build/${name}`)).arrayBuffer();
  window.worker = new Worker(URL.createObjectURL(new Blob([code])));
  window.ask = (message, moved = []) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.kind === "failed" ? reject(new Error(data.why)) : resolve(data));
    worker.postMessage(message, moved);
  });
  const detector = await (await get("build/detector.bin")).arrayBuffer();
  const recogniser = await (await get(network)).arrayBuffer();
  return (await ask({ kind: "load", wasm, detector, recogniser, labels })).ms;
}"""
_READ = """async (address) => {
  const blob = await (await fetch(address)).blob();
  const picture = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const { faces, shares, ms } = await ask({ kind: "read", picture, mirrored: false }, [picture]);
  return { faces, shares, ms };
}"""


class DeviceReader:
    """A page whose worker reads pictures."""

    def __init__(self, page: Any, pictures: dict[str, bytes]) -> None:
        self._page = page
        self._pictures = pictures
        self._read = 0

    def read(self, bgr: npt.NDArray[np.uint8]) -> dict[str, Any]:
        """``faces`` [{x, y, w, h, score}], ``shares`` of LABELS or None, ``ms`` of the parts, of a picture uint8 (H, W, 3)."""
        self._read += 1
        name = f"/pictures/{self._read}.png"
        self._pictures[name] = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
        try:
            answer: dict[str, Any] = self._page.evaluate(_READ, name)
        finally:
            del self._pictures[name]
        return answer


@dataclass(frozen=True)
class Alike:
    """How alike browser and server read photographs: how many there were, how many faces both found, how many of those got
    the same label, and the mean over the classes of what each named right."""

    photographs: int
    both: int
    agreed: int
    server_recall: float
    device_recall: float


def alike(page: Any, folder: Path, every: int = 1) -> Alike:
    """Have both read every so-many-th of the photographs in ``folder``, which ``labels.csv`` there names."""
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::every]
    analyzer = ExpressionAnalyzer.load()
    both = agreed = 0
    right: dict[str, dict[str, list[bool]]] = {"server": defaultdict(list), "device": defaultdict(list)}
    with device_reader(page, analyzer.model.browser) as reader:
        for row in rows:
            picture = load_image(folder / row["image"])
            # Once, as a frame of a camera is read on either side.
            readings, told = analyzer.read(picture, analyzer.detect(picture)), reader.read(picture)
            server = readings[0].label if readings else None
            device = LABELS[int(np.argmax(told["shares"]))] if told["shares"] else None
            if server and device:
                both += 1
                agreed += server == device
            right["server"][row["emotion"]].append(server == row["emotion"])
            right["device"][row["emotion"]].append(device == row["emotion"])
    recall = {who: float(np.mean([np.mean(each) for each in found.values()])) for who, found in right.items()}
    return Alike(len(rows), both, agreed, recall["server"], recall["device"])


@contextmanager
def device_reader(page: Any, network: Path) -> Iterator[DeviceReader]:
    """Start it in a browser's page with a model's network for the browser."""
    pictures = {"/": b"<!doctype html><title>reader</title>", "/network.bin": network.read_bytes()}
    handler = functools.partial(_Handler, pictures, directory=str(FRAME))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            files = ["build/tf-core.min.js", "build/tf-backend-wasm.min.js"]
            files += ["network.js", "pixels.js", "faces.js", "worker.js"]
            page.evaluate(_START, [files, "/network.bin", list(LABELS)])
            yield DeviceReader(page, pictures)
        finally:
            server.shutdown()
            thread.join()


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, pictures: dict[str, bytes], *arguments: Any, **more: Any) -> None:
        self._pictures = pictures
        super().__init__(*arguments, **more)

    def do_GET(self) -> None:
        content = self._pictures.get(self.path)
        if content is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Nothing: a test's output is for its failures."""
