"""A worker that kills itself where it is told to, and the checker of what it leaves behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from cvi.events import Event
from cvi.jobs.reactions import REACTIONS
from cvi.jobs.settle import settle
from cvi.store import queue
from cvi.store.engine import open_engine
from cvi.store.queue import Claim
from tests.store.story import Payload, event, ports_of, rows, story

POINTS = ("claimed", "folded", "finishing", "committed")
EFFECT = "test.effect"
CONVERSATIONS = 6
EFFECTS = 3


def effect_happens(connection: sa.Connection, found: Event, _workspace: str) -> None:
    """A reaction that leaves a trace each time it runs, so that a second run shows."""
    connection.execute(sa.text("insert into effects values (:key)"), {"key": found.id})


if EFFECT not in REACTIONS:
    REACTIONS.add(EFFECT, effect_happens)


def payloads() -> list[Payload]:
    """Conversations with effects, mixed so that a batch holds parts of several."""
    each = [story(f"c{n}") for n in range(CONVERSATIONS)]
    for n, told in enumerate(each):
        for k in range(EFFECTS):
            told.insert(1 + 3 * k, event(f"c{n}", EFFECT, 40 + k, number=k))
    return [payload for step in zip(*each, strict=True) for payload in step]


def make_effects(engine: sa.Engine) -> None:
    """The table that the reaction writes to."""
    with engine.begin() as connection:
        connection.exec_driver_sql("create table effects (key text not null)")


class Killer:
    """Called at every point; at the n-th arrival at its own it kills the process."""

    def __init__(self, point: str, nth: int) -> None:
        self.point, self.left = point, nth

    def __call__(self, point: str) -> None:
        """Arrive at a point."""
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def work(url: str, point: str, nth: int, mutant: str | None = None) -> None:
    """Settle until nothing is due, or die at the n-th arrival at `point`."""
    ports = ports_of(open_engine(url))
    reach: Callable[[str], None] = Killer(point, nth)
    if mutant is not None:
        reach = MUTANTS[mutant](ports.engine, reach)
    # No lease: the next process need not wait for it.
    while settle(ports, limit=12, reach=reach, lease=timedelta(0)).claimed:
        pass


def faults(engine: sa.Engine) -> dict[str, int]:
    """Effects that are missing, and effects that happened more than once."""
    asked = f"select count(*) from conversation_events where event_type = '{EFFECT}'"
    [(expected,)] = rows(engine, asked)
    happened = [n for (n,) in rows(engine, "select count(*) from effects group by key")]
    return {"lost": expected - len(happened), "doubled": sum(n > 1 for n in happened)}


# --- broken ways to acknowledge, which the checker must catch ---------------------------------


def _acknowledged_later(engine: sa.Engine, reach: Callable[[str], None]) -> Callable[[str], None]:
    """Effect and acknowledgement in two transactions."""
    finish, owed = queue.finish, []

    def pretend(_connection: sa.Connection, held: Sequence[Claim]) -> int:
        owed.extend(held)
        return len(held)

    def arrive(point: str) -> None:
        reach(point)
        if point == "committed":
            with engine.begin() as connection:
                finish(connection, owed)
            owed.clear()

    queue.finish = pretend
    return arrive


def _acknowledged_first(engine: sa.Engine, reach: Callable[[str], None]) -> Callable[[str], None]:
    """Acknowledged when it is claimed, before the effect."""
    claim, finish = queue.claim, queue.finish

    def take(*given: Any, **more: Any) -> list[Claim]:
        held = claim(*given, **more)
        with engine.begin() as connection:
            finish(connection, held)
        return held

    queue.claim = take
    queue.finish = lambda _connection, held: len(held)
    return reach


MUTANTS = {"acknowledged later": _acknowledged_later, "acknowledged first": _acknowledged_first}


def die_on(url: str, conversation_id: str) -> None:
    """A worker that one conversation kills: reading its facts is the end."""
    from cvi.jobs import refold

    parse = refold.parse

    def deadly(stored: Any) -> Any:
        facts = list(stored)
        if any(fact.conversation_id == conversation_id for fact in facts):
            os.kill(os.getpid(), signal.SIGKILL)
        return parse(facts)

    refold.parse = deadly
    ports = ports_of(open_engine(url))
    while settle(ports, limit=20, lease=timedelta(0)).claimed:
        pass
