"""Facet's core: everything with a decision in it, importable with no browser and no TensorFlow.

>>> from fer_core import ExpressionAnalyzer
>>> analyzer = ExpressionAnalyzer.load()          # active model, best detector present
>>> analyzer.analyze(bgr_image)                   # tuple of FaceReading, largest face first
>>> analyzer.classify(gray_faces_uint8)           # (N, 48, 48) -> (N, 5) float32, order of LABELS
"""

import os

# ONNX Runtime reports its use to its maker from version 1.29 on, unless this stands before it is imported; it also keeps
# a device's number in the home folder. Nothing may connect beyond the stream.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from fer_core.errors import FerError
from fer_core.labels import LABELS
from fer_core.vision.analyzer import ExpressionAnalyzer

__all__ = ["LABELS", "ExpressionAnalyzer", "FerError"]
