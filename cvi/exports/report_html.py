"""A report as one HTML file: charts as drawings inside, the typeface too, made to be printed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from cvi.exports import report as records
from cvi.exports.interactive import font_faces
from cvi.exports.look import FAMILY, look
from cvi.exports.report import (
    Facts,
    Meters,
    Picture,
    Point,
    Progress,
    Quote,
    Report,
    Section,
    Table,
    Text,
)

_STYLE = """
:root {{ color-scheme: light; }}
body {{ margin: 0; background: {background}; color: {text};
  font: 15px/1.5 "{family}", sans-serif; }}
main {{ max-width: 860px; margin: 0 auto; padding: 40px 24px; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.8rem; margin: 0 0 .3rem; }}
h2 {{ font-size: 1.3rem; margin: 2.4rem 0 1rem; padding-bottom: .3rem;
  border-bottom: 1px solid {grid}; }}
h3 {{ font-size: 1rem; margin: 0 0 .2rem; }}
.wide {{ margin-bottom: 1.4rem; }}
h1, h2, h3 {{ font-weight: 600; line-height: 1.25; break-after: avoid; }}
p {{ margin: .4rem 0; }}
.quiet, figcaption, footer {{ color: {quiet}; font-size: .87rem; }}
.facts {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(185px, 1fr)); gap: 10px; }}
.facts div, .point {{ border: 1px solid {grid}; border-radius: 6px; padding: 10px 12px; }}
.facts dd {{ margin: 0; }}
.facts .value {{ font-size: 1.4rem; font-weight: 600; }}
.meters {{ display: grid; grid-template-columns: max-content 1fr max-content; gap: 8px 14px;
  align-items: center; }}
.meter {{ height: 8px; border-radius: 4px; background: {surface}; overflow: hidden; }}
.meter span {{ display: block; height: 100%; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: .87rem; }}
th, td {{ text-align: left; vertical-align: top; padding: 6px 8px; overflow-wrap: normal;
  border-bottom: 1px solid {grid}; font-variant-numeric: tabular-nums; }}
th {{ color: {quiet}; font-weight: 600; }}
td.n, th.n {{ text-align: right; }}
figure {{ margin: 1.4rem 0; break-inside: avoid; }}
figure img {{ width: 100%; height: auto; display: block; }}
.pair {{ display: grid; grid-template-columns: 1fr 1fr; gap: 24px; }}
blockquote {{ margin: .8rem 0; padding: 2px 0 2px 12px; border-left: 3px solid; break-inside: avoid;
  white-space: pre-line; }}
blockquote p {{ margin: .15rem 0; }}
.point {{ margin: .8rem 0; break-inside: avoid; }}
.point header {{ display: flex; justify-content: space-between; gap: 1rem; }}
footer {{ margin-top: 3rem; border-top: 1px solid {grid}; padding-top: .6rem; }}
@media (max-width: 640px) {{ .pair {{ grid-template-columns: 1fr; }} }}
@media print {{ body {{ font-size: 10pt; }} main {{ max-width: none; padding: 0; }}
  tr {{ break-inside: avoid; }} thead {{ display: table-header-group; }} }}
@page {{ size: A4; margin: 18mm; }}
"""


def to_html(report: Report, progress: Progress | None = None) -> bytes:
    """The report as a page without scripts that needs nothing else."""
    drawn = iter(records.pictures(report, progress))
    colours = look("light")
    style = _STYLE.format(
        family=FAMILY, background=colours.background, text=colours.text, quiet=colours.quiet,
        grid=colours.grid, surface=colours.surface,
    )  # fmt: skip
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(report.title)}</title>",
        f"<style>\n{font_faces()}\n{style}</style>\n</head>\n<body>\n<main>\n<header>",
        f"<h1>{escape(report.title)}</h1>\n<p>{escape(report.scope)}</p>",
        *(f'<p class="quiet">{escape(line)}</p>' for line in report.lines),
        "</header>",
        *(part for section in report.sections for part in _section(section, drawn)),
        f"<footer>{escape(report.stamp)}</footer>\n</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts).encode("utf-8", "replace")


def _section(section: Section, drawn: Iterator[bytes]) -> Iterator[str]:
    yield f"<section>\n<h2>{escape(section.title)}</h2>"
    for block in records.beside(section.blocks):
        if isinstance(block, tuple):
            figures = "\n".join(_picture(each, next(drawn)) for each in block)
            yield f'<div class="pair">\n{figures}\n</div>'
        elif isinstance(block, Picture):
            yield _picture(block, next(drawn))
        else:
            yield _WRITERS[type(block)](block)
    yield "</section>"


def _text(text: Text) -> str:
    kind = ' class="quiet"' if text.quiet else ""
    title = f"<h3>{escape(text.title)}</h3>\n" if text.title else ""
    return f"{title}<p{kind}>{escape(text.text)}</p>"


def _facts(facts: Facts) -> str:
    items = (
        f'<div><dt class="quiet">{escape(x.label)}</dt><dd class="value">{escape(x.value)}</dd>'
        f'<dd class="quiet">{escape(x.note)}</dd></div>'
        for x in facts.items
    )
    return f'<dl class="facts">{"".join(items)}</dl>'


def _meters(meters: Meters) -> str:
    return f'<div class="meters">{"".join(map(_meter, meters.items))}</div>'


def _point(point: Point) -> str:
    quotes = "".join(map(_quote, point.quotes))
    return (
        f'<div class="point"><header><h3>{escape(point.title)}</h3>'
        f'<span class="quiet">{escape(point.note)}</span></header>'
        f"<p>{escape(point.text)}</p>{quotes}</div>"
    )


def _meter(meter: records.Meter) -> str:
    share = 0.0 if meter.share is None else min(max(meter.share, 0.0), 1.0)
    bar = f'<span style="width:{share:.1%};background:{escape(meter.colour)}"></span>'
    return (
        f"<span>{escape(meter.label)}</span>"
        f'<div class="meter" role="img" aria-label="{escape(meter.value)}">{bar}</div>'
        f"<span>{escape(meter.value)}</span>"
    )


def _table(table: Table) -> str:
    numbers = [' class="n"' if name in table.right else "" for name in table.columns]
    head = "".join(
        f'<th scope="col"{kind} style="width:{width / sum(table.widths):.1%}">{escape(name)}</th>'
        for name, kind, width in zip(table.columns, numbers, table.widths, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(f"<td{k}>{escape(c)}</td>" for c, k in zip(row, numbers, strict=True))
        + "</tr>"
        for row in table.rows
    )
    title = f"<h3>{escape(table.title)}</h3>\n" if table.title else ""
    return (
        f'{title}<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _picture(picture: Picture, svg: bytes) -> str:
    data = base64.b64encode(svg).decode()
    about = f'<p class="quiet">{escape(picture.about)}</p>' if picture.about else ""
    return (
        f"<figure><h3>{escape(picture.title)}</h3>{about}"
        f'<img alt="{escape(picture.alt)}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{escape(picture.alt)}</figcaption></figure>"
    )


def _quote(quote: Quote) -> str:
    before = f'<p class="quiet">{escape(quote.before)}</p>' if quote.before else ""
    note = f" · {escape(quote.note)}" if quote.note else ""
    return (
        f'<blockquote style="border-color:{escape(quote.colour)}">{before}'
        f'<p>{escape(quote.text)}</p><p class="quiet">{escape(quote.who)}{note}</p></blockquote>'
    )


_WRITERS: dict[type, Callable[[Any], str]] = {
    Text: _text, Facts: _facts, Meters: _meters, Table: _table, Quote: _quote, Point: _point,
}  # fmt: skip
