from __future__ import annotations

import pytest

from fer_core.data.balancing import RECIPES
from fer_core.errors import TrainingError
from fer_core.labels import FER2013_LABELS, LABELS
from fer_core.training.networks import NETWORKS
from fer_core.training.presets import PRESETS, Preset, find_preset


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_preset_names_things_that_exist(preset: Preset) -> None:
    assert preset.network in NETWORKS
    assert preset.recipe in RECIPES
    assert preset.output_labels in (LABELS, FER2013_LABELS)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_no_preset_picks_an_epoch_on_rows_that_are_reported(preset: Preset) -> None:
    assert preset.keep == "last" or RECIPES[preset.recipe].held_back > 0


def test_the_report_s_settings() -> None:
    report = find_preset("report")
    assert (report.batch, report.epochs, report.optimizer) == (64, 100, "adam")
    assert report.augmentation is None
    assert report.vote_weight == 0


def test_an_unknown_preset_lists_the_valid_ones() -> None:
    with pytest.raises(TrainingError, match="report, release, tiny"):
        find_preset("huge")
