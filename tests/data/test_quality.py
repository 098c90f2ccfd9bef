from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from fer_core.data.quality import (
    constant_images,
    crowd_agreement,
    find,
    inspect,
    perceptual_hashes,
    pixel_hashes,
)
from fer_core.data.reading import FerDataset
from fer_core.data.synthetic import synthetic_sample
from fer_core.errors import DatasetError
from fer_core.labels import FERPLUS_COLUMNS


def test_hashes_are_equal_exactly_where_pixels_are() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    pixels[2] = pixels[0]
    hashes = pixel_hashes(pixels)
    assert hashes[0] == hashes[2]
    assert hashes[0] != hashes[1]
    pixels[2, 47, 47] ^= 1
    assert pixel_hashes(pixels)[2] != hashes[0]


def test_hashes_are_the_same_on_every_machine() -> None:
    # Released models carry them, so the value itself is part of the format.
    assert pixel_hashes(np.zeros((1, 48, 48), np.uint8)).tolist() == [2249671168672059275]


def test_a_view_hashes_as_its_copy() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (2, 48, 48)).astype(np.uint8)
    assert (pixel_hashes(pixels[:, :, ::-1]) == pixel_hashes(pixels[:, :, ::-1].copy())).all()


def test_single_colours_are_found_and_nothing_else() -> None:
    pixels = np.full((3, 48, 48), 7, np.uint8)
    pixels[1, 20, 20] = 8
    assert constant_images(pixels).tolist() == [True, False, True]


def dataset_of(
    faces: list[int], tags: list[int], usage: list[str] | None = None, votes: list[list[int]] | None = None
) -> FerDataset:
    """Rows whose pixels are drawn from these seeds: equal numbers are exact copies."""
    pixels = np.stack([np.random.default_rng(face).integers(0, 256, (48, 48)) for face in faces])
    return FerDataset(
        pixels.astype(np.uint8),
        np.array(tags, np.uint8),
        np.array(usage or ["Training"] * len(faces)),
        np.arange(len(faces)),
        np.array(votes, np.uint8) if votes is not None else None,
    )


T, P, R = "Training", "PublicTest", "PrivateTest"


@pytest.mark.parametrize(
    ("name", "faces", "tags", "usage", "positions", "excluded"),
    [
        pytest.param("duplicates", [1, 2, 3], [0, 0, 0], [T, T, T], [], [], id="none"),
        pytest.param("duplicates", [1, 2, 1], [0, 0, 0], [T, T, T], [0, 2], [2], id="the later one goes"),
        pytest.param("duplicates", [1, 1], [0, 3], [T, T], [0, 1], [0, 1], id="conflict: both go"),
        pytest.param("duplicates", [1, 2, 1], [0, 0, 0], [P, T, T], [0, 2], [], id="Training stays"),
        pytest.param("cross_split", [1, 1, 2, 2], [0, 0, 0, 0], [T, P, T, T], [0, 1], [0], id="one crosses"),
        pytest.param("cross_split", [1, 1], [0, 0], [P, R], [0, 1], [], id="crosses without Training"),
        pytest.param("conflicting", [1, 1, 2, 2], [0, 3, 4, 4], [T, T, T, T], [0, 1], [0, 1], id="one group"),
        pytest.param(
            "conflicting", [1, 1, 1], [3, 3, 4], [T, P, T], [0, 1, 2], [0, 2], id="of three, one only judged"
        ),
    ],
)
def test_copies(
    name: str, faces: list[int], tags: list[int], usage: list[str], positions: list[int], excluded: list[int]
) -> None:
    finding = find(dataset_of(faces, tags, usage), name)
    assert sorted(finding.positions.tolist()) == positions
    assert finding.excluded.tolist() == excluded


def votes_for(column: str, count: int = 10) -> list[int]:
    return [count if name == column else 0 for name in FERPLUS_COLUMNS]


@pytest.mark.parametrize(
    ("tag", "votes", "found"),
    [
        pytest.param(3, votes_for("happiness"), False, id="the crowd agrees"),
        pytest.param(3, votes_for("sadness"), True, id="the crowd names another"),
        pytest.param(3, [0, 5, 0, 5, 0, 0, 0, 0, 0, 0], False, id="half is no majority"),
        pytest.param(3, [0, 4, 0, 6, 0, 0, 0, 0, 0, 0], True, id="six of ten"),
        pytest.param(3, votes_for("contempt"), False, id="contempt is no label of FER-2013"),
        pytest.param(3, votes_for("sadness", 0), False, id="no votes at all"),
    ],
)
def test_the_crowd_disagrees_by_a_majority_for_one_other_label(
    tag: int, votes: list[int], found: bool
) -> None:
    finding = find(dataset_of([1], [tag], votes=[votes]), "crowd")
    assert finding.positions.tolist() == ([0] if found else [])


def test_crowd_agreement_is_the_share_for_the_row_s_own_label() -> None:
    votes = [[0, 4, 0, 6, 0, 0, 0, 0, 0, 0], votes_for("sadness"), votes_for("sadness", 0)]
    shares = crowd_agreement(dataset_of([1, 2, 3], [3, 4, 4], votes=votes))
    assert shares[:2].tolist() == [0.4, 1.0]
    assert np.isnan(shares[2])


def test_near_copies_are_found_through_light_and_blur_but_not_other_faces() -> None:
    sample = synthetic_sample(60)
    pixels = sample.pixels.copy()
    pixels[30] //= 2
    pixels[40] = pixels[30] + 12
    pixels[41] = cv2.GaussianBlur(pixels[31], (3, 3), 0.4)
    finding = find(dataclasses.replace(sample, pixels=pixels), "near_duplicates")
    pairs = {tuple(sorted(pair)) for pair in finding.positions.reshape(-1, 2).tolist()}
    assert {(30, 40), (31, 41)} <= pairs
    assert len(pairs) < 5
    assert {40, 41} <= set(finding.excluded.tolist())


def test_a_perceptual_hash_ignores_brightness() -> None:
    face = synthetic_sample(30).pixels[10:11] // 2 + 20
    assert (perceptual_hashes(face) == perceptual_hashes(face + 30)).all()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("crowd", "needs FER"), ("label_errors", "job of their own"), ("ugly", "no finding named 'ugly'")],
)
def test_what_cannot_be_found_is_one_sentence(name: str, sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        find(dataset_of([1], [0]), name)


@pytest.mark.parametrize("name", ["constant", "duplicates", "cross_split", "conflicting", "near_duplicates"])
def test_every_finding_of_one_good_row_is_empty(name: str) -> None:
    assert not len(find(dataset_of([1], [0]), name).positions)


def test_the_exact_facts_of_the_real_rows(real_dataset: FerDataset) -> None:
    facts = inspect(real_dataset)
    assert facts["rows"] == 32_298
    assert facts["constant_images"] == 12
    assert facts["duplicate_groups"] == 1_271
    assert facts["duplicate_images"] == 2_801
    assert facts["cross_split_groups"] == 270
    assert facts["conflicting_groups"] == 47
    assert facts["counts"]["PublicTest"]["happy"] == 895
