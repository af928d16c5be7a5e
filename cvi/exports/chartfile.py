"""What a chart file is called, what is printed in it, and whether a chart can be drawn at all.

A leaf: it loads nothing that draws, so that a page can offer files without paying for them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

FORMATS = ("png", "svg", "pdf", "html")
MEDIA = {
    "png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf", "html": "text/html",
}  # fmt: skip
DRAWN = ("bar", "scatter", "scattergl", "heatmap")


def notes(n: int | str, filters: str, moment: datetime, version: str) -> list[str]:
    """What is printed under a chart: of how many, which, when, and by what.

    `n` is a number of conversations, or says itself of what; `filters`
    is in words.
    """
    count = f"n = {n:,} conversations" if isinstance(n, int) else n
    return [
        f"{count} · {filters}",
        f"As of {stamped(moment)} · CVI Workbench {version}",
    ]


def stamped(moment: datetime) -> str:
    """`2026-11-24 15:03 CET`."""
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip()


def file_name(title: str, moment: datetime, suffix: str) -> str:
    """`quality-per-week-2026-11-24.png`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    return f"{words or 'chart'}-{moment:%Y-%m-%d}.{suffix}"


def undrawable(traces: Iterable[Any], layout: Any) -> str:  # noqa: ANN401 - dicts or Plotly's
    """What of a figure cannot be drawn, in words; empty when all of it can."""
    kinds = [_get(each, "type") or "scatter" for each in traces]
    shapes = [_get(each, "type") or "rect" for each in _get(layout, "shapes") or ()]
    wrong = [f"{each} traces" for each in kinds if each not in DRAWN]
    wrong += [f"{each} shapes" for each in shapes if each not in ("line", "rect")]
    return " and ".join(dict.fromkeys(wrong))


def _get(value: Any, name: str) -> Any:  # noqa: ANN401
    return value.get(name) if isinstance(value, Mapping) else value[name]
