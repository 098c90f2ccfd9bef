from __future__ import annotations

import importlib.util
import subprocess
import sys
from contextlib import nullcontext
from unittest.mock import Mock

import pytest

from fer_core.cluster import need_ray, ray_session
from fer_core.errors import ClusterError
from fer_core.settings import PROJECT_ROOT


def test_without_ray_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ClusterError, match=r"A sweep needs Ray: pip install -r requirements-cluster\.txt"):
        need_ray("A sweep")


@pytest.mark.parametrize(
    "arguments", [["score", ".", "--out", "x"], ["sweep", __file__, "fer.csv", "--name", "one"]], ids=str
)
def test_the_commands_say_so_in_one_line(arguments: list[str]) -> None:
    code = (
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'ray' else find(name, *more)\n"
        "from fer_core.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("facet: ")
    assert "pip install -r requirements-cluster.txt" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("failures", "comes"),
    [pytest.param(2, True, id="slow twice"), pytest.param(3, False, id="slow for ever")],
)
def test_a_head_that_is_slow_to_serve_a_client_is_asked_again(
    failures: int, comes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed; requirements-cluster.txt")
    answers = [ConnectionError("Starting Ray client server failed. See a log.")] * failures + [None]
    init = Mock(side_effect=answers)
    monkeypatch.setattr(ray, "init", init)
    with (
        nullcontext() if comes else pytest.raises(ClusterError, match="cannot be reached"),
        ray_session("ray://x:1"),
    ):
        pass
    assert init.call_count == 3


def test_no_page_needs_ray_to_be_opened() -> None:
    """The app runs without requirements-cluster.txt; what the tab of sweeps imports must not bring Ray along."""
    code = "import fer_core.sweep.sweeping, sys; print('ray' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
