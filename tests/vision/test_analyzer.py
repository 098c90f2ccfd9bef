"""From a picture to the expressions in it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core import ExpressionAnalyzer
from fer_core.errors import DetectorError, ImageError, ModelError
from fer_core.labels import LABELS
from fer_core.preprocessing import to_gray
from fer_core.settings import Settings
from fer_core.vision.detectors import available_detectors
from fer_core.vision.framing import crop_faces


@pytest.fixture(scope="module")
def analyzer(small_model: Path) -> ExpressionAnalyzer:
    return ExpressionAnalyzer.load(small_model)


def test_reads_the_face(analyzer: ExpressionAnalyzer, portrait: np.ndarray) -> None:
    (reading,) = analyzer.analyze(portrait)
    assert tuple(reading.probabilities) == LABELS
    assert sum(reading.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert 180 < reading.box.x + reading.box.w / 2 < 265


def test_reads_what_the_framing_shows(analyzer: ExpressionAnalyzer, portrait: np.ndarray) -> None:
    """The parts, put together by hand, give what read gives."""
    faces = analyzer.detect(portrait)
    crops = crop_faces(to_gray(portrait), faces, analyzer.detector.framing)
    expected = analyzer.classify(crops)[0]
    (reading,) = analyzer.read(portrait, faces)
    np.testing.assert_allclose(list(reading.probabilities.values()), expected, atol=1e-6)
    assert (reading.box, reading.score) == (faces[0].box, faces[0].score)


def test_a_still_picture_is_read_as_its_mirror_image_too(
    analyzer: ExpressionAnalyzer, portrait: np.ndarray
) -> None:
    faces = analyzer.detect(portrait)
    crops = crop_faces(to_gray(portrait), faces, analyzer.detector.framing)
    once, turned = analyzer.classify(crops)[0], analyzer.classify(np.ascontiguousarray(crops[:, :, ::-1]))[0]
    assert abs(once - turned).max() > 1e-3, (
        "this network must tell left from right, or the test shows nothing"
    )
    (reading,) = analyzer.analyze(portrait)
    np.testing.assert_allclose(list(reading.probabilities.values()), (once + turned) / 2, atol=1e-6)


def test_several_faces_largest_first(analyzer: ExpressionAnalyzer, portrait: np.ndarray) -> None:
    small = cv2.resize(portrait, (300, 300), interpolation=cv2.INTER_AREA)
    scene = np.full((512, 812, 3), 128, np.uint8)
    scene[:300, :300] = small
    scene[:, 300:] = portrait
    readings = analyzer.analyze(scene)
    assert len(readings) == 2
    assert readings[0].box.x > 300 > readings[1].box.x


def test_no_face_is_a_normal_answer(analyzer: ExpressionAnalyzer) -> None:
    empty = np.full((240, 320, 3), 128, np.uint8)
    assert analyzer.analyze(empty) == ()
    assert analyzer.read(empty, ()) == ()
    assert analyzer.classify(np.empty((0, 48, 48), np.uint8)).shape == (0, 5)


def test_a_grey_picture_is_refused(analyzer: ExpressionAnalyzer) -> None:
    with pytest.raises(ImageError):
        analyzer.analyze(np.zeros((9, 9), np.uint8))


@pytest.mark.parametrize("name", available_detectors())
def test_the_detector_can_be_chosen(small_model: Path, name: str) -> None:
    analyzer = ExpressionAnalyzer.load(small_model, name)
    assert analyzer.detector.name == name
    assert analyzer.model.path == small_model
    assert analyzer.classifier.model is analyzer.model


def test_without_a_model_the_active_one_answers(small_model: Path, tmp_path: Path) -> None:
    settings = Settings.from_environment({"FACET_HOME": str(tmp_path)})
    settings.released_models.mkdir()
    (settings.released_models / "mine").symlink_to(small_model)
    settings.active_model_pointer.write_text('{"name": "mine"}')
    assert ExpressionAnalyzer.load(settings=settings).model.name == "mine"


def test_what_cannot_be_loaded(small_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        ExpressionAnalyzer.load(tmp_path / "nothing")
    with pytest.raises(DetectorError, match="yolo"):
        ExpressionAnalyzer.load(small_model, "yolo")
