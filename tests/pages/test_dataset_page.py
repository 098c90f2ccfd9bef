"""The dataset page without a browser: each tab on the synthetic sample, and what goes wrong in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.data.label_errors import LabelErrors, LabelErrorStore
from fer_core.data.recipe_book import RecipeBook
from fer_core.data.synthetic import SYNTHETIC, synthetic_sample
from tests.fer_files import line, write_file
from tests.pages.conftest import labels_of, press

TABS = ("Rows", "Faces", "Quality", "Balance")


@pytest.fixture
def open_tab(home: Path, open_page: Callable[[str], AppTest]) -> Callable[[str], AppTest]:
    def run(tab: str) -> AppTest:
        app = open_page("dataset")
        app.session_state["tab"] = tab
        return app.run()

    return run


def group(app: AppTest, label: str) -> Any:
    return next(each for each in app.get("button_group") if each.label == label)


@pytest.mark.parametrize("public", ["0", "1"], ids=["normal", "public"])
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_on_a_fresh_machine_and_says_synthetic(
    tab: str, public: str, open_tab: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_PUBLIC", public)
    app = open_tab(tab)
    assert not app.exception
    assert not app.error
    assert any("synthetic sample" in info.value for info in app.info)
    assert any("420 rows" in caption.value for caption in app.caption)
    changing = {"Look for label errors", "Save", "Add", "Remove"}
    assert public == "0" or not changing & set(labels_of(app))


def test_bad_rows_are_listed_with_line_and_reason(
    open_tab: Callable[[str], AppTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_file(tmp_path / "mine.csv", line(0), "3,1,Training", line(9), line(4))
    monkeypatch.setenv("FACET_DATASET", str(file))
    app = open_tab("Rows")
    assert any("2 rows set aside" in text.value for text in app.markdown)
    assert app.dataframe[-1].value["line"].tolist() == [3, 4]
    assert "expected 2,304 pixels, got 1" in app.dataframe[-1].value["reason"][0]
    assert not app.info


def test_a_file_of_no_use_is_one_sentence(
    open_page: Callable[[str], AppTest], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.csv").write_text("nothing")
    monkeypatch.setenv("FACET_DATASET", str(tmp_path / "bad.csv"))
    app = open_page("dataset")
    assert not app.exception
    assert "no column" in app.error[0].value


def test_filters_and_paging_choose_the_faces(open_tab: Callable[[str], AppTest]) -> None:
    app = open_tab("Faces")

    def shown() -> str:
        return next(text.value for text in app.markdown if " of " in text.value and "faces" in text.value)

    assert shown() == "**1 to 48** of 420 faces"
    app = press(app, "Next")
    assert shown() == "**49 to 96** of 420 faces"
    app = group(app, "Splits").set_value(["PrivateTest"]).run()
    assert shown() == "**1 to 42** of 42 faces"
    assert not app.exception


def test_filters_that_leave_nothing_say_so(open_tab: Callable[[str], AppTest]) -> None:
    app = open_tab("Faces")
    group(app, "Splits").set_value(["PrivateTest"])
    group(app, "Labels").set_value(["disgust"])
    agree = next(slider for slider in app.slider if "agreement" in slider.label)
    app = agree.set_value((0, 5)).run()
    assert any("No row passes" in info.value for info in app.info)


def test_a_finding_switched_on_is_left_out_of_the_balance_and_remembered_by_the_recipe(
    open_tab: Callable[[str], AppTest], home: Path
) -> None:
    app = open_tab("Quality")
    titles = [toggle.label for toggle in app.toggle]
    assert any(title.startswith("**Exact copies**: 6 rows in 3 groups") for title in titles)
    app = next(toggle for toggle in app.toggle if "Exact copies" in toggle.label).set_value(True).run()
    app.session_state["tab"] = "Balance"
    app = app.run()
    assert any("Left out: exact copies" in caption.value for caption in app.caption)
    assert any("without copies" in text.value for text in app.markdown)
    app.radio[0].set_value("Undersample").run()
    app = press(app, "Save")
    assert any("balanced@1" in success.value for success in app.success)
    assert "--recipe balanced@1" in app.code[0].value
    saved = RecipeBook(home / "recipes").load("balanced").recipe
    assert (saved.method, saved.exclude) == ("undersample", ("duplicates",))
    assert saved.data == synthetic_sample().fingerprint


@pytest.mark.parametrize("name", ["Not good", "report", ""])
def test_a_name_that_cannot_be_used_is_one_sentence(
    name: str, open_tab: Callable[[str], AppTest], home: Path
) -> None:
    app = open_tab("Balance")
    next(field for field in app.text_input if field.label == "Name").set_value(name)
    app = press(app, "Save")
    assert not app.exception
    assert len(app.error) == 1
    assert not list((home / "recipes").glob("*")) if (home / "recipes").exists() else True


def test_a_damaged_recipe_is_a_warning_among_the_others(
    open_tab: Callable[[str], AppTest], home: Path
) -> None:
    (home / "recipes" / "old").mkdir(parents=True)
    (home / "recipes" / "old" / "1.json").write_text("{")
    app = open_tab("Balance")
    assert not app.error
    assert "damaged" in app.warning[0].value


def test_caps_and_class_weights_reach_the_recipe(open_tab: Callable[[str], AppTest], home: Path) -> None:
    app = open_tab("Balance")
    next(slider for slider in app.slider if slider.label == "At most, each label").set_value(30)
    app = next(toggle for toggle in app.toggle if toggle.label == "Class weights").set_value(True).run()
    assert "weight" in app.dataframe[-1].value.columns
    assert app.dataframe[-1].value["train"].drop("all").max() == 30
    app = press(app, "Save")
    saved = RecipeBook(home / "recipes").load("balanced").recipe
    assert (saved.caps, saved.class_weights) == ((30,) * 5, True)


def test_label_errors_that_a_job_found_are_shown_and_can_be_left_out(
    open_tab: Callable[[str], AppTest], home: Path
) -> None:
    found = LabelErrors(np.array([9, 4]), np.array([1, 2]), np.array([0.01, 0.2]), 283, 0.9, 4, 8, 0)
    LabelErrorStore(home / "label_errors").save(synthetic_sample(), found)
    app = open_tab("Quality")
    toggle = next(toggle for toggle in app.toggle if "Likely label errors" in toggle.label)
    assert "2 rows" in toggle.label
    app = toggle.set_value(True).run()
    app.session_state["tab"] = "Balance"
    app = press(app.run(), "Save")
    assert RecipeBook(home / "recipes").load("balanced").recipe.label_errors == (4, 9)


def test_a_job_is_watched(open_tab: Callable[[str], AppTest], home: Path) -> None:
    import os

    import psutil

    folder = LabelErrorStore(home / "label_errors").folder(synthetic_sample())
    folder.mkdir(parents=True)
    born = psutil.Process().create_time()
    (folder / "job.json").write_text(json.dumps({"pid": os.getpid(), "born": born}))
    (folder / "progress").write_text("0.375")
    app = open_tab("Quality")
    assert any("38%" in str(bar.proto) for bar in app.get("progress"))
    assert "Look for label errors" not in labels_of(app)
    (folder / "job.json").write_text(json.dumps({"pid": os.getpid(), "born": 1.0}))
    (folder / "log.txt").write_text("facet: something broke")
    app = app.run()
    assert any("something broke" in caption.value for caption in app.caption)


def test_a_path_adds_a_data_set_and_removing_asks_first(
    open_tab: Callable[[str], AppTest], tmp_path: Path
) -> None:
    file = write_file(tmp_path / "mine.csv", line(0), line(4))
    app = open_tab("Rows")
    app.segmented_control(key="add-way").set_value("Path on this machine").run()
    app.text_input(key="add-path").set_value(str(file)).run()
    app = press(app, "Add")
    assert not app.exception
    assert app.selectbox(key="source").value == "mine.csv"
    assert any("2 rows" in caption.value for caption in app.caption)
    app = press(app, "Remove")
    assert any("goes off the list" in text.value for text in app.markdown)
    assert app.selectbox(key="source").options == ["mine.csv", SYNTHETIC]


def test_a_path_that_leads_nowhere_is_one_sentence(
    open_tab: Callable[[str], AppTest], tmp_path: Path
) -> None:
    app = open_tab("Rows")
    app.segmented_control(key="add-way").set_value("Path on this machine").run()
    app.text_input(key="add-path").set_value(str(tmp_path / "absent.csv")).run()
    app = press(app, "Add")
    assert not app.exception
    assert "no file or folder" in app.error[0].value


def test_a_damaged_result_leaves_the_other_findings_and_offers_the_search_again(
    open_tab: Callable[[str], AppTest], home: Path
) -> None:
    folder = LabelErrorStore(home / "label_errors").folder(synthetic_sample())
    folder.mkdir(parents=True)
    (folder / "result.json").write_text("{")
    app = open_tab("Quality")
    assert not app.exception
    assert len(app.toggle) == 6
    assert "Look for label errors" in labels_of(app)
    assert any("is damaged" in caption.value for caption in app.caption)
