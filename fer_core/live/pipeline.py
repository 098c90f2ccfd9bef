"""One shopper's stream: frame in, annotated frame out, and a state that another thread can read."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fer_core.live.holding import Holding
from fer_core.live.smoothing import NO_FACE, ExpressionState, Smoother, SmoothingSettings
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.annotation import Annotation, annotate
from fer_core.vision.faces import FaceReading, Frame

_log = logging.getLogger(__name__)

#: Frames that the pace is told from: some four seconds of a quick camera.
_NEWEST: Final = 100


@dataclass(frozen=True)
class LiveSnapshot:
    """What the stream has come to, without a pixel of it.

    Attributes:
        state: the smoothed expression of the largest face.
        faces: how many faces the newest frame showed.
        frames: frames processed.
        errors: frames that could not be processed.
        finished_at: ``time.monotonic()`` of the newest result, seconds; None before the first.
        detection_ms, classification_ms: how long the newest frame took, milliseconds.
    """

    state: ExpressionState
    faces: int = 0
    frames: int = 0
    errors: int = 0
    finished_at: float | None = None
    detection_ms: float = 0.0
    classification_ms: float = 0.0


@dataclass(frozen=True)
class View:
    """How a stream is shown.

    Attributes:
        every_face: read and frame every face; else the largest alone, which costs less.
        mirrored: left and right swapped, as people know themselves.
    """

    every_face: bool = True
    mirrored: bool = False


@dataclass(frozen=True)
class Pace:
    """How fast the newest frames went, as (median, 95th percentile) milliseconds, and how many came a second; None
    before there are any."""

    frames_per_second: float | None
    detection_ms: tuple[float, float] | None
    classification_ms: tuple[float, float] | None


@dataclass(frozen=True)
class LiveResult:
    """An annotated frame, uint8 (H, W, 3), the readings drawn on it, and the snapshot after it."""

    bgr: npt.NDArray[np.uint8]
    readings: tuple[FaceReading, ...]
    snapshot: LiveSnapshot


class LivePipeline:
    """Detection, classification, smoothing and annotation for one stream.

    ``process`` is called by one thread at a time (a second caller waits); all else may be called from any thread. No
    frame is kept.
    """

    def __init__(self, analyzer: ExpressionAnalyzer, settings: SmoothingSettings | None = None) -> None:
        self._analyzer = analyzer
        self._view = View()
        #: (finished, detection ms, classification ms) of the newest frames.
        self._times: deque[tuple[float, float, float]] = deque(maxlen=_NEWEST)
        self._smoother = Smoother(settings)
        self._lock = threading.Lock()
        self._logged: set[type[Exception]] = set()
        self._latest = _nothing_yet()
        #: Counts what the frames are read as, while somebody holds an expression.
        self.holding: Final = Holding()

    @property
    def latest(self) -> LiveSnapshot:
        """The newest snapshot; immutable, so it needs no lock."""
        return self._latest

    @property
    def analyzer(self) -> ExpressionAnalyzer:
        """What reads the faces."""
        return self._analyzer

    def use(self, analyzer: ExpressionAnalyzer) -> None:
        """Read the next frames with another analyzer; the stream and what it has come to go on."""
        with self._lock:
            self._analyzer = analyzer

    @property
    def smoothing(self) -> SmoothingSettings:
        """How steady the expression is."""
        return self._smoother.settings

    def smooth_by(self, settings: SmoothingSettings) -> None:
        """From the next frame on be as steady as these settings say."""
        with self._lock:
            self._smoother.settings = settings

    @property
    def view(self) -> View:
        """How the stream is shown."""
        return self._view

    def show(self, view: View) -> None:
        """Show the next frames so."""
        with self._lock:
            self._view = view

    def pace(self) -> Pace:
        """How fast the newest frames went."""
        with self._lock:
            times = np.array(self._times).reshape(-1, 3)
        if not len(times):
            return Pace(None, None, None)
        lasted = float(times[-1, 0] - times[0, 0])
        detection, classification = (
            (float(np.median(column)), float(np.percentile(column, 95))) for column in times[:, 1:].T
        )
        return Pace((len(times) - 1) / lasted if lasted > 0 else None, detection, classification)

    def process(self, frame: Frame) -> LiveResult:
        """Read and annotate a frame.

        Never raises: a stream whose callback raises freezes without a word, so a frame that cannot be processed
        comes back untouched, is counted in the snapshot and logged once for each kind of error.
        """
        with self._lock:
            bgr = frame.bgr
            try:
                if self._view.mirrored:
                    bgr = np.ascontiguousarray(bgr[:, ::-1])
                return self._read(bgr, frame.time)
            except Exception as error:  # noqa: BLE001 - see above
                if type(error) not in self._logged:
                    self._logged.add(type(error))
                    _log.exception(
                        "A live frame could not be processed; further %s are only counted.",
                        type(error).__name__,
                    )
                self._latest = _after_error(self._latest)
                return LiveResult(bgr, (), self._latest)

    def take(self, at: float, largest: Mapping[str, float] | None, reader: str) -> LiveSnapshot:
        """Take what was read elsewhere, and give the snapshot after it; all that follows is as for a frame.

        Args:
            at: seconds on the stream's clock.
            largest: probabilities of LABELS of the largest face; None without a face.
            reader: what read it, in words.
        """
        with self._lock:
            # How fast this machine reads says nothing of it.
            self._times.clear()
            self._conclude(at, largest, 0 if largest is None else 1, reader)
            return self._latest

    def _read(self, bgr: npt.NDArray[np.uint8], at: float) -> LiveResult:
        started = time.perf_counter()
        faces = self._analyzer.detect(bgr)
        detected = time.perf_counter()
        readings = self._analyzer.read(bgr, faces if self._view.every_face else faces[:1])
        classified = time.perf_counter()
        detection_ms, classification_ms = (detected - started) * 1_000, (classified - detected) * 1_000
        largest = readings[0].probabilities if readings else None
        self._conclude(at, largest, len(faces), self._analyzer.name, detection_ms, classification_ms)
        self._times.append((classified, detection_ms, classification_ms))
        drawn = annotate(bgr, _annotations(readings, self._latest.state))
        return LiveResult(drawn, readings, self._latest)

    def _conclude(
        self,
        at: float,
        largest: Mapping[str, float] | None,
        faces: int,
        reader: str,
        detection_ms: float = 0.0,
        classification_ms: float = 0.0,
    ) -> None:
        state = self._smoother.update(at, largest)
        self.holding.take(at, largest, reader)
        self._latest = LiveSnapshot(
            state=state,
            faces=faces,
            frames=self._latest.frames + 1,
            errors=self._latest.errors,
            finished_at=time.monotonic(),
            detection_ms=detection_ms,
            classification_ms=classification_ms,
        )


def _annotations(readings: tuple[FaceReading, ...], state: ExpressionState) -> list[Annotation]:
    """The largest face carries the steady label that drives the panel, the others what this frame says."""
    steady = [Annotation(reading.box, state.label, state.label) for reading in readings[:1]]
    return steady + [Annotation.of(reading) for reading in readings[1:]]


def _nothing_yet() -> LiveSnapshot:
    return LiveSnapshot(ExpressionState(None, NO_FACE))


def _after_error(latest: LiveSnapshot) -> LiveSnapshot:
    return dataclasses.replace(latest, errors=latest.errors + 1)
