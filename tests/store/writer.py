"""A process that keeps panels one by one and says of each that it is kept: ``writer.py URL SESSION FIRST COUNT``."""

from __future__ import annotations

import sys

from fer_core.store.reaction_store import ReactionStore
from tests.store.panels import panel


def main() -> None:
    url, session, first, count = sys.argv[1:]
    store = ReactionStore(url)
    for number in range(int(first), int(first) + int(count)):
        store.keep(session, [panel(number)])
        # A whole line in one write, so that a killed process leaves no half one that reads as another number.
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
