"""The API as one ASGI object, and its parts for mounting beside the pages."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from cvi.server.receiver import Door, Receiver, problem
from cvi.settings import Key, Settings
from cvi.store.engine import Engine

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def build_api(
    engine: Engine, workspace: str, settings: Settings, tokens: Sequence[Key]
) -> Starlette:
    """The API on its own: callbacks, health. Its lifespan starts and drains the committer."""
    receiver = Receiver(engine, workspace, settings, tokens)
    lost = Mount("", app=Door(_unknown, *_METHODS))
    return Starlette(routes=[*routes(receiver), lost], lifespan=lifespan(receiver))


def routes(receiver: Receiver) -> list[BaseRoute]:
    """The routes, to be put before a catch-all (`st.App`): nothing under them falls through."""
    accept = Door(receiver.accept, "POST")
    return [
        Route("/webhooks/tavus", accept),
        Route("/webhooks/tavus/{token}", accept),
        Mount("/webhooks", app=Door(_unknown, *_METHODS)),
        Route("/healthz", Door(receiver.healthz, "GET", "HEAD")),
        Route("/readyz", Door(receiver.readyz, "GET", "HEAD")),
    ]


def lifespan(receiver: Receiver) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """Run the committer while the application runs; what waits at the end is written first."""

    @contextlib.asynccontextmanager
    async def running(_app: object) -> AsyncIterator[None]:
        await receiver.committer.start()
        try:
            yield
        finally:
            await receiver.committer.stop()

    return running


async def _unknown(_request: Request) -> Response:
    return problem(404, "No such address.", "Callbacks go to /webhooks/tavus/{token}.")
