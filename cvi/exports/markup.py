"""The few tags Plotly reads in labels, as runs of text; every other sign is meant literally."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import unescape
from itertools import groupby

_TAG = re.compile(r"<(/?)(b|i|em|strong|span|br|sub|sup|a)(\s[^<>]*)?/?>", re.IGNORECASE)
_COLOUR = re.compile(r"(?<![-\w])color\s*:\s*([^;'\"]+)")


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style; `colour` None is the colour of its surroundings."""

    text: str
    bold: bool = False
    italic: bool = False
    colour: str | None = None
    scale: float = 1.0


Line = tuple[Run, ...]


def lines(text: str) -> list[Line]:
    """The lines of a label (cut at <br>), each as runs. Entities are resolved after the tags, so
    an escaped tag stays visible as text."""
    found: list[list[Run]] = [[]]
    open_styles: list[tuple[str, Run]] = []
    style, at = Run(""), 0
    for tag in _TAG.finditer(text):
        _add(found[-1], text[at : tag.start()], style)
        at = tag.end()
        closing, name = bool(tag[1]), tag[2].lower()
        if name == "br":
            found.append([])
        elif not closing:
            open_styles.append((name, style))
            style = _styled(style, name, tag[3] or "")
        elif any(opened == name for opened, _ in open_styles):
            while open_styles:
                opened, style = open_styles.pop()
                if opened == name:
                    break
    _add(found[-1], text[at:], style)
    return [_joined(line) for line in found]


def plain(text: str) -> str:
    """A label without its tags, in one line."""
    return " ".join("".join(run.text for run in line) for line in lines(text)).strip()


def _add(line: list[Run], text: str, style: Run) -> None:
    if text:
        line.append(replace(style, text=unescape(text)))


def _joined(line: list[Run]) -> Line:
    """Neighbours of one style as one run."""
    groups = groupby(line, key=lambda run: replace(run, text=""))
    return tuple(replace(style, text="".join(run.text for run in runs)) for style, runs in groups)


def _styled(style: Run, name: str, attributes: str) -> Run:
    if name in ("b", "strong"):
        return replace(style, bold=True)
    if name in ("i", "em"):
        return replace(style, italic=True)
    if name in ("sub", "sup"):
        return replace(style, scale=style.scale * 0.75)
    colour = _COLOUR.search(attributes)
    return replace(style, colour=colour[1].strip()) if colour else style
