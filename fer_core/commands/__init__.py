"""The command line's commands, a module for each kind; what they import loads only when one of them runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]


def show(options: argparse.Namespace, result: dict[str, Any], lines: Sequence[str]) -> None:
    """Print what a command found: the result as JSON where ``--json`` asks for it, else the lines."""
    print(json.dumps(result) if options.json else "\n".join(lines))
