"""The API process: uvicorn, with time limits on slow clients and a stop that loses nothing."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import time
from typing import TYPE_CHECKING, Protocol, cast

import uvicorn

from cvi.errors import SettingsError
from cvi.server.api import build_api
from cvi.settings import keys

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from cvi.bootstrap import Ports

# Seconds a client may take to send its headers, or may trickle bytes nobody asked for.
HEADER_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 75  # longer than proxies keep a connection, so that they close it first
_STOP_SECONDS = 30
_HEADER_BYTES = 64 * 1024
# Headers, or the rest of a body that was already refused: more than this is cut off.
_UNASKED_BYTES = 256 * 1024


def serve_api(ports: Ports, host: str, port: int) -> None:
    """Serve the API until SIGTERM or SIGINT; then finish what was accepted, and return."""
    from cvi.bootstrap import webhook_token

    demand_port(host, port)
    tokens = keys(webhook_token(ports.settings), "CVI_WEBHOOK_TOKEN")
    serve(build_api(ports.engine, ports.workspace, ports.settings, tokens), host, port)


def demand_port(host: str, port: int) -> None:
    """Raise SettingsError when nobody could listen there, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SettingsError(
                f"Nothing can listen on {host}:{port}: {reason}.",
                hint="Choose another port with --port, or stop what runs there.",
            ) from error


def serve(app: ASGIApp, host: str, port: int, *, header_seconds: float = HEADER_SECONDS) -> None:
    """Serve one ASGI object in this process."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop" if _installed("uvloop") else "asyncio",
        http=_protocol(),
        ws="none",
        lifespan="on",
        log_level="info",
        access_log=False,  # it would write the secret part of the address
        server_header=False,
        backlog=2048,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )
    PunctualServer(config, header_seconds).run()


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _protocol() -> type[asyncio.Protocol]:
    """The fast HTTP parser where it is installed, with the limit on headers that it lacks."""
    if not _installed("httptools"):
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return H11Protocol
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Bounded(HttpToolsProtocol):
        _unasked = 0

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is None or self.cycle.response_complete:
                self._unasked += len(data)
                if self._unasked > _UNASKED_BYTES:
                    self.transport.close()
            else:
                self._unasked = 0

    return Bounded


class _Connection(Protocol):
    """What uvicorn's HTTP/1.1 connections have in common."""

    cycle: _Cycle | None
    timeout_keep_alive_task: asyncio.TimerHandle | None
    transport: asyncio.Transport


class _Cycle(Protocol):
    response_complete: bool


class PunctualServer(uvicorn.Server):
    """Closes connections that take too long over their headers; uvicorn itself waits for ever.

    It looks at all connections twice a second, so that a request pays nothing for it.
    """

    def __init__(self, config: uvicorn.Config, header_seconds: float) -> None:
        super().__init__(config)
        self._patience = header_seconds
        self._seen: dict[_Connection, tuple[_Cycle | None, float]] = {}

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn ten times a second."""
        if counter % 5 == 0:
            self._close_the_slow(time.monotonic())
        return await super().on_tick(counter)

    def _close_the_slow(self, now: float) -> None:
        seen, self._seen = self._seen, {}
        for connection in list(cast("set[_Connection]", self.server_state.connections)):
            cycle = connection.cycle
            idle = connection.timeout_keep_alive_task is not None
            if idle or not (cycle is None or cycle.response_complete):
                continue  # between requests (uvicorn's own timer runs), or being answered
            last, since = seen.get(connection, (cycle, now))
            self._seen[connection] = (cycle, since if last is cycle else now)
            if last is cycle and now - since >= self._patience:
                connection.transport.close()
