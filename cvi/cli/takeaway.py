"""Taking data out: one table as a file, or the whole workspace as an archive."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import click

from cvi.cli.main import bar, json_option, main, ports, tell

if TYPE_CHECKING:
    from cvi.bootstrap import Ports
    from cvi.exports import Manifest
    from cvi.selection.filters import Filters

# As in `cvi.jobs.exporting`, which takes seconds to load; a test compares them.
_TABLES = (
    "conversations", "turns", "speaking", "tool_calls", "perceptions", "signals", "topics",
    "insights", "events",
)  # fmt: skip
_FORMATS = ("csv", "jsonl", "parquet", "xlsx")
_WORKSPACE = "workspace"


@main.command()
@click.argument("table", type=click.Choice([*_TABLES, _WORKSPACE]))
@click.option("--to", "target", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(_FORMATS), help="Of the rows; else the suffix.")
@click.option("--manifest", is_flag=True, help="Also write FILE.manifest.json: columns in words.")
@click.option("--persona", "personas", multiple=True, help="Only these personas.")
@click.option("--source", "sources", multiple=True, help="Only these sources.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC).")
@click.option("--link", default="", help="The filter of a page: its address, or what follows the ?")
@json_option
@click.pass_context
def export(  # noqa: PLR0913, PLR0917 - one parameter an option
    ctx: click.Context,
    table: str,
    target: Path,
    kind: str | None,
    manifest: bool,
    personas: tuple[str, ...],
    sources: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    link: str,
    as_json: bool,
) -> None:
    """Write one table, or with WORKSPACE all of them, to a file.

    A table goes to FILE.csv, .jsonl, .parquet or .xlsx, or with its manifest to FILE.zip. The
    workspace goes to FILE.zip: every table and the events, which `cvi import FILE.zip` brings back
    with equal numbers. Stopped half-way, the same command goes on where it was.
    """
    from cvi.selection.filters import Filters

    options = Filters(
        since=since.date() if since else None,
        until=until.date() if until else None,
        personas=personas,
        sources=sources,
    )
    chosen = options.both(_linked(link)) if link else options
    here = ports(ctx)
    if table == _WORKSPACE:
        _workspace(here, target, kind or "parquet", chosen, as_json=as_json)
        return
    made = _table(here, table, target, kind, chosen)
    rows = made.tables[0].rows
    if manifest:
        _write_manifest(made, target)
    tell({"rows": rows, "file": str(target)}, as_json=as_json, text=f"{rows} rows in {target}")


def _linked(link: str) -> Filters:
    from cvi.jobs.exporting import Chosen

    return Chosen.of(parse_qs(link.rpartition("?")[2])).filters


def _table(here: Ports, table: str, target: Path, kind: str | None, chosen: Filters) -> Manifest:
    from cvi.jobs.exporting import export as write_out
    from cvi.jobs.exporting import packed

    if target.suffix.lower() == ".zip":
        if kind == "xlsx":
            raise click.UsageError("A workbook is no zip: name the file .xlsx.")
        return packed(here, table, target, format=kind or "csv", filters=chosen)
    return write_out(here, table, target, format=kind, filters=chosen)


def _write_manifest(made: Manifest, target: Path) -> None:
    import orjson

    path = target.with_name(f"{target.name}.manifest.json")
    path.write_bytes(orjson.dumps(made.as_dict(), option=orjson.OPT_INDENT_2))


def _workspace(here: Ports, target: Path, kind: str, filters: Filters, *, as_json: bool) -> None:
    from cvi.jobs.archive import WHOLE, Order, build
    from cvi.jobs.exporting import ZIPPED, Chosen

    if kind not in ZIPPED or target.suffix.lower() != ".zip":
        hint = f"Use --to FILE.zip and --format {', '.join(ZIPPED)}."
        raise click.UsageError(f"The workspace is a zip of several tables. {hint}")
    folder = target.with_name(f".{target.stem}.unfinished")  # where a second try goes on
    order = Order(target.stem, format=kind, chosen=Chosen(filters))
    with bar(length=WHOLE, label="Exporting", hidden=as_json) as shown:
        last = 0

        def step(done: int, _of: int, words: str) -> None:
            nonlocal last
            shown.label = words
            shown.update(done - last)
            last = done

        made = build(here, folder, order, step=step)
    made.replace(target)
    shutil.rmtree(folder, ignore_errors=True)
    size = target.stat().st_size
    tell(
        {"file": str(target), "bytes": size},
        as_json=as_json,
        text=f"{target}: {size:,} bytes. Bring it back with: cvi import {target}",
    )
