from __future__ import annotations

import pytest

from fer_core.errors import TrainingError
from fer_core.sweep.space import Span, changes, parse_space

WHOLE = """
presets = ["tiny", "report"]
trials = 12
epochs = 8
cores = 2
seed = 5
limit = 100

[set]
learning_rate = {low = 1e-4, high = 1e-2, log = true}
batch = [64, 128]
"augmentation.rotation" = {low = 0, high = 20}
"""


def test_a_whole_file() -> None:
    space = parse_space(WHOLE)
    assert space.presets == ("tiny", "report")
    assert (space.trials, space.epochs, space.cores, space.seed, space.limit) == (12, 8, 2, 5, 100)
    assert space.settings == {
        "learning_rate": Span(1e-4, 1e-2, log=True),
        "batch": (64, 128),
        "augmentation.rotation": Span(0, 20),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trials = ", "no TOML"),
        ("preset = 'tiny'\ntrials = 2", "lacks epochs"),
        ("preset = 'tiny'\nepochs = 2", "lacks trials"),
        ("trials = 2\nepochs = 2", "needs a preset"),
        ("preset = 'tiny'\ntrials = 0\nepochs = 2", "trials from 1"),
        ("preset = 'tiny'\ntrials = 2.5\nepochs = 2", "whole number for trials"),
        ("preset = 'tiny'\ntrials = true\nepochs = 2", "whole number for trials"),
        ("preset = 'tiny'\ntrials = 2\nepochs = 2\ncores = 0", "cores from 1"),
        ("preset = 'huge'\ntrials = 2\nepochs = 2\n[set]\nbatch = [1]", "no preset named 'huge'"),
        ("preset = 'huge'\ntrials = 2\nepochs = 2", "no preset named 'huge'"),
        ("preset = 'tiny'\ntrials = 2\nepochs = 2\nrecipe = 3", "a recipe's name"),
        ("preset = 'tiny'\ntrials = 2\nepochs = 2\nspeed = 3", "has speed; known are"),
        ("preset = 'tiny'\ntrials = 2\nepochs = 2\nset = 3", "table of settings"),
        ("presets = 'tiny'\ntrials = 2\nepochs = 2", "presets as a list"),
        ("preset = 'tiny'\ntrials = 2\nepochs = 2\n[set]\nspeed = [3]", "no such setting"),
        ("preset = 'tiny'\ntrials = 2\nepochs = 2\n[set]\nbatch = []", "expected a list of values"),
        ("preset = 'tiny'\ntrials = 2\nepochs = 2\n[set]\nbatch = 3", "expected a list of values"),
        ("preset = 'tiny'\ntrials = 2\nepochs = 2\n[set]\nbatch = {low = 3, high = 2}", "low below high"),
        ("preset = 'tiny'\ntrials = 2\nepochs = 2\n[set]\nbatch = {low = 3, top = 2}", "batch: "),
        (
            "preset = 'tiny'\ntrials = 2\nepochs = 2\n[set]\nlearning_rate = {low = 0, high = 1, log = true}",
            "low above 0",
        ),
        (
            "preset = 'tiny'\ntrials = 2\nepochs = 2\n[set]\nlearning_rate = {low = 0.1, high = 100}",
            "learning rate above 0, at most 10",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_trains(text: str, said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        parse_space(text)


@pytest.mark.parametrize(
    ("low", "high", "whole"), [(1, 4, True), (1.0, 4, False), (0.5, 0.9, False)], ids=str
)
def test_whole_bounds_mean_whole_numbers(low: float, high: float, whole: bool) -> None:
    assert Span(low, high).whole is whole


def test_what_was_drawn_is_written_as_the_command_line_takes_it() -> None:
    drawn = {"batch": 64, "learning_rate": 0.00123456789, "augmentation.flip": True, "filters": [8, 8, 16]}
    assert changes(drawn) == (
        "batch=64", "learning_rate=0.00123457", "augmentation.flip=true", "filters=8,8,16",
    )  # fmt: skip
