"""From a picture to the expressions of the faces in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.labels import LABELS
from fer_core.model_folder import ModelFolder, active_model
from fer_core.preprocessing import FACE_SIZE, to_gray
from fer_core.settings import Settings
from fer_core.vision.classifier import ExpressionClassifier
from fer_core.vision.detectors import Detector, load_detector
from fer_core.vision.faces import Face, FaceReading
from fer_core.vision.framing import crop_faces


class ExpressionAnalyzer:
    """A detector and a classifier. ``detect`` and ``analyze`` answer one thread at a time, as detectors do."""

    def __init__(self, classifier: ExpressionClassifier, detector: Detector) -> None:
        self._classifier = classifier
        self._detector = detector

    @classmethod
    def load(
        cls, model: Path | None = None, detector: str | None = None, settings: Settings | None = None
    ) -> ExpressionAnalyzer:
        """Open a model folder (default: the active model) and a detector (default: the best installed).

        Raises:
            ModelError: the folder is missing or damaged.
            DetectorError: the detector is unknown or not installed.
        """
        folder = (
            active_model(settings or Settings.from_environment())
            if model is None
            else ModelFolder.open(model)
        )
        return cls(ExpressionClassifier(folder), load_detector(detector))

    @property
    def model(self) -> ModelFolder:
        """The model that answers."""
        return self._classifier.model

    @property
    def classifier(self) -> ExpressionClassifier:
        """The network; unlike a detector it may be shared by threads."""
        return self._classifier

    @property
    def detector(self) -> Detector:
        """The detector that looks for faces."""
        return self._detector

    @property
    def name(self) -> str:
        """The model and the detector in words, such as ``facet, libfacedetection``."""
        return f"{self.model.name}, {self._detector.name}"

    def warm_up(self) -> None:
        """Run a blank picture and a blank face through, so that the first real one is as quick as the rest."""
        self.detect(np.zeros((240, 320, 3), np.uint8))
        self.classify(np.zeros((1, FACE_SIZE, FACE_SIZE), np.uint8))

    def analyze(self, bgr: npt.NDArray[np.uint8]) -> tuple[FaceReading, ...]:
        """Find the faces in a picture that stands still, uint8 (H, W, 3), and read each; largest first, () where there is
        none.

        Each is read as it is and as its mirror image, and the mean is taken: a few more are named right
        (docs/experiments.md), for twice the time of the network. A frame of a video has the frames around it instead, so
        what reads those calls ``detect`` and ``read``.

        Raises:
            ImageError: no such picture.
        """
        return self.read(bgr, self.detect(bgr), mirrored=True)

    def detect(self, bgr: npt.NDArray[np.uint8]) -> tuple[Face, ...]:
        """The first half of ``analyze``: the faces, largest first."""
        return self._detector.detect(bgr)

    def read(
        self, bgr: npt.NDArray[np.uint8], faces: Sequence[Face], *, mirrored: bool = False
    ) -> tuple[FaceReading, ...]:
        """The second half of ``analyze``: a reading for each of the faces, in their order; each as its mirror image, too,
        if so asked."""
        if not faces:
            return ()
        crops = crop_faces(to_gray(bgr), faces, self._detector.framing)
        probabilities = self.classify(crops)
        if mirrored:
            turned = self.classify(np.ascontiguousarray(crops[:, :, ::-1]))
            probabilities = np.asarray((probabilities + turned) / 2, dtype=np.float32)
        return tuple(
            FaceReading(face.box, face.score, dict(zip(LABELS, map(float, row), strict=True)))
            for face, row in zip(faces, probabilities, strict=True)
        )

    def classify(self, gray_faces: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Probabilities (N, 5) float32, order of LABELS, of grey faces (N, 48, 48) uint8; N may be 0.

        Raises:
            ImageError: faces of another shape or dtype.
        """
        return self._classifier.classify(gray_faces)
