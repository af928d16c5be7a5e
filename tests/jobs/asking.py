"""A process that does a job and kills itself where it is told to."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from cvi.bootstrap import Ports
from cvi.jobs import background, exporting, rebuild
from cvi.store import background as store
from cvi.store.engine import open_engine
from tests.jobs.killing import Killer
from tests.store.story import ports_of


def ports_in(engine: sa.Engine, folder: Path) -> Ports:
    """Ports whose archives are made in `folder`."""
    ports = ports_of(engine)
    return replace(ports, settings=replace(ports.settings, data_dir=folder))


def work(url: str, folder: Path, job_id: uuid.UUID, point: str, nth: int) -> None:
    """Do the job in small pieces, or die at the n-th arrival at `point`."""
    store.LEASE = timedelta(0)  # the next process need not wait for it
    small_pieces()
    background.run(ports_in(open_engine(url), folder), job_id, reach=Killer(point, nth))


def small_pieces() -> None:
    """Cut the work so that a few conversations make several parts."""
    exporting.ROWS, exporting._IDS = 6, 2
    rebuild._AT_ONCE = 1
    background._BEAT_S = 0.0
