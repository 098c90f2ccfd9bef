"""Tables that people take away and open in a spreadsheet."""

from __future__ import annotations

import pandas as pd


def disarmed(cell: object) -> object:
    """A cell as a spreadsheet may open it: a text that it would run as a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def csv_bytes(table: pd.DataFrame) -> bytes:
    """The table as CSV in UTF-8 with the mark by which spreadsheets know it, no cell a formula, no index."""
    return table.map(disarmed).to_csv(index=False).encode("utf-8-sig")
