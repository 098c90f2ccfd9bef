from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fer_core.data.exploring import (
    LEAST_MAPPED,
    ORDERS,
    Filters,
    caption,
    count_rows,
    describe_columns,
    head,
    light,
    map_faces,
    mean_faces,
    select,
)
from fer_core.data.quality import crowd_agreement
from fer_core.data.reading import FerDataset
from fer_core.data.synthetic import synthetic_sample
from fer_core.errors import DatasetError
from fer_core.labels import FER2013_LABELS


@pytest.fixture(scope="module")
def sample() -> FerDataset:
    return synthetic_sample()


def without_votes(dataset: FerDataset) -> FerDataset:
    return dataclasses.replace(dataset, votes=None)


def test_no_filter_lets_everything_through_in_order(sample: FerDataset) -> None:
    assert select(sample, Filters()).tolist() == list(range(len(sample)))


def test_filters_meet(sample: FerDataset) -> None:
    found = select(sample, Filters(("PublicTest",), ("happy", "sad"), (0.5, 1.0)))
    assert len(found)
    assert set(sample.usage[found]) == {"PublicTest"}
    assert {FER2013_LABELS[tag] for tag in sample.emotion[found]} <= {"happy", "sad"}
    assert crowd_agreement(sample)[found].min() >= 0.5


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_keeps_every_row(sample: FerDataset, order: str) -> None:
    assert sorted(select(sample, Filters(order=order))) == list(range(len(sample)))


def test_brightest_and_darkest_are_opposite_ends(sample: FerDataset) -> None:
    brightness, contrast = light(sample.pixels)
    assert brightness[select(sample, Filters(order="brightest"))[0]] == brightness.max()
    assert brightness[select(sample, Filters(order="darkest"))[0]] == brightness.min()
    assert contrast[select(sample, Filters(order="lowest contrast"))[0]] == 0


def test_agreement_without_votes_is_one_sentence(sample: FerDataset) -> None:
    with pytest.raises(DatasetError, match="needs FER"):
        select(without_votes(sample), Filters(agreement=(0.0, 0.5)))


@pytest.mark.parametrize(
    "wrong", [{"usages": ("Test",)}, {"labels": ("bored",)}, {"order": "prettiest"}], ids=str
)
def test_filters_check_themselves(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Filters(**wrong)  # type: ignore[arg-type]


def test_light_is_numpy_s_mean_and_deviation(sample: FerDataset) -> None:
    brightness, contrast = light(sample.pixels)
    flat = sample.pixels.reshape(len(sample), -1)
    assert np.allclose(brightness, flat.mean(axis=1))
    assert np.allclose(contrast, flat.std(axis=1))


def test_the_tables_are_those_of_the_report(sample: FerDataset) -> None:
    assert describe_columns(sample)["column"].tolist() == ["emotion", "pixels", "Usage", "FER+ votes"]
    assert describe_columns(without_votes(sample))["non-null"].tolist() == [420, 420, 420]
    first = head(sample)
    assert first["emotion"].tolist() == sample.emotion[:5].tolist()
    assert first["pixels"].iloc[1].startswith(" ".join(map(str, sample.pixels[1, 0, :5])))
    counts = count_rows(sample)
    assert counts.to_numpy().sum() == 420
    assert list(counts.columns) == ["Training", "PublicTest", "PrivateTest"]


def test_a_mean_face_is_the_mean(sample: FerDataset) -> None:
    happy = sample.pixels[sample.emotion == FER2013_LABELS.index("happy")]
    assert (mean_faces(sample)["happy"] == np.rint(happy.mean(axis=0))).all()
    only = dataclasses.replace(
        sample, **{name: getattr(sample, name)[:1] for name in ("pixels", "emotion", "usage", "row", "votes")}
    )
    assert len(mean_faces(only)) == 1


@pytest.mark.parametrize("method", ["PCA", "t-SNE"])
def test_a_map_places_each_drawn_face_the_same_every_time(sample: FerDataset, method: str) -> None:
    everything = np.arange(len(sample))
    placed = map_faces(sample, everything, method, most=80)  # type: ignore[arg-type]
    again = map_faces(sample, everything, method, most=80)  # type: ignore[arg-type]
    assert len(placed.positions) == len(set(placed.positions.tolist())) <= 80
    assert np.isfinite(placed.places).all()
    assert (placed.places == again.places).all()
    assert 0 not in placed.positions  # the single-colour image has no place


def test_a_map_of_two_kinds_of_faces_keeps_them_apart(sample: FerDataset) -> None:
    stripes = np.tile((np.arange(48) // 4 % 2 * 200).astype(np.uint8), (48, 1))
    pixels = sample.pixels.copy()
    noise = np.random.default_rng(0).integers(0, 40, (200, 48, 48)).astype(np.uint8)
    pixels[:100], pixels[100:200] = stripes + noise[:100], stripes.T + noise[100:]
    both = dataclasses.replace(sample, pixels=pixels)
    placed = map_faces(both, np.arange(200), "PCA", most=200)
    across = placed.places[placed.positions < 100, 0], placed.places[placed.positions >= 100, 0]
    assert across[0].max() < across[1].min() or across[1].max() < across[0].min()


@pytest.mark.parametrize("rows", [0, 1, LEAST_MAPPED - 1])
def test_too_few_faces_for_a_map_are_one_sentence(sample: FerDataset, rows: int) -> None:
    with pytest.raises(DatasetError, match="at least 50"):
        map_faces(sample, np.arange(1, 1 + rows), "PCA")


def test_captions_name_label_row_and_crowd(sample: FerDataset) -> None:
    (text,) = caption(sample, np.array([7]))
    assert text.startswith(f"{FER2013_LABELS[sample.emotion[7]]}, row 7, crowd ")
    assert "crowd" not in caption(without_votes(sample), np.array([7]))[0]
