from __future__ import annotations

import contextlib
import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.errors import TrainingError
from fer_core.training.overrides import differences, override, preset_of_record, settable
from fer_core.training.presets import PRESETS, Augmentation, Preset


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        pytest.param("batch=32", "batch", 32, id="a whole number"),
        pytest.param("learning_rate=1e-4", "learning_rate", 1e-4, id="a number"),
        pytest.param(" epochs = 3 ", "epochs", 3, id="spaces do no harm"),
        pytest.param("optimizer=sgd", "optimizer", "sgd", id="a word"),
        pytest.param("class_weights=yes", "class_weights", True, id="a switch"),
        pytest.param("patience=none", "patience", None, id="none"),
        pytest.param("filters=8,16,32", "filters", (8, 16, 32), id="several numbers"),
        pytest.param("filters=", "filters", (), id="none of several"),
        pytest.param("dropouts=0.1,0.1,0.2,0", "dropouts", (0.1, 0.1, 0.2, 0.0), id="four shares"),
    ],
)
def test_a_setting_is_changed(change: str, name: str, value: object) -> None:
    assert getattr(override(PRESETS["report"], [change]), name) == value


def test_one_augmentation_is_changed_and_the_others_stay() -> None:
    changed = override(PRESETS["release"], ["augmentation.flip=false", "augmentation.zoom=0.3"]).augmentation
    assert changed is not None
    assert (changed.flip, changed.zoom, changed.rotation) == (False, 0.3, 15)
    assert override(PRESETS["report"], ["augmentation.shift=2"]).augmentation == Augmentation(shift=2)
    assert override(PRESETS["release"], ["augmentation=none"]).augmentation is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("batch", id="no value"),
        pytest.param("batch=x", id="no number"),
        pytest.param("batch=1.5", id="no whole number"),
        pytest.param("batch=0", id="out of range"),
        pytest.param("batch=none", id="may not be none"),
        pytest.param("speed=9", id="no such setting"),
        pytest.param("name=mine", id="would be another preset"),
        pytest.param("augmentation=1", id="a group is no value"),
        pytest.param("augmentation.spin=1", id="no such augmentation"),
        pytest.param("augmentation.zoom=1", id="would make a face vanish"),
        pytest.param("class_weights=perhaps", id="neither yes nor no"),
        pytest.param("optimizer=magic", id="no such optimiser"),
        pytest.param("filters=1,2", id="three blocks"),
        pytest.param("filters=0,1,2", id="a block without filters"),
        pytest.param("dropouts=1,0,0,0", id="drops everything"),
        pytest.param("learning_rate=nan", id="not a number"),
        pytest.param("precision=int8", id="no such precision"),
        pytest.param("=", id="nothing"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(change: str) -> None:
    with pytest.raises(TrainingError):
        override(PRESETS["report"], [change])


def test_the_report_s_settings_belong_to_its_network() -> None:
    with pytest.raises(TrainingError, match="only for the network"):
        override(PRESETS["release"], ["dense=64"])


@pytest.mark.parametrize("base", PRESETS.values(), ids=list(PRESETS))
def test_differences_lead_to_the_same_preset(base: Preset) -> None:
    assert differences(base, base) == ()
    for other in (
        dataclasses.replace(base, epochs=7, patience=3, class_weights=True),
        dataclasses.replace(base, augmentation=None),
        dataclasses.replace(base, augmentation=Augmentation()),
        dataclasses.replace(base, augmentation=Augmentation(flip=True, webcam=0.5)),
    ):
        assert override(base, differences(other, base)) == other


@pytest.mark.parametrize("base", PRESETS.values(), ids=list(PRESETS))
def test_a_record_gives_its_preset_back(base: Preset) -> None:
    assert preset_of_record(json.loads(json.dumps(dataclasses.asdict(base)))) == base


def test_a_record_of_an_older_preset_still_reads() -> None:
    record = {"name": "x", "network": "tiny", "recipe": "report", "output_labels": ["a"], "epochs": 1}
    assert preset_of_record(record).schedule == "constant"


@pytest.mark.parametrize("record", [{}, {"name": 1}, {"epochs": "x"}, {"augmentation": 3}])
def test_a_damaged_record_is_one_sentence(record: dict[str, object]) -> None:
    with pytest.raises(TrainingError):
        preset_of_record(record)


@given(st.sampled_from(settable(PRESETS["report"])), st.text(max_size=12))
def test_any_text_gives_a_preset_or_one_sentence(name: str, text: str) -> None:
    with contextlib.suppress(TrainingError):
        assert isinstance(override(PRESETS["report"], [f"{name}={text}"]), Preset)
