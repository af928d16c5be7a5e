"""The group committer: one thread writes whatever queued while its last commit ran.

A caller is answered only after the commit that holds its row, and the disk is flushed once for all
who waited: many times the rate of one commit a request, with nothing acknowledged ever lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread

from cvi.errors import Busy, StoreError
from cvi.store.engine import UNREACHABLE
from cvi.store.facts import Incoming

log = logging.getLogger(__name__)

Write = Callable[[Sequence[Incoming]], object]
_Waiting = tuple[Incoming, "asyncio.Future[Exception | None]"]
_BATCH = 500
_AGAIN = "Send it again."


class GroupCommitter:
    """Hands deliveries to `write` in groups; at most `most` may wait. Lives on one event loop.

    `written` is called after each group, in the writer's thread: it must neither wait nor raise.

    The loop collects, and hands over one list when the thread is free: the two meet twice a group,
    not twice a delivery, because every meeting of two busy threads costs a change of hands.
    """

    def __init__(
        self, write: Write, *, most: int, written: Callable[[], None] = lambda: None
    ) -> None:
        self._write = write
        self._written = written
        self._most = most
        self._pending: list[_Waiting] = []
        self._in_flight = 0
        self._free = asyncio.Event()
        self._handed: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._thread: Thread | None = None

    @property
    def waiting(self) -> int:
        """Deliveries that wait for their commit."""
        return len(self._pending) + self._in_flight

    async def start(self) -> None:
        """Start the writer thread; callers are answered on the running loop."""
        self._free.set()
        loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._run, args=(loop,), name="committer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Take nothing more, write everything that waits, then end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await self._free.wait()
            self._handed.put(None)
            await asyncio.to_thread(thread.join)

    async def commit(self, item: Incoming) -> None:
        """Return once `item` is durable. Raises Busy when too many wait, StoreError on failure."""
        self.demand_room()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Exception | None] = loop.create_future()
        self._pending.append((item, future))
        if self._free.is_set():
            self._free.clear()
            loop.call_soon(self._hand_over)  # after all that is ready now has been collected
        error = await future
        if error is not None:
            # One new exception a caller: a shared one would collect every caller's traceback.
            raise StoreError("The callback could not be stored.", hint=_AGAIN) from error

    def demand_room(self) -> None:
        """Raise Busy unless one more delivery may wait."""
        if self._thread is None:
            raise Busy("The receiver is stopping.", retry_after=5, hint=_AGAIN)
        if self.waiting >= self._most:
            raise Busy("Too many callbacks wait for the disk.", retry_after=1, hint=_AGAIN)

    def _hand_over(self) -> None:
        batch, self._pending = self._pending[:_BATCH], self._pending[_BATCH:]
        self._in_flight = len(batch)
        if batch:
            self._handed.put(batch)
        else:
            self._free.set()

    def _resolve(self, batch: list[_Waiting], outcomes: list[Exception | None]) -> None:
        self._hand_over()
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while (batch := self._handed.get()) is not None:
            outcomes = self._outcomes([item for item, _ in batch])
            self._written()
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._resolve, batch, outcomes)

    def _outcomes(self, items: list[Incoming]) -> list[Exception | None]:
        """Write the batch; when a row is refused, each row alone, so that only it fails."""
        try:
            self._write(items)
        except Exception as error:  # the thread must outlive any failure: callers wait on it
            log.warning("storing %d callbacks failed: %s", len(items), _named(error))
            if len(items) == 1 or isinstance(error, UNREACHABLE):
                return [error] * len(items)
            return [outcome for item in items for outcome in self._outcomes([item])]
        return [None] * len(items)


def _named(error: Exception) -> str:
    """The error without statement and values, which may hold what people said."""
    cause = getattr(error, "orig", None) if isinstance(error, UNREACHABLE) else None
    return f"{type(error).__name__} {str(cause or '').partition(chr(10))[0]}".strip()
