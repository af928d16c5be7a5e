"""The worker: settles whatever is due, and refits the topics when the corpus has grown."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cvi.bootstrap import Ports
from cvi.errors import StoreError
from cvi.jobs import topics
from cvi.jobs.helper import Helper
from cvi.jobs.settle import settle
from cvi.store import queue
from cvi.store.engine import UNREACHABLE

log = logging.getLogger(__name__)

# Seconds between looks at an empty queue. An empty look is one indexed read.
_IDLE = 0.25
# After the database went away, wait this long before asking again.
_AWAY = 2.0
# How long the queue must have been quiet before topics are refitted (it takes seconds).
_QUIET = 3.0


@dataclass(slots=True)
class Worker:
    """Runs in a thread of the server, or in a process of its own; several may run at once."""

    ports: Ports
    settled: Callable[[], None] = lambda: None  # called after each step; must not wait
    stopping: threading.Event = field(default_factory=threading.Event)
    due: threading.Event = field(default_factory=threading.Event)  # set it to cut the pause short
    beat: float = 0.0  # monotonic time of the last look, for the status page
    _thread: threading.Thread | None = None
    _topics: threading.Thread | None = None

    def run(self) -> None:
        """Work until `stop` is called."""
        busy_at = time.monotonic()
        helper = Helper(self.ports)
        try:
            self._loop(busy_at, helper)
        finally:
            helper.stop()

    def _loop(self, busy_at: float, helper: Helper) -> None:
        while not self.stopping.is_set():
            self.beat = time.monotonic()
            try:
                helper.look()
                if queue.is_due(self.ports.engine, workspace=self.ports.workspace):
                    settle(self.ports)
                    self.settled()
                    busy_at = time.monotonic()
                    continue
                if time.monotonic() - busy_at > _QUIET:
                    self._refresh_topics()
                    busy_at = float("inf")
            except (*UNREACHABLE, StoreError) as error:
                cause = getattr(error, "orig", None) or error
                log.warning("database away: %s", type(cause).__name__)
                self.stopping.wait(_AWAY)
            self.due.wait(_IDLE)
            self.due.clear()

    def _refresh_topics(self) -> None:
        """Refit in a thread of its own: it takes seconds, and a callback may arrive meanwhile."""
        busy = self._topics is not None and self._topics.is_alive()
        if not busy and topics.is_stale(self.ports):
            self._topics = threading.Thread(target=self._refit, name="cvi-topics", daemon=True)
            self._topics.start()

    def _refit(self) -> None:
        try:
            topics.refresh(self.ports)
        except (*UNREACHABLE, StoreError) as error:
            log.warning("topics not refreshed: %s", type(error).__name__)
        self.settled()

    def start(self) -> None:
        """Run in a daemon thread."""
        self.stopping.clear()
        self._thread = threading.Thread(target=self.run, name="cvi-worker", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Ask the worker to stop after the step it is in, and wait for it."""
        self.stopping.set()
        self.due.set()
        for thread in (self._thread, self._topics):
            if thread is not None:
                thread.join(timeout)

    def alive(self) -> bool:
        """Is the thread running and looking at the queue?"""
        return self._thread is not None and self._thread.is_alive()


def until_settled(ports: Ports, *, progress: Callable[[int], None] = lambda _pending: None) -> None:
    """Settle until nothing waits, retries included. For the command line and `--once`."""
    while True:
        step = settle(ports)
        state = queue.state(ports.engine, workspace=ports.workspace)
        progress(state.pending)
        if not state.pending:
            return
        if not step.claimed:
            time.sleep(_IDLE)  # only retries are left, and each says when it is due
