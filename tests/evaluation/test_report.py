from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from fer_core.evaluation.comparison import compare
from fer_core.evaluation.judged import Judged
from fer_core.evaluation.judging import Predictions
from fer_core.evaluation.metrics import measure
from fer_core.evaluation.report import class_rows, figures_json, html_report, predictions_csv
from fer_core.labels import LABELS

N = 60


def make(model: str = "mine", seed: int = 0, *, votes: bool = False, missed: int = 0) -> Judged:
    random = np.random.default_rng(seed)
    truth = np.arange(N) % 5
    shares = random.dirichlet(np.ones(5), N).astype(np.float32)
    shares[np.arange(N), truth] += 0.5
    seen = np.arange(N) >= missed
    known = Predictions(
        np.arange(N),
        np.full(N, "PublicTest"),
        truth,
        shares / shares.sum(axis=1, keepdims=True),
        np.arange(N) < 6,
        random.integers(0, 4, (N, 10)).astype(np.uint8) if votes else None,
        seen,
    )
    names = tuple(f"row {row}" for row in range(N))
    return Judged(model, "some rows", known, measure(truth, known.answer), None, names, model)


def test_the_report_is_whole_and_asks_no_other_computer() -> None:
    a, b = make(votes=True), make("other", 1, votes=True)
    html = html_report(
        a,
        made_on="2026-01-02",
        comparison=("other", compare(a.predictions, b.predictions)),
        limits=["Not for pupils."],
    )
    for words in (
        "Confusion matrix",
        "Certainty",
        "The crowd",
        "mine beside other",
        "Not for pupils.",
        "2026-01-02",
    ):
        assert words in html
    assert html.count('class="plotly-graph-div"') == 7
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", html)


def test_every_text_is_escaped() -> None:
    html = html_report(replace(make("<b>mine"), rows="<i>rows"), made_on="<u>", limits=["<s>never"])
    head = html[: html.index("<script")] + html[html.rindex("</script>") :]
    assert not re.search(r"<(b|i|u|s)>", head)


@pytest.mark.parametrize(
    "judged",
    [
        pytest.param(make(missed=N), id="no face found at all"),
        pytest.param(make(missed=5), id="some faces missed"),
        pytest.param(make(), id="no votes"),
    ],
)
def test_a_report_is_made_of_whatever_there_is(judged: Judged) -> None:
    assert "<h2>Classes</h2>" in html_report(judged, made_on="today")
    assert json.loads(figures_json(judged))["n"] == N


def test_the_rows_come_back_from_the_csv() -> None:
    judged = make(missed=2)
    rows = list(csv.DictReader(io.StringIO(predictions_csv(judged))))
    assert len(rows) == N
    assert [row["label"] for row in rows] == [LABELS[at] for at in judged.predictions.truth]
    assert [row["answer"] for row in rows[:3]] == ["", "", LABELS[judged.predictions.answer[2]]]
    assert sum(row["leaked"] == "yes" for row in rows) == 6
    assert float(rows[5]["happy"]) == pytest.approx(judged.predictions.probabilities[5, 1], abs=1e-6)


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    judged = make()
    judged = replace(judged, names=("=cmd()", *judged.names[1:]))
    assert next(csv.reader(io.StringIO(predictions_csv(judged).split("\n", 1)[1])))[0] == "'=cmd()"


def test_the_json_carries_each_figure_with_its_interval_and_rows() -> None:
    judged = make(votes=True)
    whole = json.loads(figures_json(judged, beta=3))
    accuracy = whole["figures"][0]
    assert accuracy["name"] == "accuracy"
    assert accuracy["rows"] == "some rows"
    assert accuracy["estimate"]["low"] < accuracy["estimate"]["value"] < accuracy["estimate"]["high"]
    assert whole["confusion_matrix"] == judged.metrics.confusion_matrix.tolist()
    assert whole["beta"] == 3
    assert [each["label"] for each in whole["classes"]] == list(LABELS)


@pytest.mark.parametrize(
    ("beta", "heads"),
    [
        pytest.param(0.5, ["F1", "F2", "F0.5"], id="a column of its own"),
        pytest.param(1.0, ["F1", "F2"], id="F1 is there already"),
        pytest.param(2.0, ["F1", "F2"], id="F2 is there already"),
    ],
)
def test_the_table_has_every_f_once(beta: float, heads: list[str]) -> None:
    found, rows = class_rows(make(), beta)
    assert [head for head in found if head.startswith("F") and head not in ("FP", "FN")] == heads
    assert all(len(row) == len(found) for row in rows)
    assert [row[0] for row in rows] == [*LABELS, "macro mean", "weighted mean"]
