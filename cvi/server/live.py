"""The live stream: tells open pages, by server-sent events, that there is something new to show.

One task looks at the store for all listeners, and only while there are any. What is sent is a state
(three numbers), not a history: whoever connects hears the present one first, so a listener who was
away has missed nothing and needs no Last-Event-ID.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import FrameType

from itsdangerous import BadData, TimestampSigner
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cvi.bootstrap import PASS_SECONDS, Ports, live_signer
from cvi.errors import Busy
from cvi.server.receiver import Door, problem
from cvi.store.engine import UNREACHABLE
from cvi.store.pulse import Beat, Watch

log = logging.getLogger(__name__)

EVERY = 0.25  # seconds between two looks, unless somebody says that there is something
AWAY = 2.0  # and after the database did not answer
LIFE = 20.0  # seconds of silence after which a listener gets a sign of life
LONGEST = 3600.0  # a stream ends after this long: its page must prove again that it may listen
MOST = 500  # listeners at once
_HEADERS = {
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
}


class Feed:
    """The present beat, and everybody who waits for the next. Lives on one event loop."""

    def __init__(
        self, watch: Watch, *, every: float = EVERY, life: float = LIFE, most: int = MOST
    ) -> None:
        self._watch = watch
        self._every = every
        self._life = life
        self._most = most
        self._beat: Beat | None = None
        self._news = asyncio.Event()  # set when the beat has changed; a new one follows
        self._nudged = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.listeners = 0
        self._ended = False

    def nudge(self) -> None:
        """There may be something new: look at once. From any thread."""
        if self.listeners:
            self._call(self._nudged.set)

    def end(self) -> None:
        """End all streams, because the server stops: it would wait for them. From any thread."""
        self._ended = True
        self._call(self._tell)

    def _call(self, function: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens
                self._loop.call_soon_threadsafe(function)

    @contextlib.contextmanager
    def ending_at_signals(self) -> Iterator[None]:
        """End the streams when the process is asked to stop, before the server waits for them.

        The server's own handlers, which are in force by now, are called after. Nothing happens
        outside the main thread, where signals do not arrive.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: FrameType | None) -> None:
            self.end()
            before = found[signal.Signals(number)]
            if callable(before):
                before(number, frame)

        found = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, before in found.items():
                signal.signal(each, before)

    def demand_room(self) -> None:
        """Raise Busy unless one more may listen."""
        if self._ended or self.listeners >= self._most:
            raise Busy("Too many pages listen.", retry_after=30, hint="Close some of them.")

    async def listen(self, longest: float = LONGEST) -> AsyncIterator[Beat | None]:
        """The beat now and whenever it changes; None as a sign of life in between."""
        self._enter()
        loop = asyncio.get_running_loop()
        until, told = loop.time() + longest, None
        try:
            while not self._ended and loop.time() < until:
                if self._beat not in (None, told):
                    told = self._beat
                    yield told
                elif not await _within(min(self._life, until - loop.time()), self._news):
                    yield None
        finally:
            self.listeners -= 1
            self._nudged.set()  # the watcher sees by itself that nobody is left

    def _enter(self) -> None:
        self.listeners += 1
        self._loop = asyncio.get_running_loop()
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._run(), name="live-watch")

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _run(self) -> None:
        try:
            while self.listeners and not self._ended:
                self._nudged.clear()
                pause = self._every if await self._look() else AWAY
                await _within(pause, self._nudged)
        finally:
            self._watcher = self._beat = None  # what is known grows old while nobody looks
            self._watch.close()

    async def _look(self) -> bool:
        """Look once; False when the database does not answer."""
        try:
            seen = await asyncio.to_thread(self._watch.look)
        except UNREACHABLE as error:
            log.warning("live: the database does not answer: %s", type(error).__name__)
            return False
        if seen != self._beat:
            self._beat = seen
            self._tell()
        return True


async def _within(seconds: float, happened: asyncio.Event) -> bool:
    """Wait for it, but not longer than that."""
    try:
        async with asyncio.timeout(seconds):
            await happened.wait()
    except TimeoutError:
        return False
    return True


class Live:
    """The route: proof of a page in, the stream out."""

    def __init__(self, feed: Feed, signer: TimestampSigner) -> None:
        self._feed = feed
        self._signer = signer

    async def stream(self, request: Request) -> Response:
        """GET: server-sent events, each the beat as a JSON list."""
        try:
            self._signer.unsign(request.headers.get("x-cvi-pass", ""), max_age=PASS_SECONDS)
        except BadData:
            return problem(403, "This stream is for open pages.", "Reload the page.")
        self._feed.demand_room()
        return StreamingResponse(self._lines(), headers=_HEADERS, media_type="text/event-stream")

    async def _lines(self) -> AsyncIterator[str]:
        async for beat in self._feed.listen():
            yield ": here\n\n" if beat is None else f"data: {json.dumps(beat)}\n\n"


def feed_of(ports: Ports) -> Feed:
    """The feed of the open store's workspace."""
    return Feed(Watch(ports.engine, workspace=ports.workspace))


def route(feed: Feed, ports: Ports) -> Route:
    """`/live`, to be put before the pages."""
    return Route("/live", Door(Live(feed, live_signer(ports.settings)).stream, "GET"))
