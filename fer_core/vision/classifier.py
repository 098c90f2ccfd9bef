"""Grey faces to probabilities, on ONNX Runtime."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime

from fer_core.errors import ModelError
from fer_core.labels import LABELS, to_five
from fer_core.model_folder import ModelFolder
from fer_core.preprocessing import FACE_SIZE, to_model_input

# On Windows the variable that the package sets has no say; this has.
onnxruntime.disable_telemetry_events()

#: Bounds the memory of a large batch.
_CHUNK: Final = 256


class ExpressionClassifier:
    """A released network, ready to answer. Safe to call from several threads at once.

    One thread: on a live stream it is steadier than two (95th percentile 2.2 against 6.1 ms a face).
    """

    def __init__(self, model: ModelFolder) -> None:
        """Open the network; ModelError where it is damaged or does not fit the card's labels."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            session = onnxruntime.InferenceSession(
                model.onnx.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ModelError(f"{model.onnx} cannot be opened: {str(error).splitlines()[0]}") from error
        inputs, outputs = session.get_inputs(), session.get_outputs()
        wanted = [FACE_SIZE, FACE_SIZE, 1]
        if len(inputs) != 1 or inputs[0].shape[1:] != wanted or inputs[0].type != "tensor(float)":
            found = [(item.shape, item.type) for item in inputs]
            raise ModelError(f"{model.onnx}: expected one float input of shape [N, 48, 48, 1], got {found}.")
        if len(outputs) != 1 or outputs[0].shape[-1] not in (len(model.output_labels), None):
            raise ModelError(
                f"{model.onnx}: expected {len(model.output_labels)} outputs for {list(model.output_labels)}, "
                f"got {[item.shape for item in outputs]}."
            )
        self._session = session
        self._input = inputs[0].name
        self._model = model

    @property
    def model(self) -> ModelFolder:
        """The model that answers."""
        return self._model

    def classify(
        self, gray_faces: npt.NDArray[np.uint8], progress: Callable[[float], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """Probabilities (N, 5) float32, order of LABELS, of grey faces (N, 48, 48) uint8; N may be 0.

        Args:
            gray_faces: the faces; many are shared out among the processor's cores.
            progress: told the share that is done.

        Raises:
            ImageError: faces of another shape or dtype.
        """
        pictures = to_model_input(gray_faces)
        if not len(pictures):
            return np.empty((0, len(LABELS)), dtype=np.float32)
        chunks = [pictures[start : start + _CHUNK] for start in range(0, len(pictures), _CHUNK)]
        found = []
        # Threads of ours and not of ONNX Runtime's: its own would also take part in a single face of a live stream,
        # which is no work for a pool.
        with ThreadPoolExecutor(min(len(chunks), os.cpu_count() or 1)) as threads:
            for answers in (
                map(self._answer, chunks) if len(chunks) == 1 else threads.map(self._answer, chunks)
            ):
                found.append(answers)
                if progress is not None:
                    progress(len(found) / len(chunks))
        return to_five(np.concatenate(found), self._model.output_labels)

    def _answer(self, pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(self._session.run(None, {self._input: pictures})[0])
