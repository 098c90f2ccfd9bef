from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fer_core.errors import CatalogueError
from fer_core.labels import LABELS
from fer_core.settings import PROJECT_ROOT
from fer_core.shop.catalogue import COLUMNS, Catalogue, Product

HEADER = ",".join(COLUMNS)
GOOD = "tea,Tea,Drinks,3.60,Leaves.,a calm cup,,0.1,0.2,0.3,0,0"


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return Catalogue.load(PROJECT_ROOT / "data" / "products.csv")


def test_the_mock_catalogue_is_whole(shipped: Catalogue) -> None:
    assert len(shipped.products) >= 48
    assert len(shipped.categories) == 8
    assert shipped.bad_rows == ()


def test_every_mock_product_has_a_picture_of_its_own(shipped: Catalogue) -> None:
    pictures = [product.picture_bytes() for product in shipped.products]
    assert all(picture is not None and picture[1] == "image/svg+xml" for picture in pictures)
    assert len(set(pictures)) == len(pictures)


@pytest.mark.parametrize("label", LABELS)
def test_every_expression_has_products_that_go_with_it_in_several_categories(
    label: str, shipped: Catalogue
) -> None:
    fitting = [product for product in shipped.products if product.affinity[label] >= 0.6]
    assert len(fitting) >= 6
    assert len({product.category for product in fitting}) >= 3


def test_the_pictures_are_what_the_script_draws(shipped: Catalogue) -> None:
    import runpy

    script = runpy.run_path(str(PROJECT_ROOT / "data" / "draw_pictures.py"))
    for product in shipped.products:
        assert product.picture is not None
        assert product.picture.read_text() == script["picture"](product.id, product.category)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(GOOD, "used twice", id="the id is taken"),
        pytest.param("b,Tea,Drinks,cheap,,x,,0,0,0,0,0", "price must be a number", id="a word for a price"),
        pytest.param("b,Tea,Drinks,-1,,x,,0,0,0,0,0", "at least 0", id="a negative price"),
        pytest.param("b,Tea,Drinks,NaN,,x,,0,0,0,0,0", "price", id="Decimal accepts NaN"),
        pytest.param("b,Tea,Drinks,1,,x,,0,0,0,0,2", "-1 to 1", id="an affinity beyond 1"),
        pytest.param("b,Tea,Drinks,1,,x,,0,0,0,0,nan", "-1 to 1", id="an affinity that is no number"),
        pytest.param("b,Tea,Drinks,1,,x,,0,0,0,0,", "must be numbers", id="an affinity missing"),
        pytest.param("b,,Drinks,1,,x,,0,0,0,0,0", "name must have", id="no name"),
        pytest.param("b,Tea,Drinks,1,,,,0,0,0,0,0", "appeal must have", id="no appeal: no reason to give"),
        pytest.param("b,Tea", "price must be a number", id="a cut line"),
    ],
)
def test_a_row_that_cannot_be_used_is_set_aside_and_the_rest_is_shown(
    row: str, reason: str, tmp_path: Path
) -> None:
    catalogue = Catalogue.load(write(tmp_path / "c.csv", GOOD, row))
    assert [product.id for product in catalogue.products] == ["tea"]
    ((line, why),) = catalogue.bad_rows
    assert line == 3
    assert reason in why


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("cup.png", True, id="beside the catalogue"),
        pytest.param("", False, id="none named"),
        pytest.param("absent.png", False, id="no such file"),
        pytest.param("../secret.png", False, id="leads out of the folder"),
        pytest.param("/etc/hostname", False, id="absolute"),
        pytest.param("notes.txt", False, id="no picture"),
    ],
)
def test_pictures_come_from_the_folder_beside_the_catalogue_only(
    name: str, found: bool, tmp_path: Path
) -> None:
    (tmp_path / "pictures").mkdir()
    for path in ("pictures/cup.png", "pictures/notes.txt", "secret.png"):
        (tmp_path / path).write_bytes(b"x")
    path = write(tmp_path / "c.csv", f"tea,Tea,Drinks,3.60,,a cup,{name},0,0,0,0,0")
    (product,) = Catalogue.load(path).products
    assert (product.picture_bytes() is not None) is found


@pytest.mark.parametrize(
    ("rows", "header", "sentence"),
    [
        pytest.param([], HEADER, "no usable product", id="empty"),
        pytest.param(["x"], HEADER, "The first: line 2", id="only a bad row"),
        pytest.param([GOOD], HEADER.replace("appeal", "pitch"), "no column appeal", id="a column renamed"),
    ],
)
def test_a_catalogue_of_no_use_is_one_sentence(
    rows: list[str], header: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(CatalogueError, match=sentence):
        Catalogue.load(write(tmp_path / "c.csv", *rows, header=header))


def test_a_catalogue_that_is_missing_or_no_text_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no product catalogue at"):
        Catalogue.load(tmp_path / "absent.csv")
    (tmp_path / "c.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CatalogueError, match="cannot be read"):
        Catalogue.load(tmp_path / "c.csv")


def test_a_product_keeps_its_affinities_to_itself() -> None:
    affinity = dict.fromkeys(LABELS, 0.5)
    product = Product("a", "A", "C", Decimal(1), "", "x", affinity)
    affinity["happy"] = 1.0
    assert product.affinity["happy"] == 0.5
