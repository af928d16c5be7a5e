"""Long work that a person asked for: one row a job, held under a lease, with progress for pages.

Whoever works on a job writes the time into `beat_at`, and only the one who wrote it last may write
again: a process that was thought dead, and comes back, finds that the job is no longer its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from cvi.store.engine import reader
from cvi.store.tables import jobs

J = jobs.c
LEASE = timedelta(seconds=45)
MOST_TAKEN = 5  # a job that ends its process so often, without getting on, has failed
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
_OPEN = (WAITING, RUNNING)
_TAKEN = "_taken"  # among the arguments: how often it was taken up since it last got on


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stood when it was read. `done` of `total` (None: not known yet)."""

    job_id: uuid.UUID
    kind: str
    arguments: Mapping[str, Any]
    state: str
    done: int
    total: int | None
    message: str | None
    created_at: datetime
    beat_at: datetime | None
    finished_at: datetime | None

    @property
    def open(self) -> bool:
        """Is it waiting or running?"""
        return self.state in _OPEN

    @property
    def share(self) -> float:
        """How much of it is done, 0 … 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


_COLUMNS = (
    J.job_id, J.kind, J.arguments, J.state, J.done, J.total, J.message, J.created_at, J.beat_at,
    J.finished_at,
)  # fmt: skip


def _job(row: tuple[Any, ...]) -> Job:
    return Job(*row)


def enqueue(
    engine: sa.Engine, kind: str, arguments: Mapping[str, Any], *, workspace: str
) -> uuid.UUID:
    """Ask for work; a worker takes it up within a second or so."""
    job_id = uuid.uuid4()
    with engine.begin() as connection:
        connection.execute(
            sa.insert(jobs).values(
                job_id=job_id,
                workspace_id=workspace,
                kind=kind,
                arguments=dict(arguments),
                state=WAITING,
                created_at=datetime.now(UTC),
            )
        )
    return job_id


def _due(workspace: str, now: datetime) -> list[sa.ColumnElement[bool]]:
    dead = sa.and_(J.state == RUNNING, J.beat_at < now - LEASE)
    return [J.workspace_id == workspace, sa.or_(J.state == WAITING, dead)]


def due(engine: sa.Engine, *, workspace: str, now: datetime | None = None) -> uuid.UUID | None:
    """The oldest job that nobody works on; a read, so that an idle worker takes no lock."""
    query = sa.select(J.job_id).where(*_due(workspace, now or datetime.now(UTC)))
    with reader(engine).begin() as connection:
        return connection.scalar(query.order_by(J.created_at, J.job_id).limit(1))


def claim(
    engine: sa.Engine, job_id: uuid.UUID, *, workspace: str, now: datetime | None = None
) -> Job | None:
    """Take a job up; None when somebody else has it, or it is over.

    A job that was taken up too often without getting on is marked as failed instead.
    """
    moment = now or datetime.now(UTC)
    with engine.begin() as connection:
        query = sa.select(*_COLUMNS).where(J.job_id == job_id, *_due(workspace, moment))
        row = connection.execute(query.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        job = _job(row)
        taken = int(job.arguments.get(_TAKEN, 0)) + 1
        if taken > MOST_TAKEN:
            _end(connection, job_id, FAILED, f"Its process died {MOST_TAKEN} times.", moment)
            return None
        arguments = {**job.arguments, _TAKEN: taken}
        connection.execute(
            sa.update(jobs)
            .where(J.job_id == job_id)
            .values(state=RUNNING, beat_at=moment, arguments=arguments)
        )
    return replace(job, state=RUNNING, beat_at=moment, arguments=arguments)


def beat(
    engine: sa.Engine,
    job: Job,
    *,
    done: int,
    total: int | None,
    message: str | None = None,
    kept: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Job | None:
    """Say how far it has got (`kept`: arguments to go on from); None when it is not ours any more.

    Not ours: somebody cancelled it, or the lease ran out and another took it up.
    """
    moment = now or datetime.now(UTC)
    arguments = {**job.arguments, **(kept or {})}
    if done > job.done or kept:
        arguments.pop(_TAKEN, None)
    values = {
        "done": done, "total": total, "message": message, "beat_at": moment, "arguments": arguments,
    }  # fmt: skip
    with engine.begin() as connection:
        if not connection.execute(sa.update(jobs).where(*_ours(job)).values(values)).rowcount:
            return None
    return replace(
        job, done=done, total=total, message=message, beat_at=moment, arguments=arguments
    )


def _ours(job: Job) -> tuple[sa.ColumnElement[bool], ...]:
    return J.job_id == job.job_id, J.state == RUNNING, J.beat_at == job.beat_at


def finish(engine: sa.Engine, job: Job, message: str | None) -> bool:
    """It is done. False when it is not ours any more."""
    values: dict[str, Any] = {
        "state": DONE,
        "message": message,
        "finished_at": datetime.now(UTC),
        "done": job.done if job.total is None else job.total,
    }
    with engine.begin() as connection:
        changed = connection.execute(sa.update(jobs).where(*_ours(job)).values(values))
        return bool(changed.rowcount)


def fail(engine: sa.Engine, job: Job, error: str) -> None:
    """It cannot be done, and why."""
    with engine.begin() as connection:
        if connection.execute(sa.select(J.job_id).where(*_ours(job))).first():
            _end(connection, job.job_id, FAILED, error, datetime.now(UTC))


def _end(
    connection: sa.Connection, job_id: uuid.UUID, state: str, message: str, moment: datetime
) -> None:
    plain = message.replace("\x00", "")[:2000]
    connection.execute(
        sa.update(jobs)
        .where(J.job_id == job_id)
        .values(state=state, message=plain, finished_at=moment)
    )


def release(engine: sa.Engine, job: Job) -> None:
    """Give it back unharmed: the next worker goes on with it at once."""
    arguments = {key: value for key, value in job.arguments.items() if key != _TAKEN}
    with engine.begin() as connection:
        connection.execute(
            sa.update(jobs).where(*_ours(job)).values(state=WAITING, arguments=arguments)
        )


def cancel(engine: sa.Engine, job_id: uuid.UUID, *, workspace: str) -> bool:
    """Stop a job that waits or runs; who works on it learns it at the next beat."""
    values = {"state": CANCELLED, "finished_at": datetime.now(UTC)}
    mine = (J.job_id == job_id, J.workspace_id == workspace, J.state.in_(_OPEN))
    with engine.begin() as connection:
        return bool(connection.execute(sa.update(jobs).where(*mine).values(values)).rowcount)


def one(engine: sa.Engine, job_id: uuid.UUID, *, workspace: str) -> Job | None:
    """A job by its id; None when there is no such one."""
    query = sa.select(*_COLUMNS).where(J.workspace_id == workspace, J.job_id == job_id)
    with reader(engine).begin() as connection:
        row = connection.execute(query).first()
    return _job(row) if row else None


def listed(
    engine: sa.Engine, *, workspace: str, kinds: Sequence[str] = (), limit: int = 50
) -> list[Job]:
    """Jobs, newest first."""
    query = sa.select(*_COLUMNS).where(J.workspace_id == workspace)
    if kinds:
        query = query.where(J.kind.in_(kinds))
    with reader(engine).begin() as connection:
        rows = connection.execute(query.order_by(J.created_at.desc(), J.job_id).limit(limit))
        return [_job(row) for row in rows]


def forget(engine: sa.Engine, job_ids: Sequence[uuid.UUID], *, workspace: str) -> None:
    """Remove jobs that are over from the list."""
    over = (J.workspace_id == workspace, J.state.not_in(_OPEN), J.job_id.in_(job_ids))
    with engine.begin() as connection:
        connection.execute(sa.delete(jobs).where(*over))
