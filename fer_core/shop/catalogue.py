"""The products on offer: a CSV that anyone can replace with their own."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fer_core.errors import CatalogueError
from fer_core.labels import LABELS

#: The columns of a catalogue. Each of LABELS holds how well the product goes with that expression, -1 to 1.
COLUMNS: Final = ("id", "name", "category", "price", "description", "appeal", "picture", *LABELS)

_PICTURE_TYPES: Final = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
}
_LARGEST_PICTURE: Final = 1_000_000
_LONGEST_TEXT: Final = 400


@dataclass(frozen=True)
class Product:
    """A product as its row says. All texts are plain text; whoever shows them escapes them.

    Attributes:
        id: unique in the catalogue.
        name, category, description: shown.
        price: euros, at least 0.
        appeal: half a sentence that a reason is made of, such as "something warm to hold".
        affinity: how well it goes with each of LABELS, -1 (against) to 1 (with).
        picture: the file, or None where the catalogue names none or it cannot be used.
    """

    id: str
    name: str
    category: str
    price: Decimal
    description: str
    appeal: str
    affinity: Mapping[str, float] = field(hash=False)
    picture: Path | None = None

    def __post_init__(self) -> None:
        for name in ("id", "name", "category", "appeal"):
            text = getattr(self, name)
            if not text.strip() or len(text) > _LONGEST_TEXT:
                raise ValueError(f"{name} must have 1 to {_LONGEST_TEXT} characters, got {len(text)}")
        if not (self.price.is_finite() and self.price >= 0):
            raise ValueError(f"price must be a number of at least 0, got {self.price}")
        if tuple(self.affinity) != LABELS:
            raise ValueError(f"affinities must be given for {', '.join(LABELS)}")
        if not all(-1 <= value <= 1 for value in self.affinity.values()):
            raise ValueError(f"affinities must lie in -1 to 1, got {dict(self.affinity)}")
        object.__setattr__(self, "affinity", MappingProxyType(dict(self.affinity)))

    def picture_bytes(self) -> tuple[bytes, str] | None:
        """The picture and its media type, or None where there is none to show."""
        if self.picture is None:
            return None
        try:
            return self.picture.read_bytes(), _PICTURE_TYPES[self.picture.suffix.lower()]
        except OSError:
            return None


@dataclass(frozen=True)
class Catalogue:
    """The usable products, in the file's order, and the rows set aside as (line, reason)."""

    products: tuple[Product, ...]
    bad_rows: tuple[tuple[int, str], ...] = ()

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        """Read a catalogue; a row that cannot be used is set aside with its line (1 is the header) and reason.

        Pictures lie in the folder ``pictures`` beside the file; a name that leads out of it is not followed.

        Raises:
            CatalogueError: no file, no UTF-8 text, a column missing, or no usable product.
        """
        products: dict[str, Product] = {}
        bad: list[tuple[int, str]] = []
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
                if missing:
                    raise CatalogueError(f"{path.name} has no column {', '.join(missing)}.")
                for row in reader:
                    try:
                        product = _product(row, path.parent / "pictures")
                        if product.id in products:
                            raise ValueError(f"the id {product.id!r} is used twice")
                    except ValueError as error:
                        bad.append((reader.line_num, str(error)))
                    else:
                        products[product.id] = product
        except FileNotFoundError:
            raise CatalogueError(f"There is no product catalogue at {path}.") from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CatalogueError(f"{path} cannot be read as a catalogue: {error}.") from error
        if not products:
            first = f" The first: line {bad[0][0]}, {bad[0][1]}." if bad else ""
            raise CatalogueError(
                f"{path.name} holds no usable product ({len(bad)} rows were set aside).{first}"
            )
        return cls(tuple(products.values()), tuple(bad))

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category once, in the order of first appearance."""
        return tuple(dict.fromkeys(product.category for product in self.products))


def _product(row: Mapping[str, str | None], pictures: Path) -> Product:
    text = {name: (row[name] or "").strip() for name in COLUMNS}
    try:
        price = Decimal(text["price"])
    except InvalidOperation:
        raise ValueError(f"price must be a number, got {text['price'][:20]!r}") from None
    try:
        affinity = {label: float(text[label]) for label in LABELS}
    except ValueError:
        raise ValueError(
            f"affinities must be numbers, got {[text[label][:20] for label in LABELS]}"
        ) from None
    return Product(
        id=text["id"],
        name=text["name"],
        category=text["category"],
        price=price,
        description=text["description"],
        appeal=text["appeal"],
        affinity=affinity,
        picture=_picture(text["picture"], pictures),
    )


def _picture(name: str, folder: Path) -> Path | None:
    if not name:
        return None
    path = (folder / name).resolve()
    usable = (
        path.is_relative_to(folder.resolve())
        and path.suffix.lower() in _PICTURE_TYPES
        and path.is_file()
        and path.stat().st_size <= _LARGEST_PICTURE
    )
    return path if usable else None
