"""The webhook door: bytes in, proof checked, one durable row, then the answer.

A caller waits for the commit and for nothing else. Bodies are read with a limit as they stream in;
what all callers together may hold in memory is bounded too. Neither tokens nor payload text reach
a log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from cvi.errors import BadInput, Busy, CviError, NotFound, StoreError, TooLarge, Unauthorized
from cvi.events.verify import token_proves, verify
from cvi.server.committer import GroupCommitter
from cvi.settings import Key, Settings, keys
from cvi.store import facts
from cvi.store.engine import UNREACHABLE, Engine, reader
from cvi.store.migrate import revision, revisions

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

log = logging.getLogger(__name__)

BODY_SECONDS = 20.0
# What all requests together may hold: bodies being read, and bodies that wait for the disk.
MOST_BYTES_HELD = 64 * 1024 * 1024
_READY_SECONDS = 3.0
# Above this, reading the identity would hold up every other request for milliseconds.
_SMALL = 64 * 1024
_STATUS: Mapping[type[CviError], int] = {
    BadInput: 400,
    Unauthorized: 401,
    NotFound: 404,
    TooLarge: 413,
    Busy: 503,
    StoreError: 503,
}
# A proxy or a browser stands between: the caller is not this machine, whatever its address.
_RELAYED = ("forwarded", "x-forwarded-for", "x-real-ip", "cf-connecting-ip", "origin")
_ACCEPTED = Response(b'{"status":"accepted"}', media_type="application/json")

Handler = Callable[[Request], Awaitable[Response]]


class Door:
    """An ASGI endpoint: one handler, its methods, and every `CviError` told as a JSON answer.

    It takes all methods itself, so that in front of a catch-all (the pages) a wrong one is a 405.
    """

    def __init__(self, handle: Handler, *methods: str) -> None:
        self._handle = handle
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in self._methods:
            allow = ", ".join(self._methods)
            return problem(405, "Method not allowed.", f"Use {allow}.", {"allow": allow})
        try:
            return await self._handle(request)
        except TimeoutError:
            log.info("refused: 408")
            return problem(408, "The body came too slowly.", "Send it again.", _CLOSE)
        except CviError as error:
            return _told(error)


_CLOSE = {"connection": "close"}


def problem(
    status: int, message: str, hint: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """The one shape of an error answer."""
    return JSONResponse({"error": {"message": message, "hint": hint}}, status, headers)


def _told(error: CviError) -> Response:
    status = _STATUS.get(type(error), 500)
    log.info("refused: %d %s", status, type(error).__name__)
    headers = {}
    if isinstance(error, Busy | StoreError):
        headers["retry-after"] = str(getattr(error, "retry_after", 5))
    if isinstance(error, TooLarge):
        headers |= _CLOSE  # the rest of the body is not wanted
    return problem(status, error.message, error.hint, headers)


class Receiver:
    """Everything the webhook routes share: settings, keys, the committer, the memory in use."""

    def __init__(
        self,
        engine: Engine,
        workspace: str,
        settings: Settings,
        tokens: Sequence[Key],
        *,
        body_seconds: float = BODY_SECONDS,
        write: Callable[[Sequence[facts.Incoming]], object] | None = None,
        stored: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._mode = settings.webhook_auth
        self._tokens = tuple(tokens)
        self._secrets = keys(settings.webhook_secrets, "TAVUS_WEBHOOK_SECRET")
        self._limit = settings.webhook_max_bytes
        self._most_held = max(MOST_BYTES_HELD, 2 * self._limit)
        self._held = 0
        self._body_seconds = body_seconds
        append = write or partial(facts.append, engine, workspace=workspace)
        self.committer = GroupCommitter(append, most=settings.webhook_queue, written=stored)

    async def accept(self, request: Request) -> Response:
        """POST: verify, store, acknowledge."""
        token = request.path_params.get("token")
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in request.scope["headers"]
        }
        now = datetime.now(UTC)
        self._turn_away(token, now)
        self.committer.demand_room()
        body = bytearray()
        try:
            await self._read(request, headers, body)
            return await self._store(bytes(body), headers, token, now, request)
        finally:
            self._held -= len(body)

    def _turn_away(self, token: str | None, now: datetime) -> None:
        """Refuse before reading a body when no body could prove this caller."""
        by_token = self._mode in ("token", "both") or (self._mode == "any" and not self._secrets)
        if by_token and not token_proves(token, self._tokens, now):
            raise Unauthorized("This callback could not be verified.")

    async def _read(self, request: Request, headers: Mapping[str, str], body: bytearray) -> None:
        """Fill `body`, never beyond the limit."""
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self._limit:
            raise self._too_large()
        async with asyncio.timeout(self._body_seconds):
            async for chunk in request.stream():
                if len(body) + len(chunk) > self._limit:
                    raise self._too_large()
                if self._held + len(chunk) > self._most_held:
                    raise Busy("Too many bodies at once.", retry_after=2, hint="Send it again.")
                body += chunk
                self._held += len(chunk)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The body is larger than {self._limit} bytes.",
            limit=self._limit,
            hint="CVI_WEBHOOK_MAX_BYTES sets the limit.",
        )

    async def _store(
        self,
        body: bytes,
        headers: Mapping[str, str],
        token: str | None,
        now: datetime,
        request: Request,
    ) -> Response:
        verify(
            body,
            headers,
            mode=self._mode,
            path_token=token,
            tokens=self._tokens,
            secrets=self._secrets,
            now=now,
            local=self._mode == "none" and _is_local(request, headers),
        )
        if not body:
            raise BadInput("The body is empty.", hint="Send one JSON object.")
        read = partial(facts.incoming, body, source="webhook", live=True, received_at=now)
        item = read() if len(body) <= _SMALL else await asyncio.to_thread(read)
        await self.committer.commit(item)
        return _ACCEPTED

    async def healthz(self, _request: Request) -> Response:
        """GET: the process lives."""
        return JSONResponse({"status": "alive"})

    async def readyz(self, _request: Request) -> Response:
        """GET: callbacks can be stored now; 503 says why not."""
        try:
            self.committer.demand_room()
            async with asyncio.timeout(_READY_SECONDS):
                found, wanted = await asyncio.to_thread(self._revisions)
        except (TimeoutError, *UNREACHABLE) as error:
            raise StoreError("The database does not answer.") from error
        if found != wanted:
            raise StoreError(
                f"The database is at revision {found}, the program at {wanted}.",
                hint="Run `cvi migrate`.",
            )
        return JSONResponse(
            {"status": "ready", "revision": found, "waiting": self.committer.waiting}
        )

    def _revisions(self) -> tuple[str | None, str]:
        return revision(reader(self._engine)), _head()


@cache
def _head() -> str:
    return revisions()[-1]


def _is_local(request: Request, headers: Mapping[str, str]) -> bool:
    """Does the call come from this machine itself, through no proxy and no browser?"""
    if request.client is None or any(name in headers for name in _RELAYED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
