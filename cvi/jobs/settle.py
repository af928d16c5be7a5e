"""Settle: do all the work on whatever is not yet processed.

Any process may call it: rows are claimed first, and effect and acknowledgement commit together.
`reach` is called at named points so that a test can stop the process there; by default it does
nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cvi.bootstrap import Ports
from cvi.jobs.reactions import REACTIONS
from cvi.jobs.rebuild import by_weight
from cvi.jobs.refold import Folded, fold_facts, put_fresh
from cvi.store import changes, facts, queue
from cvi.store.engine import UNREACHABLE, Connection, reader
from cvi.store.queue import Claim

log = logging.getLogger(__name__)

Reach = Callable[[str], None]
# A job that has lost so many workers may be what kills them.
_SUSPECT = 3


class _LostError(Exception):
    """The lease ran out: another worker holds these jobs, so our effect must not commit."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What one call did, in jobs. `again` were given back because new facts arrived meanwhile."""

    claimed: int = 0
    done: int = 0
    failed: int = 0
    again: int = 0

    def plus(self, other: Settled) -> Settled:
        """Sum of two outcomes."""
        return Settled(
            self.claimed + other.claimed,
            self.done + other.done,
            self.failed + other.failed,
            self.again + other.again,
        )


@dataclass(frozen=True, slots=True)
class _Run:
    """One call: the ports, the clock (None: the real one), and the points a test may stop at."""

    ports: Ports
    now: datetime | None
    reach: Reach


def settle(
    ports: Ports,
    *,
    limit: int = 500,
    reach: Reach = lambda _point: None,
    lease: timedelta = queue.LEASE,
    now: datetime | None = None,
) -> Settled:
    """Claim up to `limit` due jobs and process them; returns at once when nothing is due."""
    held = queue.claim(ports.engine, workspace=ports.workspace, limit=limit, lease=lease, now=now)
    total = Settled(claimed=len(held))
    if not held:
        return total
    reach("claimed")
    run = _Run(ports, now, reach)
    held, buried = _quarantined(run, held)
    total = total.plus(buried)
    for group in _groups(ports, held):
        total = total.plus(_attempt(run, group))
    return total


def _quarantined(run: _Run, held: list[Claim]) -> tuple[list[Claim], Settled]:
    """When jobs keep losing their worker, process one suspect conversation alone.

    So only what kills its worker is buried, all of a conversation's jobs at once: any of them would
    fold the same facts.
    """
    suspect = next((job for job in held if job.lost >= _SUSPECT), None)
    if suspect is None:
        return held, Settled()
    name = suspect.conversation_id
    alone = [job for job in held if job is suspect or (name and job.conversation_id == name)]
    rest = [job for job in held if job not in alone]
    queue.release(run.ports.engine, rest, now=run.now)
    if suspect.lost < queue.MOST_LOST:
        return alone, Settled(again=len(rest))
    error = f"its worker died {suspect.lost} times"
    failed = _failed(run, dict.fromkeys(alone, error), final=True)
    return [], failed.plus(Settled(again=len(rest)))


def settle_all(
    ports: Ports, *, progress: Callable[[Settled], None] = lambda _total: None, limit: int = 500
) -> Settled:
    """Settle until nothing is due (jobs that wait for a retry stay)."""
    total = Settled()
    while True:
        step = settle(ports, limit=limit)
        total = total.plus(step)
        progress(total)
        if not step.claimed:
            return total


def _groups(ports: Ports, held: Sequence[Claim]) -> Iterator[list[Claim]]:
    """Split held jobs by conversation into groups whose facts weigh a bounded number of bytes."""
    by_conversation: dict[str | None, list[Claim]] = {}
    for job in held:
        by_conversation.setdefault(job.conversation_id, []).append(job)
    loose = by_conversation.pop(None, [])
    if loose:
        yield loose
    names = [name for name in by_conversation if name is not None]
    if len(names) == 1:  # a live call: nothing to weigh against
        yield by_conversation[names[0]]
        return
    with reader(ports.engine).begin() as connection:
        weights = facts.sizes(connection, names, workspace=ports.workspace)
    for group in by_weight(names, lambda name: weights.get(name, (0, 0, 0))[2]):
        yield [job for name in group for job in by_conversation[name]]


def _attempt(run: _Run, group: list[Claim]) -> Settled:
    """Process a group; when that fails, its conversations one by one, so each fails alone."""
    try:
        return _process(run, group)
    except _LostError:
        log.warning("lease lost on some of %d jobs; another worker has them", len(group))
        queue.release(run.ports.engine, group, now=run.now)
        return Settled(again=len(group))
    except UNREACHABLE:
        raise  # the database, not the event
    except Exception as error:
        parts = _parts(group)
        if len(parts) > 1:
            return sum_up([_attempt(run, part) for part in parts])
        log.warning("conversation failed: %s", type(error).__name__)
        return _failed(run, dict.fromkeys(group, _said(error)))


def _parts(group: list[Claim]) -> list[list[Claim]]:
    """The group by conversation; a job without a conversation is a part of its own."""
    parts: dict[str | int, list[Claim]] = {}
    for job in group:
        parts.setdefault(job.conversation_id or job.seq, []).append(job)
    return list(parts.values())


def _said(error: Exception) -> str:
    """The error for the failures page; a database's own words without statement and values."""
    return f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"


def sum_up(outcomes: Sequence[Settled]) -> Settled:
    """Add outcomes up."""
    total = Settled()
    for outcome in outcomes:
        total = total.plus(outcome)
    return total


def _process(run: _Run, group: list[Claim]) -> Settled:
    names = sorted({job.conversation_id for job in group if job.conversation_id is not None})
    folded = fold_facts(_facts(run.ports, group, names), names)
    run.reach("folded")
    unreadable = folded.parsed.unreadable
    good = [job for job in group if job.seq not in unreadable]
    done = _commit(run, good, folded)
    run.reach("committed")
    bad = {job: unreadable[job.seq] for job in group if job.seq in unreadable}
    return Settled(done=done, again=len(good) - done).plus(_failed(run, bad, final=True))


def _facts(ports: Ports, group: list[Claim], names: list[str]) -> list[facts.Fact]:
    if names:
        with reader(ports.engine).begin() as connection:
            return facts.facts_of(connection, names, workspace=ports.workspace)
    found = (facts.fact(ports.engine, job.seq, workspace=ports.workspace) for job in group)
    return [each for each in found if each is not None]


def _commit(run: _Run, good: list[Claim], folded: Folded) -> int:
    """Views, reactions and the fenced acknowledgement in one transaction; returns jobs done."""
    ports = run.ports
    with ports.engine.begin() as connection:
        moved = put_fresh(connection, folded, workspace=ports.workspace)
        finished = [job for job in good if job.conversation_id not in moved]
        _react(connection, finished, folded, ports.workspace)
        run.reach("finishing")
        if queue.finish(connection, finished) != len(finished):
            raise _LostError
        changes.touch(connection, list(folded.seen), workspace=ports.workspace)
    if moved:
        again = [job for job in good if job.conversation_id in moved]
        queue.release(ports.engine, again, now=run.now)
    return len(finished)


def _react(
    connection: Connection, finished: Sequence[Claim], folded: Folded, workspace: str
) -> None:
    """Live facts may cause work; history may not."""
    for job in finished:
        event = folded.parsed.events.get(job.seq)
        if event is not None and job.seq in folded.live and event.type in REACTIONS:
            REACTIONS[event.type](connection, event, workspace)


def _failed(run: _Run, errors: Mapping[Claim, str], *, final: bool = False) -> Settled:
    for job, error in errors.items():
        queue.fail(run.ports.engine, job, error, final=final, now=run.now)
    return Settled(failed=len(errors))
