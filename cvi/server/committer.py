"""The group committer: one thread writes whatever queued while its last commit ran.

A caller is answered only after the commit that holds its row, and the disk is flushed once for all
who waited: many times the rate of one commit a request, with nothing acknowledged ever lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
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
    """Hands deliveries to `write` in groups; at most `most` may wait. Lives on one event loop."""

    def __init__(self, write: Write, *, most: int) -> None:
        self._write = write
        self._most = most
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._count = 0

    @property
    def waiting(self) -> int:
        """Deliveries that wait for their commit."""
        return self._count

    @property
    def running(self) -> bool:
        """Does the writer take deliveries?"""
        return self._thread is not None and self._thread.is_alive()

    async def start(self) -> None:
        """Start the writer thread; futures are resolved on the running loop."""
        loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._run, args=(loop,), name="committer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Take nothing more, write everything that waits, then end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(thread.join)

    async def commit(self, item: Incoming) -> None:
        """Return once `item` is durable. Raises Busy when too many wait, StoreError on failure."""
        self.demand_room()
        future: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._count += 1
        self._queue.put((item, future))
        error = await future
        if error is not None:
            # One new exception a caller: a shared one would collect every caller's traceback.
            raise StoreError("The callback could not be stored.", hint=_AGAIN) from error

    def demand_room(self) -> None:
        """Raise Busy unless one more delivery may wait."""
        if self._thread is None:
            raise Busy("The receiver is stopping.", retry_after=5, hint=_AGAIN)
        if self._count >= self._most:
            raise Busy("Too many callbacks wait for the disk.", retry_after=1, hint=_AGAIN)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        going = True
        while going:
            batch, going = self._take()
            outcomes = self._outcomes([item for item, _ in batch])
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._resolve, batch, outcomes)

    def _take(self) -> tuple[list[_Waiting], bool]:
        """Wait for one delivery, then take all that is there; False: this was the last batch."""
        batch: list[_Waiting] = []
        entry = self._queue.get()
        with contextlib.suppress(Empty):
            while entry is not None:
                batch.append(entry)
                if len(batch) >= _BATCH:
                    return batch, True
                entry = self._queue.get_nowait()
            return batch, False
        return batch, True

    def _outcomes(self, items: list[Incoming]) -> list[Exception | None]:
        """Write the batch; when a row is refused, each row alone, so that only it fails."""
        if not items:
            return []
        try:
            self._write(items)
        except Exception as error:  # the thread must outlive any failure: callers wait on it
            log.warning("storing %d callbacks failed: %s", len(items), _named(error))
            if len(items) == 1 or isinstance(error, UNREACHABLE):
                return [error] * len(items)
            return [outcome for item in items for outcome in self._outcomes([item])]
        return [None] * len(items)

    def _resolve(self, batch: list[_Waiting], outcomes: list[Exception | None]) -> None:
        self._count -= len(batch)
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)


def _named(error: Exception) -> str:
    """The error without statement and values, which may hold what people said."""
    cause = getattr(error, "orig", None) if isinstance(error, UNREACHABLE) else None
    return f"{type(error).__name__} {str(cause or '').partition(chr(10))[0]}".strip()
