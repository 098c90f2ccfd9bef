"""A network from elsewhere (``.keras`` or ``.onnx``) as a model folder: opened safely, checked, and with a card."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime

from fer_core.data.reading import FerDataset
from fer_core.errors import ModelError
from fer_core.labels import LABELS
from fer_core.model_card import describe_import, judge_into, write_card
from fer_core.model_folder import ModelFolder, new_model_folder
from fer_core.preprocessing import FACE_SIZE, to_model_input

SUFFIXES: Final = (".keras", ".onnx")

#: Larger files are refused before they are opened, and Keras archives that unpack to more.
MAX_BYTES: Final = 100_000_000
MAX_UNPACKED: Final = 400_000_000

#: How far from 1 the probabilities of a face may sum.
SUM_LIMIT: Final = 1e-3

_CHECK_FACES: Final = 256


def import_model(
    file: Path, name: str, labels: Sequence[str], into: Path, dataset: FerDataset | None = None
) -> ModelFolder:
    """Make a network from elsewhere a model folder ``into/name``.

    The folder appears complete or not at all: model.onnx, card.json, for a ``.keras`` file model.keras beside its
    export and, where its layers allow, the network for the browser, and with a data set evaluation.npz (PublicTest). Only ``.keras`` files load TensorFlow.

    Args:
        file: the network: float32 (N, 48, 48, 1) grey values in 0..255 -> (N, K) probabilities, any N.
        name: the model's.
        labels: what the K outputs mean, in their order: all of LABELS, and any others.
        into: the folder of model folders.
        dataset: what to judge it on.

    Raises:
        ModelError: the name, the labels or the file cannot be used.
    """
    if file.suffix.lower() not in SUFFIXES:
        raise ModelError(
            f"Expected a network as {' or '.join(SUFFIXES)}, got {file.name!r}; formats that can carry code, such "
            "as pickle and HDF5, are not opened."
        )
    labels = _checked(labels)
    content = _read(file)
    with new_model_folder(name, into) as folder:
        card = describe_import(name, labels, file.name, hashlib.sha256(content).hexdigest())
        faces = np.random.default_rng(0).integers(0, 256, (_CHECK_FACES, FACE_SIZE, FACE_SIZE), np.uint8)
        if file.suffix.lower() == ".onnx":
            _check_onnx(content, labels, faces)
            (folder / "model.onnx").write_bytes(content)
        else:
            card |= _take_keras(content, labels, faces, folder)
        write_card(folder, card)
        if dataset is not None:
            judge_into(folder, card, dataset)
            write_card(folder, card)
    return ModelFolder.open(into / name)


def _checked(labels: Sequence[str]) -> tuple[str, ...]:
    if len(set(labels)) < len(labels) or not set(LABELS) <= set(labels) or not all(labels):
        raise ModelError(
            f"Expected a name for every output, each once and {', '.join(LABELS)} among them, got "
            f"{', '.join(labels) or 'none'}."
        )
    return tuple(labels)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror}.") from error
    if not content:
        raise ModelError(f"{file.name} is empty.")
    if len(content) > MAX_BYTES:
        raise ModelError(f"{file.name} is larger than {MAX_BYTES / 1e6:.0f} MB, the most that is opened.")
    return content


def _take_keras(
    content: bytes, labels: tuple[str, ...], faces: npt.NDArray[np.uint8], folder: Path
) -> dict[str, Any]:
    """Save a Keras network and its export into a folder; what the card says of them."""
    # TensorFlow takes seconds to import; an ONNX file does without.
    from fer_core.release import browser_network, check_parity, export_onnx, load_network, save_compressed

    path = folder / "model.keras"
    path.write_bytes(content)
    _check_archive(path)
    network = load_network(path)
    try:
        inputs = [(list(item.shape), str(item.dtype)) for item in network.inputs]
        outputs = [(list(item.shape), str(item.dtype)) for item in network.outputs]
    except (AttributeError, TypeError, ValueError) as error:
        raise ModelError(
            "The Keras network has no inputs and outputs of known shape; call it once before it is saved."
        ) from error
    _check_shapes(inputs, outputs, labels, "float32")
    try:
        save_compressed(network, path)
        export_onnx(network, folder / "model.onnx")
    except Exception as error:
        raise ModelError(
            f"The Keras network cannot be exported as ONNX ({type(error).__name__}); bring it in as an .onnx file."
        ) from error
    _check_onnx((folder / "model.onnx").read_bytes(), labels, faces)
    parity = check_parity(network, folder / "model.onnx", faces)
    found = {"parameters": network.count_params(), "parity": parity}
    # The browser knows fewer layers; such a model answers on the server alone.
    with suppress(ModelError):
        found["browser_parity"] = browser_network(network, folder, labels, faces)
    return found


def _check_archive(path: Path) -> None:
    """A Keras file is a zip; refuse what is none, or unpacks to more than MAX_UNPACKED."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ModelError(
            "The file is no .keras archive or is cut off; save the network with Keras 3 and copy it whole."
        ) from error
    if unpacked > MAX_UNPACKED:
        raise ModelError(
            f"The .keras archive unpacks to {unpacked / 1e6:,.0f} MB; at most {MAX_UNPACKED / 1e6:.0f} MB are opened."
        )


def _check_onnx(content: bytes, labels: tuple[str, ...], faces: npt.NDArray[np.uint8]) -> None:
    """Refuse an ONNX file that is damaged, reads other files, or does not give probabilities of the labels."""
    try:
        network = onnx.load_model_from_string(content)
    except Exception as error:
        raise ModelError("The file is no ONNX network or is cut off; export it again.") from error
    # Before anything follows such a reference: it may name any file of this machine.
    if any(tensor.external_data or tensor.data_location for tensor in _tensors(network)):
        raise ModelError(
            "The ONNX network keeps weights in other files; export it with all of them inside, and at most "
            f"{MAX_BYTES / 1e6:.0f} MB."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        onnx.checker.check_model(network)
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(
            f"The ONNX network cannot be opened ({_in_brief(error)}); expected standard operators that ONNX Runtime "
            "knows."
        ) from error
    _check_shapes(
        [(item.shape, item.type) for item in session.get_inputs()],
        [(item.shape, item.type) for item in session.get_outputs()],
        labels,
        "tensor(float)",
    )
    _check_probabilities(session, len(labels), to_model_input(faces))


def _tensors(message: Any) -> Iterator[onnx.TensorProto]:
    """Every tensor in a network, in its subgraphs and functions too."""
    if isinstance(message, onnx.TensorProto):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in (value,) if hasattr(value, "ListFields") else value:
                yield from _tensors(part)


#: Shape and type of an input or output; a free dimension is None or a name.
_Described = tuple[list[int | str | None], str]


def _check_shapes(
    inputs: Sequence[_Described], outputs: Sequence[_Described], labels: tuple[str, ...], dtype: str
) -> None:
    wanted: tuple[list[int], list[int]] = ([FACE_SIZE, FACE_SIZE, 1], [len(labels)])
    for which, found, shape in zip(("input", "output"), (inputs, outputs), wanted, strict=True):
        if (
            len(found) != 1
            or found[0][1] != dtype
            or found[0][0][1:] != shape
            or not found[0][0]
            or isinstance(found[0][0][0], int)
        ):
            sides = ", ".join(map(str, shape))
            came = "; ".join(f"{kind} {sizes}" for sizes, kind in found) or "none"
            note = f" for the labels {', '.join(labels)}" if which == "output" else ""
            raise ModelError(f"Expected one {which} of shape (any, {sides}), {dtype}{note}, got {came}.")


def _check_probabilities(
    session: onnxruntime.InferenceSession, count: int, pictures: npt.NDArray[np.float32]
) -> None:
    # One face too: a network may promise any number and then not take it.
    for some in (pictures, pictures[:1]):
        try:
            found = np.asarray(session.run(None, {session.get_inputs()[0].name: some})[0])
        except Exception as error:
            raise ModelError(
                f"The network does not answer for {len(some)} faces ({_in_brief(error)})."
            ) from error
        if found.shape != (len(some), count):
            raise ModelError(
                f"Expected answers of shape {(len(some), count)} for {len(some)} faces, got {found.shape}."
            )
        if not np.isfinite(found).all():
            raise ModelError(
                "The network answers some faces with values that are not finite; train it again."
            )
        sums = found.sum(axis=1)
        if (found < 0).any() or (np.abs(sums - 1) > SUM_LIMIT).any():
            raise ModelError(
                "Expected probabilities, at least 0 and summing to 1 for each face; got values from "
                f"{found.min():.3g} to {found.max():.3g} with sums from {sums.min():.3g} to {sums.max():.3g}. The "
                "network must end in softmax."
            )


def _in_brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
