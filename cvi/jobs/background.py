"""Long work in a process of its own: exports and re-analysis, with progress, cancel and resume.

The worker starts `cvi job ID` for a job that nobody works on (see `cvi.jobs.worker`), so that the
work costs the pages neither their interpreter nor their memory. A process may die at any moment:
its lease runs out, and the next one goes on from what is there.
"""

from __future__ import annotations

import logging
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cvi.bootstrap import Ports
from cvi.errors import NotFound
from cvi.jobs import archive, rebuild, topics
from cvi.jobs.archive import Order
from cvi.registry import Registry
from cvi.store import background
from cvi.store.background import Job
from cvi.store.engine import UNREACHABLE

log = logging.getLogger(__name__)

_BEAT_S = 0.7  # seconds between two notes of progress
KEPT = 10  # finished archives; older ones are removed
_KEPT_JOBS = 50  # rows in the list of what was done


class _StoppedError(Exception):
    """The job was cancelled, or another process has it: nothing more may be done for it."""


@dataclass(slots=True)
class Running:
    """A job this process holds."""

    ports: Ports
    job: Job
    reach: archive.Reach = lambda _point: None
    _told: float = field(default=0.0)

    def step(
        self, done: int, total: int | None, message: str | None = None, **kept: object
    ) -> None:
        """Note progress; often called, seldom written. Raises when the job is no longer ours."""
        now = time.monotonic()
        if now - self._told < _BEAT_S:
            return
        self._told = now
        held = background.beat(
            self.ports.engine, self.job, done=done, total=total, message=message, kept=kept
        )
        if held is None:
            raise _StoppedError
        self.job = held


Work = Callable[[Running], str]
KINDS: Registry[Work] = Registry("kind of background job")


def run(ports: Ports, job_id: uuid.UUID, *, reach: archive.Reach = lambda _point: None) -> bool:
    """Do the job, or what is left of it. False when there was nothing to do, or it was stopped.

    A stop of the process (SystemExit, KeyboardInterrupt) gives the job back; a database that does
    not answer leaves it to the lease.
    """
    job = background.claim(ports.engine, job_id, workspace=ports.workspace)
    if job is None:
        return False
    running = Running(ports, job, reach)
    try:
        message = KINDS[job.kind](running)
        done = background.finish(ports.engine, running.job, message)
    except _StoppedError:
        done = False
    except (SystemExit, KeyboardInterrupt):
        background.release(ports.engine, running.job)
        raise
    except UNREACHABLE:
        raise
    except Exception as error:
        log.warning("job %s failed: %s", job.kind, type(error).__name__)
        background.fail(ports.engine, running.job, _said(error))
        done = False
    tidy(ports)
    return done


def _said(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    return str(error) or type(error).__name__


# --- the kinds -----------------------------------------------------------------------------------


@KINDS.register("export")
def _export(running: Running) -> str:
    """Make an archive in the job's folder."""
    order = Order.of(dict(running.job.arguments))
    folder = folder_of(running.ports, running.job.job_id)
    path = archive.build(running.ports, folder, order, step=running.step, reach=running.reach)
    return f"{path.stat().st_size} bytes"


@KINDS.register("reanalyse")
def _reanalyse(running: Running) -> str:
    """Analyse again what is stale, or everything; then the topics."""
    everything = bool(running.job.arguments.get("everything"))
    before, after = running.job.done, running.job.arguments.get("after")
    names = rebuild.to_analyse(running.ports, stale_only=not everything)
    if everything and after in names:
        names = names[names.index(after) + 1 :]  # what is stale no longer is in the list anyway

    def step(done: int, _total: int | None) -> None:
        told = f"{before + done:,} of {before + len(names):,} conversations"
        running.step(before + done, before + len(names), told, after=names[done - 1])
        running.reach("part")

    count = rebuild.refold(running.ports, names, progress=step)
    topics.refresh(running.ports)
    return f"{before + count:,} conversations analysed again"


# --- asking and looking --------------------------------------------------------------------------


def ask_export(ports: Ports, order: Order) -> uuid.UUID:
    """Have an archive made."""
    return background.enqueue(ports.engine, "export", order.data(), workspace=ports.workspace)


def ask_reanalysis(ports: Ports, *, everything: bool) -> uuid.UUID:
    """Have conversations analysed again; asking twice while it runs asks once."""
    for job in background.listed(ports.engine, workspace=ports.workspace, kinds=["reanalyse"]):
        if job.open and bool(job.arguments.get("everything")) == everything:
            return job.job_id
    arguments: Mapping[str, Any] = {"everything": everything}
    return background.enqueue(ports.engine, "reanalyse", arguments, workspace=ports.workspace)


@dataclass(frozen=True, slots=True)
class Archive:
    """A finished archive on this machine. `size` in bytes."""

    job: Job
    path: Path
    size: int

    @property
    def made_at(self) -> datetime:
        """When it was finished."""
        return self.job.finished_at or self.job.created_at


def archives(ports: Ports) -> list[Archive]:
    """Finished archives whose file is here, newest first."""
    found = []
    for job in background.listed(ports.engine, workspace=ports.workspace, kinds=["export"]):
        path = folder_of(ports, job.job_id) / Order.of(dict(job.arguments)).file
        if job.state == background.DONE and path.is_file():
            found.append(Archive(job, path, path.stat().st_size))
    return found


def archive_of(ports: Ports, job_id: uuid.UUID) -> Archive:
    """A finished archive by its job. Raises NotFound when there is none here."""
    for each in archives(ports):
        if each.job.job_id == job_id:
            return each
    raise NotFound("There is no such archive.", hint="It may have been deleted. Make a new one.")


def exports_folder(ports: Ports) -> Path:
    """Where archives are made and kept: pages and worker must share it."""
    return ports.settings.data_dir / "exports" / quote(ports.workspace, safe="")


def folder_of(ports: Ports, job_id: uuid.UUID) -> Path:
    """The folder of one job."""
    return exports_folder(ports) / str(job_id)


def stop(ports: Ports, job_id: uuid.UUID) -> bool:
    """Cancel a job; False when it was over already."""
    stopped = background.cancel(ports.engine, job_id, workspace=ports.workspace)
    tidy(ports)
    return stopped


def delete(ports: Ports, job_id: uuid.UUID) -> None:
    """Remove a job that is over, and its archive with it, for good."""
    job = background.one(ports.engine, job_id, workspace=ports.workspace)
    if job is not None and not job.open:
        _remove(ports, [job])


def _remove(ports: Ports, doomed: Sequence[Job]) -> None:
    """The files first: a crash in between leaves a row that leads here again."""
    for job in doomed:
        shutil.rmtree(folder_of(ports, job.job_id), ignore_errors=True)
    ids = [job.job_id for job in doomed]
    background.forget(ports.engine, ids, workspace=ports.workspace)


def tidy(ports: Ports) -> None:
    """Remove archives beyond the limit, and what cancelled and failed jobs left behind.

    A process that has not noticed yet that it was cancelled may write once more: whoever comes
    here next removes that too.
    """
    every = background.listed(ports.engine, workspace=ports.workspace, limit=1_000)
    over = [job for job in every if not job.open]
    done = [job for job in over if job.kind == "export" and job.state == background.DONE]
    for job in over:
        if job.state != background.DONE:
            shutil.rmtree(folder_of(ports, job.job_id), ignore_errors=True)
    if doomed := [*done[KEPT:], *over[_KEPT_JOBS:]]:
        _remove(ports, doomed)
