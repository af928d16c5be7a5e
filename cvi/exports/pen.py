"""A page in pixels (y downwards) that Matplotlib draws, and words measured on it.

Only objects are used, never pyplot's global state. All text passes `printable` and is never read
as mathematics, so what comes from outside stays what it is.
"""

from __future__ import annotations

import io
import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, IdentityTransform

from cvi.exports.look import FALLBACKS, FAMILY, font_files
from cvi.exports.markup import Line, Run

PER_INCH = 96.0
POINT = 72.0 / PER_INCH  # points of a pixel
_CAP = 0.66  # height of a capital of Source Sans, of its size
LEADING = 1.25
_INVISIBLE = {0x200C, 0x200D, 0x200E, 0x200F, 0xFE0E, 0xFE0F, 0x2060, 0xFEFF, 0x00AD}

Box = tuple[float, float, float, float]  # left, top, right, bottom


@cache
def families() -> tuple[str, ...]:
    """Make the typeface known, and settle once what is the same for every file."""
    for path in font_files().values():
        font_manager.fontManager.addfont(path)
    mpl.rcParams.update(
        {"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "cvi", "text.hinting": "none"}
    )
    # It reports that a fallback has no semibold cut, which is no news.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    there = set(font_manager.get_font_names())
    return (FAMILY, *(name for name in FALLBACKS if name in there))


@cache
def _drawable() -> frozenset[int]:
    found: set[int] = set()
    for family in families():
        path = font_manager.findfont(FontProperties(family=family))
        found.update(font_manager.get_font(path).get_charmap())
    return frozenset(found)


@lru_cache(maxsize=4096)
def printable(text: str) -> str:
    """The text in one line; signs that no font here has are shown as an empty square."""
    known = _drawable()
    signs = []
    for sign in unicodedata.normalize("NFC", " ".join(text.split())):
        if ord(sign) in known:
            signs.append(sign)
        elif ord(sign) not in _INVISIBLE and unicodedata.category(sign) not in ("Cc", "Mn"):
            signs.append("□")
    return "".join(signs)


@lru_cache(maxsize=256)
def _font(size: float, bold: bool, italic: bool) -> FontProperties:
    return FontProperties(
        family=list(families()),
        size=size * POINT,
        weight=600 if bold else 400,
        style="italic" if italic else "normal",
    )


@cache
def _measuring() -> RendererAgg:
    return RendererAgg(8, 8, PER_INCH)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=8192)
def _wide(text: str, size: float, bold: bool, italic: bool) -> float:
    font = _font(size, bold, italic)
    found = _measuring().get_text_width_height_descent(text, font, ismath=False)  # type: ignore[no-untyped-call]
    return float(found[0])


def width(line: Line, size: float) -> float:
    """Pixels a line takes."""
    return sum(
        _wide(printable_run(run), size * run.scale, run.bold, run.italic)
        for run in line
        if run.text
    )


def printable_run(run: Run) -> str:
    """The run's text with the spaces at its ends, which part it from its neighbours."""
    body = printable(run.text)
    before = " " if run.text[:1].isspace() and body else ""
    after = " " if run.text[-1:].isspace() and (body or not before) else ""
    return f"{before}{body}{after}"


def height(count: int, size: float) -> float:
    """Pixels that `count` lines take."""
    return size * (_CAP + 0.24 + LEADING * (count - 1)) if count else 0.0


def wrapped(text: str, room: float, size: float, *, bold: bool = False) -> list[Line]:
    """A plain text in lines no wider than `room`; a word longer than that is broken."""
    found: list[str] = []
    line = ""
    for word in printable(text).split():
        longer = f"{line} {word}".strip()
        if _wide(longer, size, bold=bold, italic=False) <= room:
            line = longer
            continue
        if line:
            found.append(line)
        while _wide(word, size, bold=bold, italic=False) > room and len(word) > 1:
            at = max(1, int(len(word) * room / _wide(word, size, bold=bold, italic=False)))
            while at > 1 and _wide(word[:at], size, bold=bold, italic=False) > room:
                at -= 1
            found.append(word[:at])
            word = word[at:]  # noqa: PLW2901 - what is left of it
        line = word
    return [(Run(each, bold=bold),) for each in [*found, line] if each]


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours (one of all shapes or one each) and the width of the outline in pixels."""

    fill: Any
    edge: Any = "none"
    wide: Any = 0.0


def shortened(text: str, room: float, size: float) -> str:
    """The text, cut with an ellipsis where it is wider than `room`."""
    text = printable(text)
    if _wide(text, size, bold=False, italic=False) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = _wide(text[:middle] + "…", size, bold=False, italic=False) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip() + "…"


class Page:
    """One sheet to draw on. Colours are Matplotlib's: a name, #RRGGBB, or a tuple of 0..1."""

    def __init__(self, wide: float, high: float, background: str) -> None:
        families()
        self.wide, self.high = wide, high
        self.figure = Figure(figsize=(wide / PER_INCH, high / PER_INCH), dpi=PER_INCH)
        self.figure.patch.set_facecolor(background)
        # Everything is an artist of the figure itself; axes of Matplotlib's would cost more than
        # the whole drawing.
        pixels = Affine2D().scale(1, -1).translate(0, high).scale(1 / PER_INCH)
        self.place = pixels + self.figure.dpi_scale_trans

    # --- words -------------------------------------------------------------------------------

    def words(
        self,
        lines: Sequence[Line],
        x: float,
        y: float,
        *,
        size: float,
        colour: str,
        across: str = "left",
        along: str = "middle",
    ) -> None:
        """Lines of text at (x, y): `across` left, center or right of x; `along` top, middle or
        bottom of y."""
        whole = height(len(lines), size)
        top = y - {"top": 0.0, "middle": whole / 2, "bottom": whole}[along]
        for number, line in enumerate(lines):
            base = top + size * (_CAP + 0.12 + LEADING * number)
            at = x - {"left": 0.0, "center": 0.5, "right": 1.0}[across] * width(line, size)
            for run in line:
                text = printable_run(run)
                if not text:
                    continue
                self._text(text, at, base, run, size, colour)
                at += _wide(text, size * run.scale, run.bold, run.italic)

    def turned(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float,
        colour: str,
        angle: float = 90,
        across: Literal["left", "center", "right"] = "center",
    ) -> None:
        """One line of text turned by `angle` degrees about (x, y), its middle or its end."""
        artist = Text(
            x, y, printable(text), fontproperties=_font(size, bold=False, italic=False),
            color=colour, rotation=angle, rotation_mode="anchor", parse_math=False,
            horizontalalignment=across, verticalalignment="center",
        )  # fmt: skip
        self._put(artist, None)

    def _text(self, text: str, x: float, base: float, run: Run, size: float, colour: str) -> None:
        font = _font(size * run.scale, run.bold, run.italic)
        artist = Text(
            x, base, text, fontproperties=font, color=run.colour or colour, parse_math=False,
            verticalalignment="baseline", horizontalalignment="left",
        )  # fmt: skip
        self._put(artist, None)

    # --- shapes ------------------------------------------------------------------------------

    def line(
        self,
        x: Any,  # noqa: ANN401 - a sequence of numbers, NaN for gaps
        y: Any,  # noqa: ANN401
        *,
        colour: Any,  # noqa: ANN401
        wide: float,
        dash: Sequence[float] = (),
        clip: Box | None = None,
        order: float = 2,
    ) -> None:
        """A line through points; NaN parts it."""
        artist = Line2D(
            x, y, color=colour, linewidth=wide * POINT, zorder=order,
            solid_capstyle="round" if not len(dash) and len(x) > 2 else "butt",
            solid_joinstyle="round",
        )  # fmt: skip
        if len(dash):
            artist.set_linestyle((0, tuple(each / max(wide, 0.5) for each in dash)))
        self._put(artist, clip)

    def polygons(
        self,
        corners: Any,  # noqa: ANN401 - shape (n, points, 2)
        *,
        paint: Paint,
        hatch: str | None = None,
        clip: Box | None = None,
        order: float = 2,
    ) -> None:
        """Filled shapes of the same number of corners."""
        if not len(corners):
            return
        artist = PolyCollection(
            corners, facecolors=paint.fill, edgecolors=paint.edge,
            linewidths=paint.wide * POINT, zorder=order,
            antialiaseds=True, hatch=hatch,
        )  # fmt: skip
        self._put(artist, clip)

    def area(self, x: Any, y: Any, *, fill: Any, clip: Box | None, order: float) -> None:  # noqa: ANN401
        """A filled outline."""
        points = np.column_stack([x, y])
        self._put(
            Polygon(points, closed=True, facecolor=fill, edgecolor="none", zorder=order), clip
        )

    def box(self, box: Box, *, fill: Any, edge: Any = "none", round_by: float = 0.0) -> None:  # noqa: ANN401
        """A rectangle, with rounded corners if asked."""
        left, top, right, bottom = box
        if round_by:
            style = f"round,pad=0,rounding_size={round_by}"
            artist: Any = FancyBboxPatch(
                (left, top), right - left, bottom - top, boxstyle=style, mutation_aspect=1
            )
        else:
            artist = Rectangle((left, top), right - left, bottom - top)
        artist.set(facecolor=fill, edgecolor=edge, linewidth=POINT, zorder=2)
        self._put(artist, None)

    def marks(
        self,
        x: Any,  # noqa: ANN401
        y: Any,  # noqa: ANN401
        *,
        symbol: str,
        size: Any,  # noqa: ANN401 - pixels across, one or one each
        paint: Paint,
        clip: Box | None = None,
        order: float = 3,
    ) -> None:
        """Markers of one symbol, named as Matplotlib does."""
        style = MarkerStyle(symbol)
        path = style.get_path().transformed(style.get_transform())
        points = np.column_stack([x, y])
        area = np.broadcast_to(np.asarray(size, dtype="float64") * POINT, len(points)) ** 2
        artist = PathCollection(
            [path], sizes=area, facecolors=paint.fill, edgecolors=paint.edge,
            offsets=points, zorder=order, linewidths=np.asarray(paint.wide) * POINT,
            offset_transform=self.place,
        )  # fmt: skip
        artist.set_transform(IdentityTransform())
        self._put(artist, clip)

    def _put(self, artist: Artist, clip: Box | None) -> None:
        if not isinstance(artist, PathCollection):
            artist.set_transform(self.place)
        self.figure.add_artist(artist)
        if clip is not None:
            left, top, right, bottom = clip
            window = Rectangle((left, top), right - left, bottom - top, transform=self.place)
            artist.set_clip_path(window)

    # --- files -------------------------------------------------------------------------------

    def saved(self, format: str, *, sharp: float = 2.0, title: str = "") -> bytes:  # noqa: A002
        """The page as png (`sharp` times as many pixels), svg or pdf."""
        file = io.BytesIO()
        formats: dict[str, dict[str, Any]] = {
            "png": {"Software": "CVI Workbench"},
            "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
            "pdf": {"CreationDate": None, "Creator": "CVI Workbench", "Title": printable(title)},
        }
        # Half the time of the usual level, for a third more bytes.
        more: Any = {"pil_kwargs": {"compress_level": 3}} if format == "png" else {}
        self.figure.savefig(
            file, format=format, dpi=PER_INCH * sharp if format == "png" else PER_INCH,
            facecolor=self.figure.get_facecolor(), metadata=formats[format],
            **more,
        )  # fmt: skip
        return file.getvalue()
