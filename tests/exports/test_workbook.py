"""Workbooks: types kept, nothing runs, sheets follow sheets, and the rest is explained."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from cvi.exports import Column, Manifest, Table, workbook, write
from tests.exports.sheets import sheets

MADE = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
ABOUT = Table(
    "talks",
    (
        Column("text", "What was said"),
        Column("pace", "Pace", "words per min", "Words / minutes", "0 …", "somebody", "text"),
        Column("at", "Started", "UTC"),
    ),
)
MANIFEST = Manifest(MADE, "1.0", "abc", (ABOUT,), {"persona": ["p"]}, ("Persona: p",))


def _table() -> pd.DataFrame:
    times = pd.to_datetime(
        pd.Series(["2026-03-01T10:00:00.25Z", None, "1815-06-18T11:00:00Z"]),
        utc=True,
        format="ISO8601",
    )
    return pd.DataFrame(
        {
            "text": pd.array(["=1+1", None, "\x07ünï 日本"], dtype="str"),
            "pace": [0.1 + 0.2, float("nan"), float("inf")],
            "at": times.astype("datetime64[us, UTC]"),
            "n": pd.array([1, None, -(2**40)], dtype="Int64"),
            "flag": pd.array([True, None, False], dtype="boolean"),
        }
    )


def test_every_type_arrives_and_formulas_are_text(tmp_path: Path) -> None:
    """Missing is an empty cell; times are what a spreadsheet counts as days."""
    path = tmp_path / "t.xlsx"
    assert write([_table().iloc[:1], _table().iloc[1:]], path, table=ABOUT, manifest=MANIFEST) == 3
    head, first, second, third = sheets(path)["talks"]
    assert head == ["What was said", "Pace (words per min)", "Started (UTC)", "n", "flag"]
    assert first[:2] == ["=1+1", 0.3]  # a cell holds sixteen digits
    assert first[2] == pytest.approx(46082 + (10 + 0.25 / 3600) / 24, abs=1e-8)
    assert first[3:] == [1.0, 1.0]
    assert second == [None] * 5
    assert third[1:] == ["inf", "1815-06-18 11:00:00", -(2.0**40), 0.0]
    assert "ünï 日本" in str(third[0])


def test_columns_and_the_export_are_explained(tmp_path: Path) -> None:
    """On sheets of their own: labels, units, formulas; rows, filter, versions."""
    path = tmp_path / "t.xlsx"
    write([_table()], path, table=ABOUT, manifest=MANIFEST)
    found = sheets(path)
    assert found["Columns"][2] == [
        "pace", "Pace", "words per min", "0 …", "Words / minutes", "somebody", "text",
    ]  # fmt: skip
    about = {row[0]: row[1] for row in found["About"]}
    assert (about["Rows"], about["Filter"]) == ("3", "Persona: p")
    assert about["Made"] == "2026-03-01 10:00 UTC"


def test_rows_beyond_a_sheet_go_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its heading, none lost."""
    monkeypatch.setattr(workbook, "ROWS", 4)
    table = pd.DataFrame({"n": range(8)})
    path = tmp_path / "t.xlsx"
    assert write([table.iloc[:5], table.iloc[5:]], path, table=Table("t", ())) == 8
    found = sheets(path)
    parts = [found[name] for name in ("t", "t 2", "t 3")]
    assert [part[0] for part in parts] == [["n"]] * 3
    assert [row[0] for part in parts for row in part[1:]] == list(map(float, range(8)))


def test_a_text_that_no_cell_can_hold_is_cut_and_said(tmp_path: Path) -> None:
    """The other formats have it whole."""
    table = pd.DataFrame({"text": pd.array(["x" * 40_000, "short"], dtype="str")})
    path = tmp_path / "t.xlsx"
    write([table], path, table=Table("t", ()))
    found = sheets(path)
    assert len(str(found["t"][1][0])) == workbook.LONGEST
    assert {row[0]: row[1] for row in found["About"]}["Cut"].startswith("1 texts were longer")


def test_titles_that_read_alike_are_names() -> None:
    """So that no two columns of a sheet are called the same."""
    table = Table("t", (Column("a", "Share"), Column("b", "Share"), Column("c", "Other")))
    assert table.titles(["a", "b", "c", "d"]) == ["a", "b", "Other", "d"]
