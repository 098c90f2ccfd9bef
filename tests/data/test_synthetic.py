from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fer_core.data.quality import inspect
from fer_core.data.reading import join_votes, read_csv
from fer_core.data.synthetic import draw_face, synthetic_sample, write_csv, write_votes
from fer_core.labels import FER2013_LABELS


def test_the_same_arguments_give_the_same_rows_and_another_seed_others() -> None:
    assert synthetic_sample(60).identity == synthetic_sample(60).identity
    assert synthetic_sample(60, seed=1).identity != synthetic_sample(60).identity


def test_it_carries_what_is_wrong_with_the_real_data() -> None:
    facts = inspect(synthetic_sample())
    assert facts["rows"] == 420
    assert facts["constant_images"] == 1
    assert facts["duplicate_groups"] == 3
    assert facts["cross_split_groups"] == 1
    assert facts["conflicting_groups"] == 1
    assert all(n for labels in facts["counts"].values() for n in labels.values())


def test_written_and_read_it_is_the_same(tmp_path: Path) -> None:
    sample = synthetic_sample(40)
    write_csv(sample, tmp_path / "s.csv")
    write_votes(sample, tmp_path / "v.csv")
    again = join_votes(read_csv(tmp_path / "s.csv"), tmp_path / "v.csv")
    assert again.identity == sample.identity


@pytest.mark.parametrize("label", FER2013_LABELS)
def test_every_label_has_a_face_with_contrast(label: str) -> None:
    face = draw_face(label, np.random.default_rng(0))
    assert face.shape == (48, 48)
    assert face.dtype == np.uint8
    assert face.std() > 10


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 30"):
        synthetic_sample(29)
