"""Measures what the app costs while somebody watches a run: its processor time beside the clock's.

    python -m benchmarks.watching [--seconds 30]

Starts the app and a run of the preset tiny on the synthetic sample, opens the training page in Chromium and waits
until its curve grows. Goal: under 0.10 of a core. The memory's growth is printed
because Streamlit's own collection after each run is switched off (.streamlit/config.toml).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import psutil

from fer_core.data.synthetic import synthetic_sample, write_csv
from fer_core.settings import PROJECT_ROOT
from fer_core.training.request import TrainingRequest
from fer_core.training.runs import start_run, stop_run

GOAL: Final = 0.10
_GROWN = "document.querySelector('.js-plotly-plot')?.data?.some(line => line.x && line.x.length > 3)"


def main() -> int:
    """Print the share of a core; 1 at or above the goal, 0 below it or where there is no Chromium."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("skipped: no Chromium on this machine")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        share, grown = _watch(Path(folder), chromium, options.seconds)
    passed = share < GOAL
    print(
        json.dumps(
            {
                "benchmark": "watching",
                "share_of_a_core": round(share, 3),
                "seconds": options.seconds,
                "grown_mb": round(grown, 1),
                "goal": GOAL,
                "passed": passed,
            }
        )
    )
    return 0 if passed else 1


def _watch(home: Path, chromium: str, seconds: float) -> tuple[float, float]:
    """The share of a core, and by how many megabytes the app's memory grew meanwhile."""
    from playwright.sync_api import sync_playwright

    os.environ["FACET_HOME"] = str(home)
    data = home / "sample.csv"
    write_csv(synthetic_sample(), data)
    run = start_run(TrainingRequest(data, "tiny", home / "runs" / "watched", changes=("epochs=1000000",)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    app = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page()
            page.set_default_timeout(90_000)
            _open(page, f"http://localhost:{port}/training")
            page.wait_for_function(_GROWN)
            process, began = psutil.Process(app.pid), time.perf_counter()
            before, memory = sum(process.cpu_times()[:2]), process.memory_info().rss
            threading.Event().wait(seconds)
            share = (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - began)
            grown = (process.memory_info().rss - memory) / 1e6
            browser.close()
    finally:
        stop_run(run)
        app.terminate()
        app.wait(20)
        run.job.stop()
    return share, grown


def _open(page: object, address: str) -> None:
    """Open a page of an app that may still be starting."""
    deadline = time.monotonic() + 60
    while True:
        try:
            page.goto(address)  # type: ignore[attr-defined]
        except Exception:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.2)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
