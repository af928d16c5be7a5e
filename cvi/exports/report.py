"""A report as a record: sections of words, figures, tables, charts and quotations.

What is in it is decided by the caller; `report_pdf` and `report_html` decide how it looks. Every
text is plain: the writers show it letter by letter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Progress = Callable[[float, str], None]  # share done, and what is being done
WIDE = 660.0  # pixels of a chart across the page, at which its words have the size of the text
HALF = 420.0  # of one of two beside one another


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, with a heading if it has one; quiet ones explain what follows."""

    text: str
    quiet: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure with its name, and a line beneath it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures beside one another."""

    items: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Meter:
    """A share of a whole (0 to 1, None when it could not be measured) as a bar."""

    label: str
    share: float | None
    value: str
    colour: str


@dataclass(frozen=True, slots=True)
class Meters:
    """Bars under one another."""

    items: tuple[Meter, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text, with a heading if it has one. `widths` are shares of the page; `right` names
    columns of numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    right: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with its title, the line under it, and what it shows in words. Two `half` ones in a
    row stand beside one another."""

    figure: Any
    title: str
    about: str
    alt: str
    half: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody said: `who` in words, the colour of their side, and a note such as a score."""

    text: str
    who: str
    colour: str
    note: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A finding: its heading, what it says, and the quotations it rests on."""

    title: str
    text: str
    quotes: tuple[Quote, ...] = ()
    note: str = ""


Block = Text | Facts | Meters | Table | Picture | Quote | Point


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A document. `scope` (the filter, or which conversation) and `stamp` (when, and by which
    version) stand on every page."""

    title: str
    scope: str
    stamp: str
    lines: tuple[str, ...] = ()
    sections: tuple[Section, ...] = field(default_factory=tuple)


def pictures(report: Report, progress: Progress | None = None) -> list[bytes]:
    """The charts of a report as SVG, in the order they stand."""
    found: list[tuple[Picture, float]] = []
    for block in (each for section in report.sections for each in beside(section.blocks)):
        if isinstance(block, tuple):
            found += [(each, HALF) for each in block]
        elif isinstance(block, Picture):
            found.append((block, WIDE))
    from cvi.exports.printed import print_chart  # it loads what draws

    drawn = []
    for number, (each, wide) in enumerate(found):
        if progress is not None:
            progress(number / len(found), f"Drawing chart {number + 1} of {len(found)}")
        drawn.append(print_chart(each.figure, format="svg", wide=wide))
    return drawn


def beside(blocks: Sequence[Block]) -> list[Block | tuple[Picture, Picture]]:
    """The blocks, with two half pictures in a row as one pair."""
    found: list[Block | tuple[Picture, Picture]] = []
    for block in blocks:
        last = found[-1] if found else None
        if isinstance(block, Picture) and block.half and isinstance(last, Picture) and last.half:
            found[-1] = (last, block)
        else:
            found.append(block)
    return found
