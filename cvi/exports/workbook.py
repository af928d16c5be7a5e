"""XLSX: rows streamed to disk, sheet after sheet; what the columns mean on a sheet of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from cvi.exports.manifest import Manifest, Table

ROWS = 1_048_576  # what a sheet can hold, the heading among them
LONGEST = 32_767  # characters in a cell
_ABOUT = ("Name", "Label", "Unit", "Range", "Meaning or formula", "Source", "Needs")
_WIDTHS = (24, 30, 14, 12, 80, 40, 14)
Cell = Callable[[Worksheet, int, int, Any], int]


class Book:
    """A workbook being filled: the rows of one table, then what they are. Close it, or it is lost.

    Texts are written as texts, so nothing that an outsider wrote can run as a formula.
    """

    def __init__(self, path: Path, table: Table, manifest: Manifest | None) -> None:
        # Each row goes to disk as soon as the next one begins.
        self._book = xlsxwriter.Workbook(path, {"constant_memory": True})
        self._head = self._book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self._when = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._table, self._manifest = table, manifest
        self._sheet: Worksheet | None = None
        self._sheets, self._row, self._cut = 0, 0, 0
        self.rows = 0

    def add(self, chunk: pd.DataFrame) -> None:
        """Write the rows of a chunk; every chunk has the columns of the first."""
        if self._sheet is None:
            self._sheet = self._new_sheet(chunk)
        cells = [self._cell(chunk[name]) for name in chunk]
        columns = [_plain(chunk[name]) for name in chunk]
        for values in zip(*columns, strict=True):
            if self._row == ROWS:
                self._sheet = self._new_sheet(chunk)
            for at, value in enumerate(values):
                if value is not None:
                    self._cut += cells[at](self._sheet, self._row, at, value) == -2
            self._row += 1
        self.rows += len(chunk)

    def _new_sheet(self, chunk: pd.DataFrame) -> Worksheet:
        self._sheets += 1
        name = self._table.name.replace("_", " ")[:24]
        sheet = self._book.add_worksheet(name if self._sheets == 1 else f"{name} {self._sheets}")
        titles = self._table.titles([str(name) for name in chunk])
        for at, (column, title) in enumerate(zip(chunk, titles, strict=True)):
            sheet.set_column(at, at, _width(chunk[column], title))
        sheet.write_row(0, 0, titles, self._head)
        sheet.freeze_panes(1, 1)
        self._row = 1
        return sheet

    def _cell(self, values: pd.Series[Any]) -> Cell:
        """How the values of a column are written. -2 from it means that a text was cut."""
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            return self._time
        if values.dtype == "boolean":
            return _flag
        if pd.api.types.is_numeric_dtype(values.dtype):
            return _number
        return lambda sheet, row, at, value: sheet.write_string(row, at, str(value))

    def _time(self, sheet: Worksheet, row: int, at: int, value: datetime) -> int:
        if value.year < 1900:  # before the calendar of spreadsheets begins
            return int(sheet.write_string(row, at, value.isoformat(" ")))
        return int(sheet.write_datetime(row, at, value, self._when))

    def close(self) -> None:
        """Write the sheets that explain, and the file."""
        if self._sheet is None:
            self._book.add_worksheet(self._table.name.replace("_", " ")[:24])
        self._explain_columns()
        self._explain_export()
        self._book.close()

    def _explain_columns(self) -> None:
        sheet = self._book.add_worksheet("Columns")
        for at, width in enumerate(_WIDTHS):
            sheet.set_column(at, at, width)
        sheet.write_row(0, 0, _ABOUT, self._head)
        sheet.freeze_panes(1, 1)
        for row, each in enumerate(self._table.columns, 1):
            said = (
                each.name, each.label, each.unit, each.range, each.meaning, each.source, each.needs
            )  # fmt: skip
            self._texts(sheet, row, said)

    def _explain_export(self) -> None:
        sheet = self._book.add_worksheet("About")
        sheet.set_column(0, 0, 20)
        sheet.set_column(1, 1, 90)
        pairs = [("Rows", f"{self.rows:,}"), *(self._manifest.about() if self._manifest else ())]
        if self._cut:
            told = f"{self._cut:,} texts were longer than a cell can hold and end after {LONGEST:,}"
            pairs.append(("Cut", f"{told} characters; the other formats have them whole."))
        for row, pair in enumerate(pairs):
            self._texts(sheet, row, pair)

    def _texts(self, sheet: Worksheet, row: int, texts: Sequence[str]) -> None:
        for at, text in enumerate(texts):
            sheet.write_string(row, at, text, self._wrapped)


def write_book(
    chunks: Iterable[pd.DataFrame], path: Path, table: Table, manifest: Manifest | None
) -> int:
    """All chunks as a workbook; returns the rows."""
    book = Book(path, table, manifest)
    try:
        for chunk in chunks:
            book.add(chunk)
    finally:
        book.close()  # also its temporary files go
    return book.rows


def _plain(values: pd.Series[Any]) -> list[Any]:
    """Python values, None for missing, times as naive UTC (a cell knows no zone)."""
    missing = values.isna()
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        found: list[Any] = list(values.dt.tz_convert("UTC").dt.tz_localize(None).dt.to_pydatetime())
    else:
        found = values.tolist()
    if not missing.any():
        return found
    return [None if gone else value for gone, value in zip(missing, found, strict=True)]


def _flag(sheet: Worksheet, row: int, at: int, value: bool) -> int:
    return int(sheet.write_boolean(row, at, value))


def _number(sheet: Worksheet, row: int, at: int, value: float) -> int:
    if isinstance(value, float) and not math.isfinite(value):
        return int(sheet.write_string(row, at, str(value)))
    return int(sheet.write_number(row, at, value))


def _width(values: pd.Series[Any], title: str) -> float:
    """Room for the heading and for what the first rows hold, within reason."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return 22
    sample = values.iloc[:50].dropna()
    if pd.api.types.is_numeric_dtype(values.dtype):
        return min(max(len(title) + 1, 9), 28)
    longest = int(sample.astype("str").str.len().quantile(0.9)) if len(sample) else 0
    return min(max(longest + 1, len(title) + 1, 9), 60)
