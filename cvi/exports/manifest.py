"""What a file holds, for whoever opens it later: columns in words, rows, filter, versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

KIND = "cvi-workbench export"


@dataclass(frozen=True, slots=True)
class Column:
    """One column in words. Empty where it has no unit, no range, no source."""

    name: str
    label: str
    unit: str = ""
    meaning: str = ""
    range: str = ""
    source: str = ""
    needs: str = ""

    @property
    def title(self) -> str:
        """The label with its unit, as a heading."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True, slots=True)
class Table:
    """One table of an export: its rows (None while they are being counted) and its columns."""

    name: str
    columns: tuple[Column, ...]
    rows: int | None = None
    file: str = ""

    def called(self, file: str) -> Table:
        """The same table, in a file of that name."""
        return replace(self, file=file)

    def titles(self, names: Iterable[str]) -> list[str]:
        """Headings for columns: their titles, or their names where two would read the same."""
        known = {column.name: column.title for column in self.columns}
        found = [known.get(name, name) for name in names]
        return [
            title if found.count(title) == 1 else name
            for name, title in zip(names, found, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole of an export. `filters` is the choice as data, `words` the same as people say it.

    `made_at` is aware UTC.
    """

    made_at: datetime
    program: str
    analysis: str
    tables: tuple[Table, ...]
    filters: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def noted(self, note: str) -> Manifest:
        """The same with one more note."""
        return replace(self, notes=(*self.notes, note))

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "kind": KIND,
            "made_at": self.made_at.isoformat(),
            "program": self.program,
            "analysis": self.analysis,
            "filters": dict(self.filters),
            "filters_in_words": list(self.words),
            "notes": list(self.notes),
            "tables": {
                table.name: {
                    "file": table.file,
                    "rows": table.rows,
                    "columns": [_said(column) for column in table.columns],
                }
                for table in self.tables
            },
        }

    def about(self) -> list[tuple[str, str]]:
        """The facts of the export as pairs of words, for a sheet."""
        return [
            ("Made", f"{self.made_at:%Y-%m-%d %H:%M} UTC"),
            ("Filter", "; ".join(self.words) or "none: everything in the workspace"),
            ("Program", f"CVI Workbench {self.program}"),
            ("Analysis version", self.analysis),
            ("Times", "UTC"),
            ("Empty cell", "not measurable, or not known; never zero"),
            *(("Note", note) for note in self.notes),
        ]


def _said(column: Column) -> dict[str, str]:
    return {name: value for name, value in asdict(column).items() if value}
