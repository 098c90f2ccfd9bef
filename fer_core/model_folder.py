"""A model folder (model.onnx, model.keras, browser/network.bin, card.json, evaluation.npz) and the pointer to the active one."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.errors import ModelError
from fer_core.file_store import folder_lock, write_atomically
from fer_core.labels import LABELS
from fer_core.settings import DEFAULT_MODEL, SHIPPED_MODELS, Settings

#: How many earlier models the pointer remembers.
MOST_PREVIOUS: Final = 20

#: Seconds after which an unfinished release belongs to nobody; one takes minutes.
_LEFT_BEHIND: Final = 86_400

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class ModelFolder:
    """A released model on disk.

    Attributes:
        path: the folder.
        card: card.json as it stands: data and its hash, recipe, seed, rows, figures, limits.
        output_labels: what the network's outputs mean, in their order (five or seven names).
    """

    path: Path
    card: dict[str, Any]
    output_labels: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> ModelFolder:
        """Open a folder; ModelError says which file is missing or which entry of the card is wrong."""
        if not path.is_dir():
            raise ModelError(f"There is no model folder at {path}.")
        for name in ("model.onnx", "card.json"):
            if not (path / name).is_file():
                raise ModelError(f"The model folder {path} has no {name}; release the run again.")
        try:
            card = json.loads((path / "card.json").read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            raise ModelError(f"{path / 'card.json'} cannot be read: {error}.") from error
        labels = card.get("labels") if isinstance(card, dict) else None
        if not isinstance(labels, list) or not set(LABELS) <= set(map(str, labels)):
            raise ModelError(f"{path / 'card.json'} must list the outputs under 'labels', got {labels!r}.")
        return cls(path=path, card=card, output_labels=tuple(map(str, labels)))

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def onnx(self) -> Path:
        """The network as ONNX: float32 (N, 48, 48, 1) in 0..255 -> (N, K) probabilities."""
        return self.path / "model.onnx"

    @property
    def keras(self) -> Path:
        """The same network as a Keras file."""
        return self.path / "model.keras"

    @property
    def browser(self) -> Path:
        """The same network for the browser, alone in its folder; absent where the browser cannot run it."""
        return self.path / "browser" / "network.bin"

    @property
    def evaluation(self) -> Path:
        """Stored predictions on PublicTest; may be absent."""
        return self.path / "evaluation.npz"

    @property
    def identity(self) -> str:
        """Another text for another folder, card or network: what is kept of a model is kept under it.

        Raises:
            ModelError: a file is gone.
        """
        try:
            stats = [path.stat() for path in (self.path / "card.json", self.onnx)]
        except OSError as error:
            raise ModelError(
                f"The model folder {self.path} has lost {Path(error.filename).name}; release the run again."
            ) from error
        return "|".join([str(self.path), *(f"{stat.st_mtime_ns}-{stat.st_size}" for stat in stats)])


@contextmanager
def new_model_folder(name: str, into: Path) -> Iterator[Path]:
    """An empty folder that becomes ``into/name`` when the block ends, and is gone when it fails.

    Raises:
        ModelError: the name cannot be used or is taken, or ``into`` cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(f"A model's name is made of a-z, 0-9, dot, dash and underscore, got {name!r}.")
    target = into / name
    if target.exists():
        raise ModelError(_taken(target))
    try:
        into.mkdir(parents=True, exist_ok=True)
        _sweep(into)
        scratch = tempfile.TemporaryDirectory(dir=into, prefix=".releasing-")
    except OSError as error:
        raise ModelError(f"No model can be written to {into}: {error.strerror}.") from error
    with scratch:
        folder = Path(scratch.name) / name
        folder.mkdir()
        yield folder
        try:
            folder.rename(target)
        except OSError as error:
            # Somebody else may have taken the name meanwhile.
            raise ModelError(
                _taken(target) if target.exists() else f"{target} cannot be written: {error.strerror}."
            ) from error


def _sweep(root: Path) -> None:
    """Remove what a release or a deletion that was killed long ago left behind."""
    for pattern in (".releasing-*", ".deleting-*"):
        for left in root.glob(pattern):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                    shutil.rmtree(left, ignore_errors=True)


def _taken(target: Path) -> str:
    return f"There is a model at {target} already; choose another name or remove it first."


def find_model(name: str, settings: Settings) -> ModelFolder:
    """The model of that name, released on this machine or shipped; ModelError lists the valid names."""
    for root in (settings.released_models, SHIPPED_MODELS):
        if (root / name / "card.json").is_file():
            return ModelFolder.open(root / name)
    raise ModelError(f"There is no model named {name!r}; there are {model_names(settings)}.")


def model_names(settings: Settings) -> list[str]:
    """Every model at hand, shipped or released here, sorted."""
    roots = (SHIPPED_MODELS, settings.released_models)
    return sorted({card.parent.name for root in roots for card in root.glob("*/card.json")})


def active_model(settings: Settings) -> ModelFolder:
    """The model that answers: the promoted one, or the shipped default.

    Raises:
        ModelError: the pointer is damaged or names a model that is gone.
    """
    return find_model(_promoted(settings)[0], settings)


def activate_model(name: str, settings: Settings) -> ModelFolder:
    """Make a model the active one, remember the one before, and return it.

    Raises:
        ModelError: there is none of that name, or FACET_HOME cannot be written.
    """
    with _home_locked(settings):
        folder = find_model(name, settings)
        try:
            current, *previous = _promoted(settings)
        except ModelError:
            # Promoting is how a person mends a damaged pointer.
            current, previous = name, []
        if current != name and settings.active_model_pointer.exists():
            previous = [current, *previous]
        _write_pointer(name, previous, settings)
    return folder


def previous_model(settings: Settings) -> str | None:
    """The model that answered before the active one and still exists; None where there is no other.

    The shipped default answered before anything was promoted.

    Raises:
        ModelError: the pointer is damaged.
    """
    older = _older(settings)
    return older[0] if older else None


def deactivate_model(settings: Settings) -> ModelFolder:
    """Go back one step, to the model that answered before the active one, and return it.

    Raises:
        ModelError: there is no earlier model, the pointer is damaged, or FACET_HOME cannot be written.
    """
    with _home_locked(settings):
        older = _older(settings)
        if not older:
            raise ModelError(
                f"No model answered before {_promoted(settings)[0]!r}, so there is none to go back to; promote one."
            )
        folder = find_model(older[0], settings)
        # The default at the end stands there without being written.
        _write_pointer(older[0], older[1:-1], settings)
    return folder


def delete_model(name: str, settings: Settings) -> None:
    """Remove a model that was released on this machine.

    Raises:
        ModelError: there is none of that name, it comes with Facet, it is the active one, or it cannot be removed.
    """
    with _home_locked(settings):
        root = settings.released_models
        released = [path.name for path in root.glob("*") if path.is_dir() and path.name[0] != "."]
        if name not in released:
            if name in model_names(settings):
                raise ModelError(f"The model {name!r} comes with Facet and stays; delete one released here.")
            raise ModelError(
                f"There is no model named {name!r} released here; there are {sorted(released) or 'none'}."
            )
        if name == _promoted(settings)[0]:
            raise ModelError(f"The model {name!r} is the active one; promote another before deleting it.")
        try:
            # In one step out of sight: nobody finds half a model.
            with tempfile.TemporaryDirectory(dir=root, prefix=".deleting-") as scratch:
                (root / name).rename(Path(scratch) / name)
        except OSError as error:
            raise ModelError(f"{root / name} cannot be removed: {error.strerror}.") from error


def _promoted(settings: Settings) -> list[str]:
    """The active model's name and the earlier ones, newest first."""
    pointer = settings.active_model_pointer
    if not pointer.exists():
        return [DEFAULT_MODEL]
    try:
        content = json.loads(pointer.read_text(encoding="utf-8"))
        return [str(content["name"]), *map(str, content.get("previous", []))]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ModelError(
            f"{pointer} is damaged ({error}); delete it to return to {DEFAULT_MODEL!r}."
        ) from error


def _older(settings: Settings) -> list[str]:
    """Earlier names and the default, newest first, from the first on that exists and is not the active one."""
    current, *previous = _promoted(settings)
    names = model_names(settings)
    older = [*previous, DEFAULT_MODEL]
    while older and (older[0] == current or older[0] not in names):
        older.pop(0)
    return older


def _write_pointer(name: str, previous: list[str], settings: Settings) -> None:
    write_atomically(
        settings.active_model_pointer, json.dumps({"name": name, "previous": previous[:MOST_PREVIOUS]})
    )


@contextmanager
def _home_locked(settings: Settings) -> Iterator[None]:
    """One writer at a time under FACET_HOME; ModelError where it cannot be written."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with folder_lock(settings.home):
            yield
    except OSError as error:
        raise ModelError(f"{settings.home} cannot be written: {error.strerror}.") from error
