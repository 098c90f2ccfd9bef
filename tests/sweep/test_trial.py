from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from fer_core.errors import TrainingError
from fer_core.sweep.trial import SweepTrial, TrialKey
from fer_core.training.background import BackgroundJob
from fer_core.training.request import TrainingRequest
from fer_core.training.run_folder import HISTORY_COLUMNS, RunFolder

Started = list[tuple[list[str], Mapping[str, str]]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What would have been started; nothing is."""
    seen: Started = []

    def start(
        self: BackgroundJob, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        seen.append((list(arguments), environment or {}))

    monkeypatch.setattr(BackgroundJob, "start", start)
    return seen


def trial(folder: Path, cores: int = 1) -> SweepTrial:
    request = TrainingRequest(Path("fer.csv"), "tiny", folder / "one-00000", epochs=3, changes=("batch=32",))
    return SweepTrial(request, TrialKey("one", 0), cores)


def write_epochs(run: RunFolder, count: int) -> None:
    rows = [",".join(HISTORY_COLUMNS), *(f"{at},1,0.5,1,0.{at},0.001,1" for at in range(1, count + 1))]
    run.history.write_text("\n".join(rows) + "\n")


@pytest.mark.parametrize("cores", [1, 3])
def test_a_trial_knows_its_share_of_the_cores(cores: int, started: Started, tmp_path: Path) -> None:
    trial(tmp_path, cores)
    ((arguments, environment),) = started
    assert arguments[:2] == ["train", "fer.csv"]
    assert "batch=32" in arguments
    assert environment["TF_NUM_INTRAOP_THREADS"] == environment["OMP_NUM_THREADS"] == str(cores)


def test_its_run_says_which_trial_it_is_and_goes_on_as_the_same(started: Started, tmp_path: Path) -> None:
    trial(tmp_path)
    run = RunFolder(tmp_path / "one-00000")
    asked_at = run.record()["asked_at"]
    run.write_record(state="failed", reason="killed")
    trial(tmp_path)
    record = run.record()
    assert (record["sweep"], record["trial"], record["asked_at"]) == ("one", 0, asked_at)
    assert record["state"] == "queued"
    assert len(started) == 2


def test_a_finished_run_is_only_read(started: Started, tmp_path: Path) -> None:
    trial(tmp_path)
    run = RunFolder(tmp_path / "one-00000")
    write_epochs(run, 3)
    run.write_record(state="finished")
    again = trial(tmp_path)
    assert len(started) == 1
    assert dict(again.epoch(3) or {})["val_accuracy"] == 0.3


def test_epochs_are_told_one_after_the_other_and_then_none(started: Started, tmp_path: Path) -> None:
    one = trial(tmp_path)
    run = RunFolder(tmp_path / "one-00000")
    write_epochs(run, 2)
    run.write_record(state="stopped")
    assert [dict(one.epoch(at) or {})["val_accuracy"] for at in (1, 2)] == [0.1, 0.2]
    assert one.epoch(3) is None


def test_a_failed_run_says_why(started: Started, tmp_path: Path) -> None:
    one = trial(tmp_path)
    RunFolder(tmp_path / "one-00000").write_record(state="failed", reason="The disk is full.")
    with pytest.raises(TrainingError, match=r"one-00000: The disk is full\."):
        one.epoch(1)
