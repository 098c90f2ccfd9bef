from __future__ import annotations

from fer_core.charts.training_figures import overlaid_runs, run_curves

HISTORY = [
    {"epoch": at, "loss": 2 / at, "accuracy": at / 10, "val_loss": 2.1 / at, "val_accuracy": at / 11}
    for at in (1.0, 2.0, 3.0)
]
STEPS = [{"epoch": 2.0, "step": 5.0, "steps": 10.0, "loss": 1.5, "accuracy": 0.15}]


def test_a_step_lies_inside_its_epoch_and_the_best_epoch_is_marked() -> None:
    inside, training, validation, best = run_curves(HISTORY, STEPS, "accuracy", 3).data
    assert list(inside.x) == [1.5]
    assert list(training.y) == [0.1, 0.2, 0.3]
    assert list(validation.x) == [1, 2, 3]
    assert (list(best.x), list(best.y)) == ([3], [3 / 11])


def test_a_run_without_an_epoch_has_no_best_one() -> None:
    assert len(run_curves([], STEPS, "loss", None).data) == 3


def test_each_run_has_a_colour_and_one_entry_in_the_legend() -> None:
    figure = overlaid_runs({"a": HISTORY, "b": HISTORY[:1]}, "loss")
    assert [line.name for line in figure.data if line.showlegend] == ["a", "b"]
    assert figure.data[0].line.color == figure.data[1].line.color != figure.data[2].line.color
