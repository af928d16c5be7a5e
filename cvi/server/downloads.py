"""Archives by HTTP: streamed from the disk, in parts if asked, to whoever has a ticket."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from cvi.bootstrap import Ports
from cvi.jobs import background, tickets
from cvi.server.receiver import Door, problem


def routes(ports: Ports) -> list[BaseRoute]:
    """The routes, to be put before the pages."""

    async def fetch(request: Request) -> Response:
        text = request.path_params["ticket"]
        found = await asyncio.to_thread(_found, ports, text)
        return FileResponse(
            found.path,
            filename=found.path.name,
            headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
        )

    return [
        Route("/downloads/{ticket}", Door(fetch, "GET", "HEAD")),
        Mount("/downloads", app=Door(_unknown, "GET", "HEAD")),
    ]


def _found(ports: Ports, ticket: str) -> background.Archive:
    return background.archive_of(ports, tickets.admitted(ports.settings, ticket))


async def _unknown(_request: Request) -> Response:
    return problem(404, "No such address.", "The Data page lists what can be downloaded.")
