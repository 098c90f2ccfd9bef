from __future__ import annotations

import numpy as np
import pytest

from fer_core.data.reading import FerDataset
from fer_core.errors import DatasetError
from fer_core.labels import LABELS, TAG_TO_POSITION

pytestmark = pytest.mark.trains

WRONG = np.array([10, 25, 40, 55, 70])


@pytest.fixture(scope="module")
def striped() -> FerDataset:
    """Stripes whose width gives the tag away, mirrored or not, and five Training rows under another label."""
    true = np.tile([0, 3, 4, 5, 6, 1], 50)
    width = np.array([3, 2, 2, 5, 8, 13, 24])[true]
    waves = np.sin(np.arange(48)[None, :] * 2 * np.pi / width[:, None])
    noise = np.random.default_rng(0).normal(0, 20, (300, 48, 48))
    pixels = np.clip(128 + 80 * waves[:, :, None] + noise, 0, 255).astype(np.uint8)
    emotion = true.astype(np.uint8)
    emotion[WRONG] = np.where(emotion[WRONG] == 3, 4, 3)
    usage = np.array(["Training"] * 270 + ["PublicTest"] * 30)
    return FerDataset(pixels, emotion, usage, np.arange(300) * 2)


def test_planted_label_errors_are_found_and_the_right_label_is_suggested(striped: FerDataset) -> None:
    from fer_core.training.cross_validation import find_label_errors

    told: list[float] = []
    found = find_label_errors(striped, folds=3, epochs=12, progress=told.append)
    positions = found.positions(striped)
    named = striped.emotion[WRONG]
    planted = WRONG[np.isin(WRONG, np.flatnonzero(TAG_TO_POSITION[striped.emotion] >= 0))]
    assert len(set(planted) & set(positions)) >= len(planted) - 1, (named, positions)
    assert len(positions) <= 8
    assert found.judged == int(
        ((striped.usage == "Training") & (TAG_TO_POSITION[striped.emotion] >= 0)).sum()
    )
    assert set(striped.usage[positions]) == {"Training"}
    at = positions.tolist().index(10) if 10 in positions else 0
    true = TAG_TO_POSITION[[0, 3, 4, 5, 6, 1][positions[at] % 6]]
    assert LABELS[found.suggested[at]] == LABELS[true]
    assert told == sorted(told)
    assert told[-1] == 1


def test_copies_are_judged_by_a_network_that_saw_none_of_them(
    striped: FerDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer_core.training import cross_validation

    pixels = striped.pixels.copy()
    pixels[6:60:6] = pixels[0]
    folds: list[tuple[np.ndarray, np.ndarray]] = []
    split = cross_validation.StratifiedGroupKFold.split

    def spy(self: object, *arguments: object) -> object:
        for fold in split(self, *arguments):  # type: ignore[arg-type]
            folds.append(fold)
            yield fold

    monkeypatch.setattr(cross_validation.StratifiedGroupKFold, "split", spy)
    dataset = FerDataset(pixels, striped.emotion, striped.usage, striped.row)
    cross_validation.find_label_errors(dataset, folds=2, epochs=1, network="tiny")
    positions = np.flatnonzero((striped.usage == "Training") & (TAG_TO_POSITION[striped.emotion] >= 0))
    for train, held in folds:
        copies = set(range(0, 60, 6)) - set(WRONG.tolist())
        inside = copies & set(positions[train].tolist())
        assert inside in (set(), copies & set(positions.tolist()))
        assert not set(train) & set(held)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"folds": 1}, "at least 2 folds"),
        ({"epochs": 0}, "at least 2 folds and 1 epoch"),
        ({"folds": 200}, "200 folds"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_one_sentence(
    striped: FerDataset, options: dict[str, int], sentence: str
) -> None:
    from fer_core.training.cross_validation import find_label_errors

    with pytest.raises(DatasetError, match=sentence):
        find_label_errors(striped, network="tiny", **options)
