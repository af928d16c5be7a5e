"""How files look: the colours of the pages' theme, and their typeface.

The theme stands in `.streamlit/config.toml`, which only the browser reads; files take the same
colours from there, so that there is one list of them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cvi.resources import project_root

FAMILY = "Source Sans Pro"
# Tried in this order for what Source Sans lacks; those a machine does not have are left out.
FALLBACKS = (
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP",
    "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic",
    "Noto Sans Devanagari", "Noto Sans Thai", "Noto Sans Symbols 2", "Noto Emoji",
)  # fmt: skip
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Look:
    """Colours as #RRGGBB. `quiet` is for what should not catch the eye, `series` for traces that
    name no colour of their own."""

    background: str
    surface: str
    text: str
    quiet: str
    grid: str
    link: str
    series: tuple[str, ...]


@cache
def look(theme: str = "light") -> Look:
    """The colours of the light or the dark theme. Raises ValueError for another name."""
    if theme not in THEMES:
        raise ValueError(f"no theme {theme!r}: use light or dark")
    path = project_root() / ".streamlit" / "config.toml"
    given = tomllib.loads(path.read_text(encoding="utf-8"))["theme"]
    mine = {**given, **given[theme]}
    background, text = mine["backgroundColor"], mine["textColor"]
    return Look(
        background=background,
        surface=mine["secondaryBackgroundColor"],
        text=text,
        quiet=_between(text, background, 0.36),
        grid=mine["borderColor"],
        link=mine["linkColor"],
        series=tuple(mine["chartCategoricalColors"]),
    )


def font_files() -> Mapping[str, Path]:
    """The cuts that files use: regular, italic, semibold and bold (TrueType)."""
    import font_source_sans_pro  # type: ignore[import-untyped]

    folder = Path(font_source_sans_pro.font_directory)
    cuts = {"regular": "Regular", "italic": "It", "semibold": "Semibold", "bold": "Bold"}
    return {name: folder / f"SourceSansPro-{cut}.ttf" for name, cut in cuts.items()}


def _between(one: str, other: str, share: float) -> str:
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
