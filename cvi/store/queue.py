"""The outbox: claim jobs under a lease, finish them behind a fence, retry, bury, replay.

A claim raises the job's `claims`; finishing demands the same value, so a worker whose lease ran out
can no longer finish. Claims and failures are counted apart: a killed worker costs no retry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from cvi.store.engine import reader
from cvi.store.tables import (
    DEAD,
    DONE,
    PENDING,
    conversation_events,
    event_jobs,
    webhook_failures,
)

E, J, F = conversation_events.c, event_jobs.c, webhook_failures.c

LEASE = timedelta(seconds=60)
RETRIES = (1, 2, 4)  # seconds
MOST_LOST = 10  # a job that kills its worker this often is buried
_PART = 500


@dataclass(frozen=True, slots=True)
class Claim:
    """A job this worker holds until its lease ends. `claims` is the fence."""

    seq: int
    conversation_id: str | None
    claims: int
    failures: int

    @property
    def lost(self) -> int:
        """How many workers took this job before and never said how it ended."""
        return self.claims - self.failures - 1


def claim(
    engine: sa.Engine,
    *,
    workspace: str,
    limit: int,
    now: datetime | None = None,
    lease: timedelta = LEASE,
) -> list[Claim]:
    """Take up to `limit` due jobs, oldest first; two workers never hold the same one."""
    moment = now or datetime.now(UTC)
    due = (
        sa.select(J.seq)
        .where(J.workspace_id == workspace, J.state == PENDING, J.due <= moment)
        .order_by(J.due, J.seq)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due_jobs")  # evaluated once; as a plain sub-select it may run again for every row
    )
    taken = (
        sa.update(event_jobs)
        .where(J.seq.in_(sa.select(due.c.seq)))
        .values(due=moment + lease, claims=J.claims + 1)
        .returning(J.seq, J.conversation_id, J.claims, J.failures)
    )
    with engine.begin() as connection:
        return sorted((Claim(*row) for row in connection.execute(taken)), key=lambda job: job.seq)


def is_due(engine: sa.Engine, *, workspace: str, now: datetime | None = None) -> bool:
    """Is there anything to claim? A read, so that an idle worker takes no write lock."""
    query = (
        sa.select(J.seq)
        .where(
            J.workspace_id == workspace,
            J.state == PENDING,
            J.due <= (now or datetime.now(UTC)),
        )
        .limit(1)
    )
    with reader(engine).begin() as connection:
        return connection.execute(query).first() is not None


def finish(connection: sa.Connection, held: Sequence[Claim]) -> int:
    """Mark jobs done inside the caller's transaction; return how many were still ours.

    The caller rolls its effect back when the number is short.
    """
    # By number of claims: given pairs of (seq, claims), SQLite would read all jobs that wait.
    by_claims: dict[int, list[int]] = {}
    for job in held:
        by_claims.setdefault(job.claims, []).append(job.seq)
    mine = 0
    for claims, seqs in by_claims.items():
        for start in range(0, len(seqs), _PART):
            ours = (J.seq.in_(seqs[start : start + _PART]), J.claims == claims, J.state == PENDING)
            mine += connection.execute(
                sa.update(event_jobs).where(*ours).values(state=DONE)
            ).rowcount
    return mine


def _ours(job: Claim) -> sa.Update:
    return sa.update(event_jobs).where(J.seq == job.seq, J.claims == job.claims, J.state == PENDING)


def release(engine: sa.Engine, held: Sequence[Claim], *, now: datetime | None = None) -> None:
    """Give jobs back unharmed, those that are still ours: they are due at once."""
    moment = now or datetime.now(UTC)
    with engine.begin() as connection:
        for job in held:
            connection.execute(_ours(job).values(due=moment, claims=job.claims - 1))


def reopen(
    connection: sa.Connection,
    conversation_ids: Sequence[str] | None = None,
    *,
    workspace: str | None = None,
    now: datetime | None = None,
) -> None:
    """Have conversations (None: all) folded again: one finished job of each waits anew."""
    done = [J.state == DONE, J.conversation_id.is_not(None)]
    if workspace is not None:
        done.append(J.workspace_id == workspace)
    if conversation_ids is not None:
        done.append(J.conversation_id.in_(conversation_ids))
    newest = sa.select(sa.func.max(J.seq)).where(*done).group_by(J.workspace_id, J.conversation_id)
    connection.execute(
        sa.update(event_jobs)
        .where(J.seq.in_(newest))
        .values(state=PENDING, claims=0, failures=0, due=now or datetime.now(UTC))
    )


def wake(connection: sa.Connection, seqs: Sequence[int]) -> None:
    """Have events processed again; whoever works on them now will find that they are not theirs."""
    connection.execute(
        sa.update(event_jobs)
        .where(J.seq.in_(seqs), J.state != DEAD)
        .values(state=PENDING, claims=J.claims + 1, due=datetime.now(UTC))
    )


def fail(
    engine: sa.Engine,
    job: Claim,
    error: str,
    *,
    final: bool = False,
    now: datetime | None = None,
) -> bool:
    """Note a failure: retry after 1, 2, 4 s, then bury with the raw payload. True when buried.

    `final` buries at once: the input cannot become readable by waiting.
    """
    moment = now or datetime.now(UTC)
    buried = final or job.failures >= len(RETRIES) or job.lost >= MOST_LOST
    with engine.begin() as connection:
        if not buried:
            wait = timedelta(seconds=RETRIES[job.failures])
            connection.execute(_ours(job).values(failures=J.failures + 1, due=moment + wait))
            return False
        if connection.execute(_ours(job).values(state=DEAD)).rowcount:
            _bury(connection, job, error, moment)
        return True


def _bury(connection: sa.Connection, job: Claim, error: str, moment: datetime) -> None:
    columns = (E.workspace_id, E.owner_id, E.seq, E.conversation_id, E.event_type, E.body)
    rest = (
        sa.literal(error.replace("\x00", "")[:2000]),
        sa.literal(job.failures),
        sa.literal("open"),
        sa.literal(moment, type_=E.received_at.type),
    )
    connection.execute(
        sa.insert(webhook_failures).from_select(
            [
                F.workspace_id,
                F.owner_id,
                F.seq,
                F.conversation_id,
                F.event_type,
                F.payload,
                F.error_message,
                F.retry_count,
                F.state,
                F.created_at,
            ],
            sa.select(*columns, *rest).where(E.seq == job.seq),
        )
    )


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Which failures: all open ones, or narrowed by id, type, conversation, error message."""

    failure_ids: Sequence[int] = ()
    event_types: Sequence[str] = ()
    conversation_ids: Sequence[str] = ()
    errors: Sequence[str] = ()

    def clauses(self, workspace: str) -> list[sa.ColumnElement[bool]]:
        """The filter as SQL conditions over `webhook_failures`."""
        found: list[sa.ColumnElement[bool]] = [F.workspace_id == workspace, F.state == "open"]
        if self.failure_ids:
            found.append(F.failure_id.in_(self.failure_ids))
        if self.event_types:
            found.append(F.event_type.in_(self.event_types))
        if self.conversation_ids:
            found.append(F.conversation_id.in_(self.conversation_ids))
        if self.errors:
            found.append(F.error_message.in_(self.errors))
        return found


def replay(
    engine: sa.Engine, chosen: FailureFilter, *, workspace: str, now: datetime | None = None
) -> int:
    """Send buried jobs round again; returns how many. Replaying twice does it once."""
    moment = now or datetime.now(UTC)
    with engine.begin() as connection:
        rows = connection.execute(
            sa.update(webhook_failures)
            .where(*chosen.clauses(workspace))
            .values(state="replayed", replayed_at=moment)
            .returning(F.seq)
        )
        seqs = [row.seq for row in rows]
        for start in range(0, len(seqs), _PART):
            connection.execute(
                sa.update(event_jobs)
                .where(J.seq.in_(seqs[start : start + _PART]), J.state == DEAD)
                .values(state=PENDING, failures=0, claims=0, due=moment)
            )
    return len(seqs)


@dataclass(frozen=True, slots=True)
class QueueState:
    """Waiting jobs, jobs in a retry, buried jobs, and the age of the oldest due one (seconds)."""

    pending: int
    retrying: int
    dead: int
    lag_s: float


def state(engine: sa.Engine, *, workspace: str, now: datetime | None = None) -> QueueState:
    """How the queue stands."""
    moment = now or datetime.now(UTC)
    waiting = sa.and_(J.workspace_id == workspace, J.state == PENDING)
    with reader(engine).begin() as connection:
        pending = connection.scalar(sa.select(sa.func.count()).where(waiting)) or 0
        retrying = connection.scalar(sa.select(sa.func.count()).where(waiting, J.failures > 0)) or 0
        dead = (
            connection.scalar(
                sa.select(sa.func.count()).where(J.workspace_id == workspace, J.state == DEAD)
            )
            or 0
        )
        oldest = connection.scalar(
            sa.select(sa.func.min(E.received_at)).join(event_jobs, J.seq == E.seq).where(waiting)
        )
    return QueueState(
        pending, retrying, dead, max((moment - oldest).total_seconds(), 0.0) if oldest else 0.0
    )
