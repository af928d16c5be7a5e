"""Settle: do all the work on whatever is not yet processed.

Any process may call it: rows are claimed first, and effect and acknowledgement commit together.
`reach` is called at named points so that a test can stop the process there; by default it does
nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from cvi.bootstrap import Ports
from cvi.jobs.reactions import REACTIONS
from cvi.jobs.rebuild import by_weight
from cvi.jobs.refold import Parsed, parse, view_rows
from cvi.store import facts, queue, views
from cvi.store.engine import reader
from cvi.store.queue import Claim

log = logging.getLogger(__name__)

Reach = Callable[[str], None]
# A job claimed more often than this may be what kills its workers.
_SUSPECT = 3


class _Lost(Exception):
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


def settle(ports: Ports, *, limit: int = 500, reach: Reach = lambda point: None) -> Settled:
    """Claim up to `limit` due jobs and process them; returns at once when nothing is due."""
    held = queue.claim(ports.engine, workspace=ports.workspace, limit=limit)
    total = Settled(claimed=len(held))
    if not held:
        return total
    reach("claimed")
    held = _quarantined(ports, held)
    for group in _groups(ports, held):
        total = total.plus(_attempt(ports, group, reach))
    return total


def _quarantined(ports: Ports, held: list[Claim]) -> list[Claim]:
    """When jobs keep losing their worker, process one suspect alone, so that only it is buried."""
    suspects = [job for job in held if job.claims > _SUSPECT]
    if not suspects:
        return held
    suspect = suspects[0]
    rest = [job for job in held if job.seq != suspect.seq]
    queue.release(ports.engine, rest)
    if suspect.claims > queue.MOST_CLAIMS:
        _failed(ports, {suspect: f"its worker died {suspect.claims - 1} times"}, final=True)
        return []
    return [suspect]


def settle_all(
    ports: Ports, *, progress: Callable[[Settled], None] = lambda total: None, limit: int = 500
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
    with reader(ports.engine).begin() as connection:
        weights = facts.sizes(connection, names, workspace=ports.workspace)
    for group in by_weight(names, lambda name: weights.get(name, (0, 0, 0))[2]):
        yield [job for name in group for job in by_conversation[name]]


def _attempt(ports: Ports, group: list[Claim], reach: Reach) -> Settled:
    """Process a group; when that fails, its conversations one by one, so each fails alone."""
    try:
        return _process(ports, group, reach)
    except _Lost:
        log.warning("lease lost on %d jobs; another worker has them", len(group))
        return Settled(again=len(group))
    except sa.exc.OperationalError:
        raise  # the database, not the event
    except Exception as error:
        names = {job.conversation_id for job in group}
        if len(names) > 1:
            parts = [[job for job in group if job.conversation_id == name] for name in names]
            outcomes = [_attempt(ports, part, reach) for part in parts]
            return sum_up(outcomes)
        log.warning("conversation failed: %s", type(error).__name__)
        return _failed(ports, {job: f"{type(error).__name__}: {error}" for job in group})


def sum_up(outcomes: Sequence[Settled]) -> Settled:
    """Add outcomes up."""
    total = Settled()
    for outcome in outcomes:
        total = total.plus(outcome)
    return total


def _process(ports: Ports, group: list[Claim], reach: Reach) -> Settled:
    names = sorted({job.conversation_id for job in group if job.conversation_id is not None})
    stored = _facts(ports, group, names)
    parsed = parse(stored)
    bad = {job: parsed.unreadable[job.seq] for job in group if job.seq in parsed.unreadable}
    rows = view_rows(parsed.events.values()) if names else {}
    reach("folded")
    good = [job for job in group if job not in bad]
    seen = _seen(stored)
    done = _commit(ports, good, rows, seen, parsed, stored, reach)
    reach("committed")
    failed = _failed(ports, bad, final=True)
    return Settled(done=done, again=len(good) - done, failed=failed.failed)


def _facts(ports: Ports, group: list[Claim], names: list[str]) -> list[facts.Fact]:
    if names:
        with reader(ports.engine).begin() as connection:
            return facts.facts_of(connection, names, workspace=ports.workspace)
    found = (facts.fact(ports.engine, job.seq, workspace=ports.workspace) for job in group)
    return [each for each in found if each is not None]


def _seen(stored: Sequence[facts.Fact]) -> dict[str, tuple[int, int]]:
    seen: dict[str, tuple[int, int]] = {}
    for each in stored:
        if each.conversation_id is not None:
            count, top = seen.get(each.conversation_id, (0, 0))
            seen[each.conversation_id] = (count + 1, max(top, each.seq))
    return seen


def _commit(
    ports: Ports,
    good: list[Claim],
    rows: Mapping[str, pd.DataFrame],
    seen: Mapping[str, tuple[int, int]],
    parsed: Parsed,
    stored: Sequence[facts.Fact],
    reach: Reach,
) -> int:
    """Views, reactions and the fenced acknowledgement in one transaction; returns jobs done."""
    with ports.engine.begin() as connection:
        views.lock(connection, list(seen), workspace=ports.workspace)
        moved = _moved(connection, seen, ports.workspace)
        fresh = [name for name in seen if name not in moved]
        kept = {table: _only(frame, moved) for table, frame in rows.items()}
        views.put(connection, kept, fresh, workspace=ports.workspace)
        finished = [job for job in good if job.conversation_id not in moved]
        _react(connection, ports, finished, parsed, stored)
        reach("finishing")
        if queue.finish(connection, finished) != len(finished):
            raise _Lost
        views.touch(connection, workspace=ports.workspace)
    if moved:
        queue.release(ports.engine, [job for job in good if job.conversation_id in moved])
    return len(finished)


def _moved(
    connection: sa.Connection, seen: Mapping[str, tuple[int, int]], workspace: str
) -> set[str]:
    """Conversations that gained facts since they were read: theirs would be an old view."""
    now = facts.sizes(connection, list(seen), workspace=workspace)
    return {name for name, was in seen.items() if now.get(name, (0, 0, 0))[:2] != was}


def _only(frame: pd.DataFrame, moved: set[str]) -> pd.DataFrame:
    return frame[~frame["conversation_id"].isin(moved)] if moved else frame


def _react(
    connection: sa.Connection,
    ports: Ports,
    finished: Sequence[Claim],
    parsed: Parsed,
    stored: Sequence[facts.Fact],
) -> None:
    """Live facts may cause work; history may not."""
    live = {each.seq for each in stored if each.live}
    for job in finished:
        event = parsed.events.get(job.seq)
        if event is not None and job.seq in live and event.type in REACTIONS:
            REACTIONS[event.type](connection, event, ports.workspace)


def _failed(ports: Ports, errors: Mapping[Claim, str], *, final: bool = False) -> Settled:
    for job, error in errors.items():
        queue.fail(ports.engine, job, error, final=final)
    return Settled(failed=len(errors))
