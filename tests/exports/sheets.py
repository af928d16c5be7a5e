"""A workbook as a spreadsheet program reads it: sheet → rows of cells (text, number, or None)."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets(path: Path) -> dict[str, list[list[str | float | None]]]:
    """Every sheet of a workbook. A formula anywhere is an error: we write none."""
    with zipfile.ZipFile(path) as book:
        names = [
            each.get("name") for each in _parsed(book, "xl/workbook.xml").iter(f"{_MAIN}sheet")
        ]
        return {
            str(name): _rows(_parsed(book, f"xl/worksheets/sheet{at}.xml"))
            for at, name in enumerate(names, 1)
        }


def _parsed(book: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(book.read(name))  # noqa: S314 - our own file


def _rows(sheet: ET.Element) -> list[list[str | float | None]]:
    assert next(sheet.iter(f"{_MAIN}f"), None) is None, "there is a formula"
    found: dict[int, dict[int, str | float]] = {}
    for cell in sheet.iter(f"{_MAIN}c"):
        column, row = re.fullmatch(r"([A-Z]+)(\d+)", cell.get("r", "")).groups()  # type: ignore[union-attr]
        text = next(cell.iter(f"{_MAIN}t"), None)
        number = next(cell.iter(f"{_MAIN}v"), None)
        if text is not None:
            found.setdefault(int(row), {})[_number(column)] = text.text or ""
        elif number is not None:
            found.setdefault(int(row), {})[_number(column)] = float(str(number.text))
    width = max((max(row) for row in found.values()), default=-1) + 1
    return [
        [found.get(at, {}).get(column) for column in range(width)]
        for at in range(1, max(found, default=0) + 1)
    ]


def _number(column: str) -> int:
    value = 0
    for letter in column:
        value = value * 26 + ord(letter) - 64
    return value - 1
