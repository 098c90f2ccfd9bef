"""How long the evaluation page lets one wait: PublicTest through ONNX Runtime, and a slider until it is redrawn.

    FACET_TEST_DATA=DIR python -m benchmarks.evaluation [--presses 20]

The five-class rows of PublicTest of FACET_TEST_DATA (without it: as many of noise) through the shipped ``facet``.
Goals: all of them under 10 s on two cores; in Chromium, from a key on either slider until the browser shows what
follows from it, under 300 ms (median of the presses).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.app_server import chromium, running_app
from benchmarks.quality import load
from fer_core.evaluation.judging import judge_dataset
from fer_core.model_folder import ModelFolder
from fer_core.settings import DEFAULT_MODEL, SHIPPED_MODELS

JUDGING_SECONDS: Final = 10.0
SLIDER_SECONDS: Final = 0.3


def main() -> int:
    """Time both; 0 when the goals are met (a missing Chromium leaves out the sliders), 1 when not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--presses", type=int, default=20)
    options = parser.parse_args()
    dataset = load()
    model = ModelFolder.open(SHIPPED_MODELS / DEFAULT_MODEL)
    began = time.perf_counter()
    rows = judge_dataset(model, dataset, ("PublicTest",)).metrics.n
    judging = time.perf_counter() - began
    print(f"PublicTest, {rows:,} rows: {judging:.2f} s")
    browser = chromium()
    sliders: dict[str, float] = {}
    if browser is None:
        print("sliders skipped: no Chromium on this machine")
    else:
        with tempfile.TemporaryDirectory() as home:
            sliders = _sliders(Path(home), browser, options.presses)
        for name, seconds in sliders.items():
            print(f"{name}: {seconds * 1000:.0f} ms")
    passed = judging < JUDGING_SECONDS and all(seconds < SLIDER_SECONDS for seconds in sliders.values())
    print(
        json.dumps(
            {
                "benchmark": "evaluation",
                "rows": rows,
                "judging_seconds": round(judging, 2),
                "judging_goal": JUDGING_SECONDS,
                "slider_ms": {name: round(seconds * 1000) for name, seconds in sliders.items()},
                "slider_goal_ms": SLIDER_SECONDS * 1000,
                "passed": passed,
            }
        )
    )
    return 0 if passed else 1


def _sliders(home: Path, program: str, presses: int) -> dict[str, float]:
    """Median seconds from a key to what follows from it, for both sliders."""
    from playwright.sync_api import sync_playwright

    with running_app(FACET_HOME=str(home)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 1600})
        page.set_default_timeout(60_000)
        page.goto(f"{address}/evaluation")
        page.get_by_text("own table, on 74 pictures").wait_for()
        beta = _presses(page, "Beta", presses, lambda step: f"F{0.5 + step / 10:g}: recall counts")
        page.get_by_role("tab", name="Certainty").click()
        page.get_by_text("Intervals of the areas").wait_for()
        uncertain = _presses(page, "Uncertain below", presses, lambda step: f"below {40 + step}%")
        browser.close()
    return {"beta": beta, "uncertain": uncertain}


def _presses(page: Any, name: str, presses: int, words: Any) -> float:
    slider = page.get_by_role("slider", name=name)
    slider.focus()
    taken = []
    for step in range(1, presses + 1):
        wanted = words(step)
        began = time.perf_counter()
        slider.press("ArrowRight")
        page.wait_for_function("wanted => document.body.innerHTML.includes(wanted)", arg=wanted)
        taken.append(time.perf_counter() - began)
        page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    return statistics.median(taken)


if __name__ == "__main__":
    raise SystemExit(main())
