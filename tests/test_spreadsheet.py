from __future__ import annotations

import pandas as pd
import pytest

from fer_core.spreadsheet import csv_bytes, disarmed


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        pytest.param("=1+1", "'=1+1", id="a formula"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="an old formula"),
        pytest.param("+1", "'+1", id="a text, not a number"),
        pytest.param("\tx", "'\tx", id="a tab before a formula"),
        pytest.param(-1.5, -1.5, id="a negative number stays one"),
        pytest.param("Tea = good", "Tea = good", id="harmless"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_a_spreadsheet_would_run_is_disarmed(cell: object, written: object) -> None:
    assert disarmed(cell) == written


def test_the_file_begins_with_the_mark_and_has_no_index() -> None:
    table = pd.DataFrame({"name": ["=cmd", "Grün"], "n": [-1, 2]})
    assert csv_bytes(table).decode("utf-8-sig").splitlines() == ["name,n", "'=cmd,-1", "Grün,2"]
    assert csv_bytes(table).startswith(b"\xef\xbb\xbf")
