"""One plot area: an x and a y axis, the box they span, and the words of its marks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvi.exports import pen
from cvi.exports.markup import lines
from cvi.exports.scales import Scale
from cvi.exports.ticks import number

_FIELD = re.compile(r"%\{(\w+)(?::([^}|]+))?\}")


@dataclass
class Panel:
    """Where marks are drawn. `text` and `background` are the theme's colours."""

    x: Scale
    y: Scale
    text: str
    background: str

    @property
    def box(self) -> pen.Box:
        """left, top, right, bottom in pixels."""
        left, right = sorted((self.x.start, self.x.end))
        top, bottom = sorted((self.y.start, self.y.end))
        return left, top, right, bottom

    def fits(self, text: str, size: float, wide: float, high: float) -> bool:
        """Is there room for a label in so many pixels?"""
        told = lines(text)
        return (
            max(pen.width(line, size) for line in told) + 6 <= wide
            and pen.height(len(told), size) + 4 <= high
        )


def text_of(trace: Mapping[str, Any]) -> list[str] | None:
    """The words at the marks of a trace, from `text` or `texttemplate`; None without any."""
    text, template = trace.get("text"), trace.get("texttemplate")
    count = max(len(trace.get("x") or ()), len(trace.get("y") or ()))
    if isinstance(text, str):
        text = [text] * count
    if not isinstance(template, str) or not template:
        return None if text is None else ["" if each is None else str(each) for each in text]
    columns = {"x": trace.get("x"), "y": trace.get("y"), "text": text}
    return [_filled(template, columns, at) for at in range(count)]


def _filled(template: str, columns: Mapping[str, Sequence[Any] | None], at: int) -> str:
    def value(found: re.Match[str]) -> str:
        column = columns.get(found[1])
        each = None if column is None or at >= len(column) else column[at]
        if each is None:
            return ""
        return number(float(each), found[2]) if found[2] else str(each)

    return _FIELD.sub(value, template)
