"""What both reports are made of: figures from tiles, quotations, and the definitions of metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import pandas as pd

from cvi import __version__
from cvi.analysis.analyse import METRICS
from cvi.analysis.summary import Tile
from cvi.charts.canvas import is_blank
from cvi.charts.chart import Chart
from cvi.charts.palette import ASSISTANT, QUIET, USER
from cvi.exports.chartfile import stamped
from cvi.exports.report import Fact, Facts, Picture, Quote, Section, Table, Text
from cvi.ui import explain

_SIDES: Mapping[str, tuple[str, str]] = {
    "user": ("User", USER),
    "assistant": ("Assistant", ASSISTANT),
}


def stamp(moment: datetime) -> str:
    """When a report was made, and by what."""
    return f"As of {stamped(moment)} · CVI Workbench {__version__}"


def facts(tiles: Sequence[Tile]) -> Facts:
    """The tiles of a page: value, change against the period before, and n."""
    return Facts(tuple(_fact(tile) for tile in tiles))


def _fact(tile: Tile) -> Fact:
    known = tile.n or not tile.name
    notes = [] if tile.change is None else [f"{tile.change} vs before"]
    if tile.name:
        notes.append(f"n {tile.n:,}" if tile.n == tile.of else f"n {tile.n:,} of {tile.of:,}")
    return Fact(tile.label, tile.value if known else "not measurable", " · ".join(notes))


def charts(board: Any, words: Mapping[str, tuple[str, str]]) -> list[Picture]:  # noqa: ANN401
    """All charts of a board in their order, two in a row; `words` gives title and explanation of
    each by its field's name. A chart that only says why it is empty says so here too."""
    found = []
    for each in fields(board):
        chart = getattr(board, each.name)
        if isinstance(chart, Chart):
            name = each.name.replace("_", " ").capitalize()
            title, about = words.get(each.name, (name, ""))
            found.append(picture(chart, title, about, half=True))
    return found


def picture(chart: Chart, title: str, about: str = "", *, half: bool = False) -> Picture:
    """One chart; what it shows in words stands under it, unless it shows nothing else."""
    alt = "" if is_blank(chart.figure) else chart.alt
    return Picture(chart.figure, title, about, alt, half=half)


def quote(
    turn: Mapping[Any, Any], *, note: str = "", before: object = None, who: str = ""
) -> Quote:
    """A turn as somebody said it."""
    name, colour = _SIDES.get(str(turn.get("role", "user")), ("Somebody", QUIET))
    told = [name, f"turn {int(turn['idx']) + 1}", *([who] if who else [])]
    said = turn["text"] if isinstance(turn["text"], str) else ""
    context = f"Assistant: {_short(before, 200)}" if isinstance(before, str) and before else ""
    return Quote(f"“{_short(said, 600)}”", " · ".join(told), colour, note, context)


def _short(text: str, limit: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def definitions(counts: explain.Counts) -> Section:
    """How every metric of the report is computed, and in how many conversations."""
    rows = tuple(
        (
            METRICS[name].label,
            METRICS[name].formula,
            f"{explain.NEEDS[METRICS[name].needs]}; {METRICS[name].source}",
            METRICS[name].unit,
            explain.measured(n, of),
            str(METRICS[name].version),
        )
        for name, (n, of) in counts.items()
    )
    columns = ("Metric", "How it is computed", "From", "Unit", "Measured in", "Version")
    table = Table(columns, rows, (1.2, 3, 2.2, 0.7, 1.3, 0.7))
    return Section("Definitions", (Text(explain.LEFT_OUT, quiet=True), table))


def signed(score: float) -> str:
    """A score from -1 to +1; without a minus before a zero."""
    return f"{round(score, 2) + 0.0:+.2f}"


def cell(value: object, form: str = "") -> str:
    """A table cell; a dash where nothing could be measured."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return "—"
    return format(value, form) if form else str(value)
