from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fer_core.data.reading import FerDataset
from fer_core.errors import EvaluationError
from fer_core.evaluation.judged import NO_ANSWER, Judged, splits_of
from fer_core.evaluation.judging import Predictions
from fer_core.evaluation.own_pictures import OWN, OwnFaces
from fer_core.evaluation.stored import EvaluationCache
from fer_core.model_folder import ModelFolder
from fer_core.settings import SHIPPED_MODELS


def predictions(rows: list[int]) -> Predictions:
    """Each row is labelled angry and answered by a label and a certainty that follow from its number."""
    shares = np.full((len(rows), 5), 0.1, dtype=np.float32)
    for at, row in enumerate(rows):
        shares[at, row % 5] = 0.6
        shares[at, (row + 1) % 5] += 0.001 * row
    return Predictions(
        np.array(rows, dtype=np.int64),
        np.full(len(rows), "PublicTest"),
        np.zeros(len(rows), dtype=np.int64),
        shares / shares.sum(axis=1, keepdims=True),
        np.zeros(len(rows), dtype=bool),
    )


def dataset(rows: list[int]) -> FerDataset:
    pixels = np.zeros((len(rows), 48, 48), dtype=np.uint8)
    for face, row in zip(pixels, rows, strict=True):
        face[:] = row
    n = len(rows)
    return FerDataset(pixels, np.zeros(n, np.uint8), np.full(n, "PublicTest"), np.array(rows, np.int64))


def test_faces_are_found_by_row_number_whatever_the_order(small_model: Path) -> None:
    model = ModelFolder.open(small_model)
    judged = Judged.of_dataset(model, "some", predictions([7, 3, 9]), dataset([9, 1, 3, 7]))
    assert judged.faces is not None
    assert judged.faces[:, 0, 0].tolist() == [7, 3, 9]


@pytest.mark.parametrize("row", [0, 5, 99])
def test_a_row_that_the_data_lacks_is_an_error(row: int, small_model: Path) -> None:
    with pytest.raises(EvaluationError, match="does not hold"):
        Judged.of_dataset(ModelFolder.open(small_model), "some", predictions([row]), dataset([1, 2]))


def test_no_rows_are_an_error(small_model: Path) -> None:
    with pytest.raises(EvaluationError, match="no rows"):
        Judged.of_dataset(ModelFolder.open(small_model), "some", predictions([]), None)


def test_a_cell_holds_its_rows_the_surest_first(small_model: Path) -> None:
    judged = Judged.of_dataset(ModelFolder.open(small_model), "some", predictions([12, 2, 22, 1]), None)
    places = judged.cell("angry", "sad")
    sure = judged.predictions.probabilities[places].max(axis=1)
    assert sorted(places.tolist()) == [0, 1, 2]
    assert (np.diff(sure) <= 0).all()
    assert judged.cell("happy", "sad").size == 0
    assert judged.captions(places[:1])[0].startswith(f"row {[12, 2, 22][places[0]]}: angry, answer sad ")


def test_a_missed_face_lies_in_a_cell_of_its_own(small_model: Path) -> None:
    own = OwnFaces(
        ("happy/1.jpg", "happy/2.jpg"),
        np.array([1, 1]),
        np.zeros((2, 48, 48), np.uint8),
        np.array([True, False]),
        (),
        0,
    )
    shares = np.full((2, 5), 0.2, dtype=np.float32)
    known = Predictions(np.arange(2), np.full(2, OWN), own.truth, shares, np.zeros(2, bool), seen=own.seen)
    judged = Judged.of_own(ModelFolder.open(small_model), known, own)
    assert judged.cell("happy", NO_ANSWER).tolist() == [1]
    assert judged.captions(np.array([1])) == ["happy/2.jpg: happy, answer no face"]
    assert judged.metrics.unanswered.tolist() == [0, 1, 0, 0, 0]


def test_another_model_or_other_rows_have_another_identity(small_model: Path) -> None:
    model, data = ModelFolder.open(small_model), dataset([1, 2])
    identities = {
        Judged.of_dataset(model, "some", predictions([1]), None).identity,
        Judged.of_dataset(model, "some", predictions([1]), data).identity,
        Judged.of_dataset(model, "others", predictions([1]), data).identity,
    }
    assert len(identities) == 3


def test_a_model_without_stored_predictions_says_what_to_do(small_model: Path) -> None:
    with pytest.raises(EvaluationError, match="choose a data set"):
        Judged.of_stored(ModelFolder.open(small_model))


def test_stored_predictions_name_the_file_they_are_of() -> None:
    judged = Judged.of_stored(ModelFolder.open(SHIPPED_MODELS / "facet"))
    assert judged.rows == "PublicTest of fer2013.csv, five classes, original labels"
    assert judged.faces is None


def test_a_split_is_judged_and_named(small_model: Path, tmp_path: Path) -> None:
    data = dataset([3, 7, 9])
    assert splits_of(data) == ["PublicTest"]
    model = ModelFolder.open(small_model)
    judged = Judged.of_split(model, data, "mine.csv", "PublicTest", EvaluationCache(tmp_path))
    assert judged.rows == "PublicTest of mine.csv, five classes, original labels"
    assert judged.faces is not None
    with pytest.raises(EvaluationError, match="no rows of the five labels"):
        Judged.of_split(model, data, "mine.csv", "Training", EvaluationCache(tmp_path))
