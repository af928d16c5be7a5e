"""Commands that run something: serve, api, ui, worker, demo."""

from __future__ import annotations

import gc
import signal
import sys
import uuid
from typing import TYPE_CHECKING

import click

from cvi.cli.main import json_option, main, ports, settings, tell

if TYPE_CHECKING:
    from cvi.bootstrap import Ports

_host = click.option("--host", help="Address to listen on (CVI_HOST).")
_port = click.option("--port", type=int, help="Port to listen on.")


@main.command()
@_host
@_port
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None) -> None:
    """Pages, webhook receiver and worker in one process."""
    _serve(ports(ctx), host, port)


def _serve(here: Ports, host: str | None, port: int | None) -> None:
    from cvi.server.workbench import serve_all

    serve_all(here, host=host or here.settings.host, port=port or here.settings.port)


@main.command()
@_host
@_port
@click.pass_context
def ui(ctx: click.Context, host: str | None, port: int | None) -> None:
    """The pages alone; run `cvi api` and `cvi worker` beside them."""
    from cvi.server.workbench import serve_pages

    here = ports(ctx)
    serve_pages(here, host=host or here.settings.host, port=port or here.settings.port)


@main.command()
@_host
@_port
@click.pass_context
def api(ctx: click.Context, host: str | None, port: int | None) -> None:
    """The webhook receiver alone, so that a dashboard never delays a callback."""
    from cvi.server.run import serve_api

    here = ports(ctx)
    serve_api(here, host=host or here.settings.host, port=port or here.settings.api_port)


@main.command()
@click.option("--once", is_flag=True, help="Settle what is waiting, retries included, and stop.")
@json_option
@click.pass_context
def worker(ctx: click.Context, once: bool, as_json: bool) -> None:
    """Process what has arrived. Several workers may run at once."""
    from cvi.jobs.worker import Worker, until_settled
    from cvi.store import queue

    here = ports(ctx)
    if not once:
        gc.collect()
        gc.freeze()  # what is imported by now stays: keep it out of every later collection
        running = Worker(here)
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: running.stopping.set())
        click.echo("Worker is running; stop it with Ctrl-C.", err=True)
        running.run()
        return
    until_settled(here)
    state = queue.state(here.engine, workspace=here.workspace)
    tell(
        {"pending": state.pending, "failed": state.dead},
        as_json=as_json,
        text=f"Settled. {state.dead} events have failed." if state.dead else "Settled.",
    )


@main.command(hidden=True)
@click.argument("job_id", type=click.UUID)
@click.pass_context
def job(ctx: click.Context, job_id: uuid.UUID) -> None:
    """Do one job that somebody asked for on a page. The worker starts this by itself."""
    from cvi.jobs import background, helper

    helper.step_back()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    background.run(ports(ctx), job_id)


@main.command()
@_host
@_port
@click.option("--count", default=500, show_default=True, help="Conversations to generate.")
@click.option("--no-serve", is_flag=True, help="Load the data and stop.")
@json_option
@click.pass_context
def demo(
    ctx: click.Context,
    host: str | None,
    port: int | None,
    count: int,
    no_serve: bool,
    as_json: bool,
) -> None:
    """Load the demo conversations and start the workbench. No keys, no network."""
    from cvi.cli.data import settle_with_bar
    from cvi.jobs import topics
    from cvi.jobs.demo import load

    here = ports(ctx)
    new = load(here, count=count)
    settle_with_bar(here, hidden=as_json)
    topics.refresh(here)
    tell({"events_new": new}, as_json=as_json, text=f"Demo data: {new} new events.")
    if not no_serve:
        _serve(here, host, port)


@main.command()
@click.pass_context
def address(ctx: click.Context) -> None:
    """Print the callback path with its secret token, to be put behind your public address."""
    from cvi.bootstrap import webhook_token
    from cvi.settings import keys

    tokens = keys(webhook_token(settings(ctx)), "CVI_WEBHOOK_TOKEN")
    click.echo(f"/webhooks/tavus/{tokens[0].secret}")
