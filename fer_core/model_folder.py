"""A model folder (model.onnx, model.keras, card.json, evaluation.npz) and the pointer to the active one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_core.errors import ModelError
from fer_core.labels import LABELS
from fer_core.settings import DEFAULT_MODEL, SHIPPED_MODELS, Settings


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
    def evaluation(self) -> Path:
        """Stored predictions on PublicTest; may be absent."""
        return self.path / "evaluation.npz"


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
    pointer = settings.active_model_pointer
    if not pointer.exists():
        return find_model(DEFAULT_MODEL, settings)
    try:
        name = json.loads(pointer.read_text(encoding="utf-8"))["name"]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ModelError(
            f"{pointer} is damaged ({error}); delete it to return to {DEFAULT_MODEL!r}."
        ) from error
    return find_model(str(name), settings)


def activate_model(name: str, settings: Settings) -> ModelFolder:
    """Make a model the active one and return it; ModelError if there is none of that name."""
    folder = find_model(name, settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    scratch = settings.active_model_pointer.with_suffix(".tmp")
    scratch.write_text(json.dumps({"name": name}), encoding="utf-8")
    scratch.replace(settings.active_model_pointer)
    return folder
