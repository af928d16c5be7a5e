"""A Plotly figure as a file: PNG, SVG or PDF drawn without a browser, or a page that stays alive.

Title, notes and legend are laid out around the plot; nothing of a label is cut. What Matplotlib
draws is decided in the modules beside this one; see `chartfile.DRAWN` for the traces they know.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from cvi.errors import CviError
from cvi.exports import frame, legend, pen
from cvi.exports.chartfile import FORMATS
from cvi.exports.interactive import to_page
from cvi.exports.look import Look, look
from cvi.exports.plot import read

WIDE = 840.0
_TITLE, _ABOUT, _NOTE = 19.0, 13.5, 12.0
_EDGE = 26.0
_LEAST, _MOST = 180.0, 1400.0  # pixels of a plot's height
# Matplotlib promises nothing about threads; a chart takes a tenth of a second.
_one_at_a_time = threading.Lock()


def print_chart(
    figure: Any,  # noqa: ANN401 - a go.Figure or its dict
    *,
    format: str,  # noqa: A002 - the word for it
    title: str = "",
    about: str = "",
    note_lines: Sequence[str] = (),
    theme: str = "light",
    wide: float = WIDE,
) -> bytes:
    """The figure as a file: its title and what it is `about` above, notes (n, filters, date) below.

    Pictures are `wide` pixels wide (PNG: twice as many) and as high as the figure asks. These words
    are plain text. The same input gives the same bytes.
    Raises CviError for a format, trace or axis that cannot be drawn, and says what can.
    """
    if format == "html":
        return to_page(figure, title=title, about=about, note_lines=note_lines, theme=theme)
    if format not in FORMATS:
        raise CviError(
            f"There is no chart file of the format {format!r}",
            hint=f"Use one of {', '.join(FORMATS)}.",
        )
    with _one_at_a_time:
        page = _drawn(figure, (title, about), note_lines, look(theme), wide)
        data = page.saved(format, title=title)
    if format == "svg":
        return _told(data, title, _words(figure, [*([about] if about else []), *note_lines]))
    return data


def _drawn(
    figure: Any,  # noqa: ANN401
    above: tuple[str, str],
    notes: Sequence[str],
    colours: Look,
    wide: float,
) -> pen.Page:
    plot = read(figure, colours)
    title, about = above
    edge = _EDGE if title or notes else 6.0
    room = wide - 2 * edge
    head = pen.wrapped(title, room, _TITLE, bold=True)
    under = pen.wrapped(about, room, _ABOUT)
    foot = [line for note in notes for line in pen.wrapped(note, room, _NOTE)]
    named = legend.rows(legend.entries(plot), room)
    around = frame.margins(plot, room)
    bar = legend.BAR_ROOM if legend.coloured(plot) else 0.0
    asked = float(plot.layout.get("height") or 270)
    high = min(max(asked, _LEAST), _MOST)
    below_head = edge + (pen.height(len(head), _TITLE) + 12 if head else 0.0)
    top = below_head + (pen.height(len(under), _ABOUT) + 12 if under else 0.0)
    start = top + legend.height(named)
    below = (pen.height(len(foot), _NOTE) + 20 if foot else 0.0) + edge
    whole = start + high + below
    page = pen.Page(wide, whole, colours.background)
    area = (edge + around.left, start + around.top, wide - edge - around.right - bar,
            whole - below - around.bottom)  # fmt: skip
    plot.place(*area)
    page.words(head, edge, edge, size=_TITLE, colour=colours.text, along="top")
    page.words(under, edge, below_head - 3, size=_ABOUT, colour=colours.quiet, along="top")
    legend.draw(named, page, edge, top, colours)
    frame.draw_axes(plot, page, room, colours)
    frame.draw_shapes(plot, page, area, below=True)
    for mark, panel, colour in plot.marks:
        mark.draw(page, panel, colour)
    frame.draw_shapes(plot, page, area, below=False)
    frame.draw_annotations(plot, page, area, colours)
    legend.draw_colour_bar(plot, page, area[2] + 16, area, colours)
    page.words(foot, edge, whole - edge, size=_NOTE, colour=colours.quiet, along="bottom")
    return page


def _words(figure: Any, notes: Sequence[str]) -> str:  # noqa: ANN401
    layout = figure.get("layout") or {} if isinstance(figure, dict) else figure.layout
    meta = layout["meta"] if "meta" in layout else None  # noqa: SIM401 - a Layout has no get
    alt = meta.get("alt", "") if isinstance(meta, dict) else ""
    return "\n".join([*([str(alt)] if alt else []), *notes])


def _told(svg: bytes, title: str, description: str) -> bytes:
    """The picture with its words for readers who cannot see it: letters are drawn as outlines."""
    words = "".join(
        f"<{tag}>{escape(_legal(text))}</{tag}>"
        for tag, text in (("title", title), ("desc", description))
        if text
    )
    text = svg.decode()
    at = re.search(r"<svg\b[^>]*>", text)
    if at is None:
        return svg
    opened = f'{at[0][:-1]} role="img">\n {words}'
    return (text[: at.start()] + opened + text[at.end() :]).encode()


def _legal(text: str) -> str:
    """Without the signs that XML forbids."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
