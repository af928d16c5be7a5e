"""A report as PDF, typeset by Typst: no browser, no network.

Words reach the template as JSON and are shown as they are; none of them is ever read as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cvi.errors import CviError
from cvi.exports import report as records
from cvi.exports.look import FAMILY, font_files, look
from cvi.exports.report import Block, Picture, Progress, Report

_TEMPLATE = Path(__file__).resolve().parent / "report.typ"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def to_pdf(report: Report, progress: Progress | None = None) -> bytes:
    """The report on A4 pages. The same report gives the same bytes.

    Raises CviError when it cannot be typeset.
    """
    import matplotlib as mpl
    import typst

    drawn = iter(records.pictures(report, progress))
    if progress is not None:
        progress(1.0, "Setting the pages")
    colours = look("light")
    given = {
        "title": report.title, "scope": report.scope, "stamp": report.stamp,
        "lines": list(report.lines), "family": FAMILY,
        "colours": {
            "text": colours.text, "quiet": colours.quiet, "grid": colours.grid,
            "surface": colours.surface, "link": colours.link,
        },
        "sections": [
            {"title": section.title,
             "blocks": [_block(each, drawn) for each in records.beside(section.blocks)]}
            for section in report.sections
        ],
    }  # fmt: skip
    folders = [font_files()["regular"].parent, Path(mpl.get_data_path()) / "fonts" / "ttf"]
    try:
        return typst.compile(
            str(_TEMPLATE),
            font_paths=[str(folder) for folder in folders],
            sys_inputs={"report": json.dumps(_clean(given))},
            timestamp=0,
        )
    except typst.TypstError as error:
        raise CviError(
            f"The report could not be typeset: {error}", hint="Save it as HTML instead."
        ) from error


def _block(block: Block | tuple[Picture, Picture], drawn: Iterator[bytes]) -> dict[str, Any]:
    """A block as the template knows it: its fields, and its kind."""
    if isinstance(block, tuple):
        return {"kind": "pair", "items": [_block(each, drawn) for each in block]}
    if isinstance(block, Picture):
        return {
            "kind": "picture", "title": block.title, "about": block.about, "alt": block.alt,
            "svg": next(drawn).decode(),
        }  # fmt: skip
    return {"kind": type(block).__name__.lower(), **asdict(block)}


def _clean(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Without the signs a PDF cannot hold."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, dict):
        return {key: _clean(each) for key, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list | tuple) else value
