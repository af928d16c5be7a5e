"""Pages, receiver and worker in one process; or the pages alone."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import tomllib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import streamlit as st
from starlette.routing import BaseRoute
from streamlit.runtime.pages_manager import PagesManager

from cvi.bootstrap import Ports, webhook_token
from cvi.errors import SettingsError
from cvi.jobs.worker import Worker
from cvi.resources import project_root
from cvi.server import api, downloads, live
from cvi.server.receiver import Receiver
from cvi.server.run import demand_port
from cvi.settings import keys

log = logging.getLogger(__name__)


def serve_all(ports: Ports, *, host: str, port: int) -> None:
    """Serve until stopped. One process for a laptop or a small team."""
    tokens = keys(webhook_token(ports.settings), "CVI_WEBHOOK_TOKEN")
    feed = live.feed_of(ports)
    # Nobody waits for the next look: the receiver wakes the worker, the worker wakes the pages.
    worker = Worker(ports, settled=feed.nudge)
    receiver = Receiver(
        ports.engine, ports.workspace, ports.settings, tokens, stored=worker.due.set
    )

    @contextlib.asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
        _warm()
        async with api.lifespan(receiver)(None):
            worker.start()
            try:
                yield {}
            finally:
                worker.stop()

    found = [*api.routes(receiver), *downloads.routes(ports)]
    _run(ports, host, port, feed, routes=found, lifespan=lifespan)


def serve_pages(ports: Ports, *, host: str, port: int) -> None:
    """Serve the pages until stopped."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
        _warm()
        yield {}

    _run(ports, host, port, live.feed_of(ports), routes=downloads.routes(ports), lifespan=lifespan)


def _warm() -> None:
    """Import before the first visitor what every page needs, and keep it out of collections."""
    import pandas  # noqa: F401, ICN001
    import plotly.graph_objects  # noqa: F401

    import cvi.ui.workbench  # noqa: F401

    gc.collect()
    gc.freeze()


def _run(
    ports: Ports,
    host: str,
    port: int,
    feed: live.Feed,
    *,
    routes: list[BaseRoute],
    lifespan: Any,  # noqa: ANN401 - Streamlit's own type is private
) -> None:
    settings = ports.settings
    if settings.webhook_auth == "none" and host not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError(
            "CVI_WEBHOOK_AUTH=none works on a local address only.", hint="Use --host 127.0.0.1."
        )
    demand_port(host, port)
    # Beside a folder called pages/ Streamlit serves the first visitor of a deep link the page file
    # alone, without app.py and its navigation, until somebody has opened the front page.
    PagesManager.uses_pages_directory = False
    # The page scripts open the store themselves, from the environment of this process.
    os.environ["CVI_DATA_DIR"] = str(settings.data_dir)
    os.environ["CVI_HOST"] = host  # --host may have opened them to others, which they say

    @contextlib.asynccontextmanager
    async def listening(app: st.App) -> AsyncIterator[dict[str, Any]]:
        with feed.ending_at_signals():
            async with lifespan(app) as state:
                yield state

    routes = [*routes, live.route(feed, ports)]
    app = st.App(project_root() / "app.py", routes=routes, lifespan=listening)
    config = {**_configured(), "server.address": host, "server.port": port}
    print(f"CVI Workbench is at http://{host}:{port}", flush=True)  # noqa: T201 - the promise
    app.run(config=config)


def _configured() -> Mapping[str, Any]:
    """The project's Streamlit settings, in force from whatever folder the command is run."""
    path = project_root() / ".streamlit" / "config.toml"
    return _flat(tomllib.loads(path.read_text(encoding="utf-8")))


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        flat.update(_flat(value, f"{name}.") if isinstance(value, dict) else {name: value})
    return flat
