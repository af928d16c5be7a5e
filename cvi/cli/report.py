"""Reports from the command line: the dashboard of a filter, or one conversation."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from cvi.cli.main import bar, json_option, main, settings, tell
from cvi.errors import NotFound

if TYPE_CHECKING:
    from cvi.exports.report import Report

_STEPS = 100


@main.command()
@click.option("--to", "target", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--conversation", "conversation_id", help="Report this conversation, by its id.")
@click.option("--link", default="", help="The filter of a page: its address, or what follows the ?")
@click.option("--no-transcript", is_flag=True, help="Leave a conversation's transcript out.")
@click.option("--zone", default="UTC", show_default=True, help="Times in this zone.")
@json_option
@click.pass_context
def report(
    ctx: click.Context,
    target: Path,
    conversation_id: str | None,
    link: str,
    no_transcript: bool,
    zone: str,
    as_json: bool,
) -> None:
    """Write a report of all conversations, of a filter, or of one conversation: PDF or HTML."""
    kind = target.suffix.lower().lstrip(".")
    if kind not in ("pdf", "html"):
        raise click.UsageError("Name the report FILE.pdf or FILE.html.")
    # The pages' own boards make the numbers; they open the store from the environment.
    os.environ["CVI_DATA_DIR"] = str(settings(ctx).data_dir)
    with _without_warnings():
        found = _report(conversation_id, link, _zone(zone), transcript=not no_transcript)
    data = _written(found, kind, hidden=as_json)
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(data)
    part.replace(target)
    size = len(data)
    tell({"file": str(target), "bytes": size}, as_json=as_json, text=f"{target}: {size:,} bytes")


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Streamlit warns of every cached call that no browser asked for."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise click.UsageError(
            f"There is no time zone {name!r}; write it as Europe/Berlin or UTC."
        ) from None


def _report(conversation_id: str | None, link: str, zone: ZoneInfo, *, transcript: bool) -> Report:
    from dataclasses import replace
    from urllib.parse import parse_qs

    from cvi.jobs.exporting import Chosen
    from cvi.selection.filters import Filters
    from cvi.ui import conversation_report, dashboard_report, opened

    moment = datetime.now(zone)
    if conversation_id is None:
        query = parse_qs(link.rpartition("?")[2])
        filters = Chosen.of(query).filters if link else Filters()
        chosen = filters if query.get("tz") else replace(filters, zone=zone.key)
        return dashboard_report.dashboard(chosen, moment)
    found = opened.conversation(conversation_id)
    if found is None:
        raise NotFound(
            f"There is no conversation with the id {conversation_id!r}",
            hint="Its id stands in the address of its page.",
        )
    return conversation_report.conversation(found, moment, transcript=transcript)


def _written(found: Report, kind: str, *, hidden: bool) -> bytes:
    from cvi.exports.report_html import to_html
    from cvi.exports.report_pdf import to_pdf

    with bar(length=_STEPS, label="Drawing", hidden=hidden) as shown:
        done = 0

        def progress(share: float, _: str) -> None:
            nonlocal done
            shown.update(round(share * _STEPS) - done)
            done = round(share * _STEPS)

        return to_pdf(found, progress) if kind == "pdf" else to_html(found, progress)
