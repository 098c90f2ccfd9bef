from __future__ import annotations

import numpy as np
import pytest

from fer_core.data.reading import FerDataset
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.training.input import FaceBatches, augment, head_targets, targets
from fer_core.training.presets import Augmentation


def dataset_of(emotion: list[int], votes: list[list[int]] | None) -> FerDataset:
    n = len(emotion)
    return FerDataset(
        pixels=np.zeros((n, 48, 48), np.uint8),
        emotion=np.array(emotion, np.uint8),
        usage=np.array(["Training"] * n),
        row=np.arange(n),
        votes=None if votes is None else np.array(votes, np.uint8),
    )


#            neutral happy surprise sad anger disgust fear contempt unknown NF
EIGHT_SAD_TWO_NEUTRAL = [2, 0, 0, 8, 0, 0, 0, 0, 0, 0]
ALL_UNKNOWN = [0, 0, 0, 0, 0, 0, 0, 0, 10, 0]
HALF_FEAR_HALF_SURPRISE = [0, 0, 5, 0, 0, 0, 5, 0, 0, 0]


@pytest.mark.parametrize(
    ("tag", "votes", "weight", "labels", "expected"),
    [
        pytest.param(4, EIGHT_SAD_TWO_NEUTRAL, 0.0, LABELS, [0, 0, 1, 0, 0], id="no weight: the label alone"),
        pytest.param(
            2,
            HALF_FEAR_HALF_SURPRISE,
            0.5,
            LABELS,
            [0, 0, 0, 1, 0],
            id="the label is no output: the votes alone",
        ),
        pytest.param(4, EIGHT_SAD_TWO_NEUTRAL, 1.0, LABELS, [0, 0, 0.8, 0, 0.2], id="the crowd alone"),
        pytest.param(4, EIGHT_SAD_TWO_NEUTRAL, 0.5, LABELS, [0, 0, 0.9, 0, 0.1], id="half of each"),
        pytest.param(
            3, ALL_UNKNOWN, 1.0, LABELS, [0, 1, 0, 0, 0], id="no vote for any output: the label stays"
        ),
        pytest.param(
            5, HALF_FEAR_HALF_SURPRISE, 1.0, LABELS, [0, 0, 0, 1, 0], id="fear is no output of five"
        ),
        pytest.param(
            5, HALF_FEAR_HALF_SURPRISE, 1.0, FER2013_LABELS, [0, 0, 0.5, 0, 0, 0.5, 0], id="but one of seven"
        ),
        pytest.param(6, None, 0.5, LABELS, [0, 0, 0, 0, 1], id="data without votes"),
    ],
)
def test_targets(
    tag: int, votes: list[int] | None, weight: float, labels: tuple[str, ...], expected: list[float]
) -> None:
    shares = targets(dataset_of([tag], None if votes is None else [votes]), labels, weight)
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares, [expected], atol=1e-6)


@pytest.mark.parametrize(
    ("tag", "votes", "label", "crowd"),
    [
        pytest.param(4, EIGHT_SAD_TWO_NEUTRAL, [0, 0, 1, 0, 0], [0, 0, 0.8, 0, 0.2], id="each its own"),
        pytest.param(
            2,
            HALF_FEAR_HALF_SURPRISE,
            [0] * 5,
            [0, 0, 0, 0.5, 0],
            id="no label of the five; half of the votes",
        ),
        pytest.param(3, ALL_UNKNOWN, [0, 1, 0, 0, 0], [0] * 5, id="the crowd teaches nothing"),
        pytest.param(6, None, [0, 0, 0, 0, 1], [0] * 5, id="data without votes"),
    ],
)
def test_head_targets(tag: int, votes: list[int] | None, label: list[float], crowd: list[float]) -> None:
    shares = head_targets(dataset_of([tag], None if votes is None else [votes]), LABELS)
    assert (shares.shape, shares.dtype) == ((1, 2, 5), np.float32)
    np.testing.assert_allclose(shares, [[label, crowd]], atol=1e-6)


def batches(**changes: object) -> FaceBatches:
    faces = np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((1, 48, 48), np.uint8)
    arguments: dict = {"seed": 1, "shuffle": True} | changes
    return FaceBatches(faces, np.eye(10, dtype=np.float32), 4, **arguments)


def test_an_epoch_holds_every_row_once_with_its_own_target() -> None:
    data = batches()
    parts = [data[at] for at in range(len(data))]
    assert [len(faces) for faces, _ in parts] == [4, 4, 2]
    faces = np.concatenate([faces for faces, _ in parts])
    shares = np.concatenate([share for _, share in parts])
    assert faces.shape == (10, 48, 48, 1)
    assert faces.dtype == np.float32
    assert sorted(faces[:, 0, 0, 0]) == list(range(10))
    assert (shares.argmax(axis=1) == faces[:, 0, 0, 0]).all()


def test_a_resumed_epoch_is_the_one_an_undisturbed_run_would_have_seen() -> None:
    through = batches(augmentation=Augmentation(rotation=10, contrast=0.2))
    for _ in range(3):
        through.on_epoch_begin()
    resumed = batches(augmentation=Augmentation(rotation=10, contrast=0.2), first_epoch=2)
    resumed.on_epoch_begin()
    for at in range(len(through)):
        np.testing.assert_array_equal(through[at][0], resumed[at][0])
    assert (through.order(2) != through.order(0)).any()


def test_without_shuffling_the_order_is_the_data_s() -> None:
    assert batches(shuffle=False).order(5).tolist() == list(range(10))


@pytest.mark.parametrize(
    "augmentation",
    [
        pytest.param(Augmentation(rotation=20), id="rotation"),
        pytest.param(Augmentation(zoom=0.2), id="zoom"),
        pytest.param(Augmentation(shift=4), id="shift"),
        pytest.param(Augmentation(contrast=0.3), id="contrast"),
        pytest.param(Augmentation(brightness=30), id="brightness"),
        pytest.param(Augmentation(erase=1.0), id="erase"),
        pytest.param(Augmentation(flip=True), id="flip"),
        pytest.param(Augmentation(webcam=1.0), id="webcam"),
    ],
)
def test_each_change_changes_faces_and_leaves_the_input_alone(augmentation: Augmentation) -> None:
    faces = np.random.default_rng(0).integers(40, 200, (8, 48, 48)).astype(np.uint8)
    before = faces.copy()
    changed = augment(faces, augmentation, np.random.default_rng(1))
    assert changed.shape == faces.shape
    assert changed.dtype == np.uint8
    assert (changed != faces).any()
    np.testing.assert_array_equal(faces, before)


def test_no_augmentation_gives_the_faces_back() -> None:
    faces = np.random.default_rng(0).integers(0, 256, (4, 48, 48)).astype(np.uint8)
    np.testing.assert_array_equal(augment(faces, Augmentation(), np.random.default_rng(0)), faces)


def test_flipping_alone_mirrors_about_half_of_the_faces_exactly() -> None:
    faces = np.random.default_rng(0).integers(0, 256, (200, 48, 48)).astype(np.uint8)
    changed = augment(faces, Augmentation(flip=True), np.random.default_rng(2))
    mirrored = (changed == faces[:, :, ::-1]).all(axis=(1, 2))
    same = (changed == faces).all(axis=(1, 2))
    assert (mirrored | same).all()
    assert 60 < mirrored.sum() < 140


@pytest.mark.parametrize(
    "wrong", [{"rotation": -1}, {"zoom": 1.0}, {"contrast": 1.0}, {"erase": 1.1}, {"webcam": 2}]
)
def test_an_augmentation_checks_itself(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Augmentation(**wrong)
