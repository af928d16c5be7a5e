"""Commands that keep the store in order: reanalyse, rebuild, retry, migrate, doctor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from cvi.cli.main import bar, json_option, main, ports, settings, tell

if TYPE_CHECKING:
    from cvi.jobs.rebuild import Progress


def _counting(shown: object) -> Progress:
    last = 0

    def progress(done: int, total: int | None) -> None:
        nonlocal last
        shown.length = total or done  # type: ignore[attr-defined]
        shown.update(done - last)  # type: ignore[attr-defined]
        last = done

    return progress


@main.command()
@click.option("--all", "everything", is_flag=True, help="Also what this version analysed.")
@json_option
@click.pass_context
def reanalyse(ctx: click.Context, everything: bool, as_json: bool) -> None:
    """Analyse again what another version of the analysis made, and refit the topics."""
    from cvi.jobs import topics
    from cvi.jobs.rebuild import reanalyse as run

    here = ports(ctx)
    with bar(length=None, label="Analysing", hidden=as_json) as shown:
        done = run(here, stale_only=not everything, progress=_counting(shown))
    topics.refresh(here)
    tell({"conversations": done}, as_json=as_json, text=f"Analysed {done} conversations again.")


@main.command()
@json_option
@click.pass_context
def rebuild(ctx: click.Context, as_json: bool) -> None:
    """Drop every view and make it anew from the facts."""
    from cvi.jobs import topics
    from cvi.jobs.rebuild import rebuild as run

    here = ports(ctx)
    with bar(length=None, label="Rebuilding", hidden=as_json) as shown:
        done = run(here, progress=_counting(shown))
    topics.refresh(here)
    tell({"conversations": done}, as_json=as_json, text=f"Rebuilt {done} conversations.")


@main.command()
@click.option("--id", "ids", multiple=True, type=int, help="Only this failure (repeatable).")
@click.option("--type", "types", multiple=True, help="Only this event type (repeatable).")
@click.option("--conversation", "names", multiple=True, help="Only this conversation (repeatable).")
@json_option
@click.pass_context
def retry(
    ctx: click.Context,
    ids: tuple[int, ...],
    types: tuple[str, ...],
    names: tuple[str, ...],
    as_json: bool,
) -> None:
    """Send failed events round again: one, some, or all of them."""
    from cvi.store.queue import FailureFilter, replay

    here = ports(ctx)
    chosen = FailureFilter(failure_ids=ids, event_types=types, conversation_ids=names)
    count = replay(here.engine, chosen, workspace=here.workspace)
    tell({"replayed": count}, as_json=as_json, text=f"{count} events will be tried again.")


@main.command()
@json_option
@click.pass_context
def migrate(ctx: click.Context, as_json: bool) -> None:
    """Bring the database to the present shape."""
    from cvi.store.migrate import revision

    here = ports(ctx)
    at = revision(here.engine)
    tell({"revision": at}, as_json=as_json, text=f"The database is at revision {at}.")


@main.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what is configured, what is reachable and what is unsafe. Exit code 1 if anything is."""
    from cvi.bootstrap import settings_faults
    from cvi.jobs.checks import run_checks, settings_checks

    checks = settings_checks(settings_faults()) or run_checks(settings(ctx))
    if as_json:
        click.echo(json.dumps([check.as_dict() for check in checks]))
    else:
        for check in checks:
            click.echo(f"{check.state:>8}  {check.what}: {check.found}")
            if check.hint:
                click.echo(f"          {check.hint}")
    if any(check.state == "bad" for check in checks):
        ctx.exit(1)
