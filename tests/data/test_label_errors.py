from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fer_core.data.finding_table import finding_table
from fer_core.data.label_errors import LabelErrors, LabelErrorStore
from fer_core.data.quality import FINDINGS, find
from fer_core.data.reading import FerDataset
from fer_core.data.synthetic import synthetic_sample
from fer_core.errors import DatasetError


@pytest.fixture(scope="module")
def sample() -> FerDataset:
    return synthetic_sample(60)


def errors() -> LabelErrors:
    return LabelErrors(np.array([9, 4]), np.array([1, 2]), np.array([0.01, 0.2]), 40, 0.6, 4, 8, 0)


def test_a_result_comes_back_as_it_was_saved(sample: FerDataset, tmp_path: Path) -> None:
    store = LabelErrorStore(tmp_path)
    assert store.load(sample) is None
    store.save(sample, errors())
    loaded = store.load(sample)
    assert loaded is not None
    assert loaded.positions(sample).tolist() == [9, 4]
    assert loaded.confidence.tolist() == [0.01, 0.2]
    assert store.load(synthetic_sample(60, seed=1)) is None


@pytest.mark.parametrize("content", ["{", "[]", '{"rows": [1]}'])
def test_a_damaged_result_is_one_sentence(sample: FerDataset, tmp_path: Path, content: str) -> None:
    store = LabelErrorStore(tmp_path)
    store.save(sample, errors()).write_text(content)
    with pytest.raises(DatasetError, match="damaged"):
        store.load(sample)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param((np.array([1]), np.array([0, 1]), np.array([0.1])), id="lengths"),
        pytest.param((np.array([1]), np.array([5]), np.array([0.1])), id="no such label"),
    ],
)
def test_label_errors_check_themselves(wrong: tuple[np.ndarray, ...]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        LabelErrors(*wrong, 40, 0.6, 4, 8, 0)


def test_the_table_of_label_errors_ranks_and_suggests(sample: FerDataset) -> None:
    found = errors()
    finding = find(sample, "label_errors", found.positions(sample))
    table = finding_table(sample, finding, found)
    assert table["row"].tolist() == [9, 4]
    assert table["suggested"].tolist() == ["happy", "sad"]
    assert table["left out"].all()
    assert finding.excluded.tolist() == [4, 9]


@pytest.mark.parametrize("name", [name for name in FINDINGS if name != "label_errors"])
def test_every_finding_has_a_table(sample: FerDataset, name: str) -> None:
    finding = find(sample, name)
    table = finding_table(sample, finding)
    assert len(table) == len(finding.positions)
    assert table["left out"].sum() == len(set(finding.excluded) & set(finding.positions))
    assert {"row", "split", "label", "group", "crowd", "agreement"} <= set(table.columns)
