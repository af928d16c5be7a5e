"""Commands that move data in: import, undo, analyse."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvi.cli.main import bar, json_option, main, ports, tell
from cvi.errors import BadInput, CviError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cvi.bootstrap import Ports
    from cvi.ingest import Preview
    from cvi.jobs.importing import Imported


@main.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what the files hold; keep nothing.")
@click.option("--format", "reader", help="Read as this format instead of detecting it.")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column or key is what: conversation=call,role=who,text=said. An empty one is none.",
)
@click.option("--role", "roles", multiple=True, metavar="NAME=ROLE", help="Who is user, assistant.")
@click.option("--no-settle", is_flag=True, help="Leave the processing to a running worker.")
@json_option
@click.pass_context
def import_(
    ctx: click.Context,
    paths: tuple[Path, ...],
    dry_run: bool,
    reader: str | None,
    pairs: tuple[str, ...],
    roles: tuple[str, ...],
    no_settle: bool,
    as_json: bool,
) -> None:
    """Import transcripts, Tavus replies, webhook dumps, exported workspaces, CSV, subtitles."""
    from cvi.ingest import expand

    options = {"reader": reader, "mapping": _mapping(pairs), "roles": _roles(roles)}
    files = expand(list(paths))
    if not files:
        raise BadInput("no file of a known kind in there", where=", ".join(map(str, paths)))
    if dry_run:
        failed = sum(not _dry_run(file, options, as_json) for file in files)
    else:
        here = ports(ctx)
        failed = sum(not _import_one(here, file, options, as_json) for file in files)
        if not no_settle:
            settle_with_bar(here, hidden=as_json)
    if failed:
        done = "read" if dry_run else "imported"
        raise CviError(f"{failed} of {len(files)} files could not be {done}.")


def _pairs(texts: Iterable[str]) -> dict[str, str] | None:
    found = dict(text.partition("=")[::2] for text in texts)
    wrong = next((text for text in texts if "=" not in text), None)
    if wrong is not None:
        raise click.UsageError(f"{wrong!r} is not NAME=VALUE.")
    return found or None


_SHORT = {"conversation": "conversation_id", "time": "timestamp"}


def _mapping(texts: tuple[str, ...]) -> dict[str, str] | None:
    """Several in one by commas; a column with a comma in its name needs its own --map."""
    alone = [text.split(",") if text.count("=") > 1 else [text] for text in texts]
    found = _pairs([each.strip() for parts in alone for each in parts])
    return {_SHORT.get(name, name): column for name, column in found.items()} if found else None


def _roles(texts: tuple[str, ...]) -> dict[str, str] | None:
    from cvi.events.aliases import role_of

    found = _pairs(texts)
    wrong = next((role for role in (found or {}).values() if role_of(role) is None), None)
    if wrong is not None:
        raise click.UsageError(f"{wrong!r} is no role. Use user or assistant.")
    return found


def _dry_run(file: Path, options: dict[str, Any], as_json: bool) -> bool:
    """Show what a file holds; False when nothing in it could be read."""
    from cvi.ingest import preview

    try:
        seen = preview(file, **options)
    except (BadInput, TooLarge) as error:
        return _refused(error)
    tell(_preview_json(seen), as_json=as_json, text=_preview_text(seen))
    return bool(seen.events) or _refused(_nothing(seen.name))


def _refused(error: CviError) -> bool:
    """One line about a file that is left out; the others go on."""
    click.echo(f"cvi: {' '.join(str(error).split())}", err=True)
    return False


def _nothing(name: str) -> BadInput:
    hint = "See the problems above, and --map and --role for what they mean."
    return BadInput("not one conversation or event could be read", where=name, hint=hint)


def _preview_json(seen: Preview) -> dict[str, Any]:
    return {
        "file": seen.name,
        "format": seen.reader,
        "conversations": seen.conversations,
        "turns": seen.turns,
        "with_times": seen.with_times,
        "events": dict(seen.events),
        "roles": dict(seen.roles),
        "mapping": dict(seen.mapping),
        "problems": seen.problem_count,
        "sha256": seen.sha256,
    }


def _preview_text(seen: Preview) -> str:
    told = (
        f"{seen.name}: {seen.reader}, {seen.conversations} conversations, {seen.turns} turns "
        f"({seen.with_times} with times), {seen.problem_count} problems"
    )
    lines = [told]
    if unknown := seen.roles.get("unknown"):
        lines.append(f"  {unknown} rows have a role nobody knows; they are kept but not shown.")
    lines += [f"  {field} ← {column}" for field, column in seen.mapping.items()]
    lines += [f"  {problem}" for problem in seen.problems[:20]]
    return "\n".join(lines)


def _import_one(here: Ports, file: Path, options: dict[str, Any], as_json: bool) -> bool:
    from cvi.jobs.importing import import_source

    try:
        with bar(length=None, label=f"Reading {file.name}", hidden=as_json):
            done = import_source(here, file, **options)
    except (BadInput, TooLarge) as error:
        return _refused(error)
    tell(_imported_json(done), as_json=as_json, text=_imported_text(done))
    return not done.nothing or _refused(_nothing(done.name))


def _imported_json(done: Imported) -> dict[str, Any]:
    return {
        "import_id": str(done.import_id),
        "file": done.name,
        "format": done.reader,
        "conversations": done.conversations,
        "events_new": done.events_new,
        "events_seen": done.events_seen,
        "problems": [str(problem) for problem in done.problems],
    }


def _imported_text(done: Imported) -> str:
    told = (
        f"{done.name}: {done.conversations} conversations, {done.events_new} new events, "
        f"{done.events_seen} already known. Undo with: cvi undo {done.import_id}"
    )
    lines = [told]
    lines += [f"  {problem}" for problem in done.problems[:20]]
    return "\n".join(lines)


def settle_with_bar(here: Ports, *, hidden: bool) -> None:
    """Settle everything that waits, with a progress bar over the waiting jobs."""
    from cvi.jobs.worker import until_settled
    from cvi.store import queue

    total = queue.state(here.engine, workspace=here.workspace).pending
    with bar(length=total, label="Analysing", hidden=hidden) as shown:
        last = total

        def progress(pending: int) -> None:
            nonlocal last
            shown.update(max(last - pending, 0))
            last = pending

        until_settled(here, progress=progress)


@main.command()
@click.argument("import_id", type=click.UUID)
@json_option
@click.pass_context
def undo(ctx: click.Context, import_id: uuid.UUID, as_json: bool) -> None:
    """Take an import back."""
    from cvi.jobs.importing import undo as take_back

    touched = take_back(ports(ctx), import_id)
    tell(
        {"conversations": touched},
        as_json=as_json,
        text=f"Undone: {touched} conversations were taken back or folded again."
        if touched
        else "Nothing was taken back: another import or a callback brought the same events.",
    )


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "reader", help="Read as this format instead of detecting it.")
def analyse(file: Path, target: Path | None, reader: str | None) -> None:
    """Analyse a file without a database: JSONL with one analysed conversation a line."""
    from cvi.jobs.analysing import analyse_file

    problems: list[str] = []
    lines = analyse_file(file, reader=reader, problems=problems)
    if target is None:
        for line in lines:
            click.echo(line)
    else:
        part = target.with_name(target.name + ".part")
        try:
            with part.open("w", encoding="utf-8") as out:
                out.writelines(f"{line}\n" for line in lines)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    for problem in problems:
        click.echo(f"cvi: {problem}", err=True)
