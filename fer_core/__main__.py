"""The command line: ``python -m fer_core COMMAND``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from fer_core.commands import dataset, models, pictures, training
from fer_core.errors import FerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 when it did its work, 2 with one line on stderr when it could not."""
    parser = argparse.ArgumentParser(
        prog="python -m fer_core", description="Facial expressions, from data to shop."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for kind in (dataset, training, models, pictures):
        kind.add_commands(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except FerError as error:
        print(f"facet: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("facet: stopped.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
