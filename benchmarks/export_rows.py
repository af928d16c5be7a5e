"""500,000 turns to Parquet and CSV in the background: memory, rows a second, and the pages beside.

    python benchmarks/export_rows.py FOLDER [--conversations 15000] [--workspace] [--postgres]

`cvi ui` runs on a store of `large_store.py` and is asked over its own websocket, as a browser asks.
The job is done as the worker has it done: by `cvi job`, in a process of its own. Per job:

  peak        the most memory the process ever held (VmHWM), in MB of 2**20 bytes
  rows/s      over the whole life of the process, its start included
  warm        medians of a rerun of a page while the job runs, CPU ms of the server and wall ms,
              and in brackets against the runs right before and right after it

`--workspace` exports every table with the events too. By hand; never a test.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from large_store import large_store
from large_store import server as postgres_server

from cvi.jobs import background, exporting
from cvi.jobs.archive import Order
from cvi.jobs.exporting import Chosen
from cvi.store import rows
from cvi.store.engine import address
from pages import ROOT, Here, Run, Visitor, serving, visit

PAGES = ("", "conversations", "quality")
QUIET = 12  # reruns of each page before and after
LIMIT_MB = 300


def main() -> None:
    """Both formats, one after the other."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--conversations", type=int, default=15_000)
    options.add_argument("--workspace", action="store_true")
    options.add_argument("--postgres", action="store_true")
    options.add_argument("--port", type=int, default=9121)
    given = options.parse_args()
    keep = postgres_server(given.folder) if given.postgres else None
    url = large_store(given.folder, given.conversations, postgres=given.postgres)
    with serving(url, given.folder, given.port, keep) as here:
        talks, turns = rows.counted(
            here.ports.engine, Chosen().filters, workspace=here.ports.workspace
        )
        print(f"{here.ports.engine.dialect.name}: {talks:,} conversations, {turns:,} turns")
        for page in PAGES:
            visit(here, page)
        visitors = {page: Visitor(here, page) for page in PAGES}
        for visitor in visitors.values():
            visitor.run()
        tables = exporting.NAMES if given.workspace else ("turns",)
        for kind in ("parquet", "csv"):
            measure(here, visitors, Order(f"benchmark-{kind}", tables, kind), turns)


@dataclass
class Job:
    """The process of one job, and the most it ever held (bytes)."""

    process: subprocess.Popen[bytes]
    peak: int = 0

    def runs(self) -> bool:
        """Does it run? Looks at its memory at the same time."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            status = ""
        held = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        if held:
            self.peak = max(self.peak, int(held[0].split()[1]) * 1024)
        return self.process.poll() is None


def measure(here: Here, visitors: dict[str, Visitor], order: Order, turns: int) -> None:
    """One job, and the pages before, beside and after it."""
    before = again(visitors, lambda done: done < QUIET)
    job_id = background.ask_export(here.ports, order)
    command = [sys.executable, "-m", "cvi", "--data-dir", str(here.ports.settings.data_dir)]
    environ = {**os.environ, "CVI_DATABASE_URL": address(here.ports.engine)}
    start = time.perf_counter()
    job = Job(subprocess.Popen([*command, "job", str(job_id)], env=environ, cwd=ROOT))
    beside = again(visitors, lambda _done: job.runs())
    if job.process.wait() != 0:
        raise SystemExit("the job failed")
    took = time.perf_counter() - start
    after = again(visitors, lambda done: done < QUIET)
    [made] = [each for each in background.archives(here.ports) if each.job.job_id == job_id]
    print(
        f"\n{order.format}: {turns:,} turns in {took:.1f} s = {turns / took:,.0f} rows/s, "
        f"{made.size / 1e6:,.1f} MB; peak {job.peak / 2**20:,.0f} MB "
        f"({'below' if job.peak < LIMIT_MB * 2**20 else 'ABOVE'} {LIMIT_MB})"
    )
    for page in visitors:
        tell(page or "overview", before[page] + after[page], beside[page])
    background.delete(here.ports, job_id)


def again(visitors: dict[str, Visitor], go_on: Callable[[int], bool]) -> dict[str, list[Run]]:
    """Reruns of every page in turn, at the pace of somebody who clicks quickly."""
    found: dict[str, list[Run]] = {page: [] for page in visitors}
    done = 0
    while go_on(done):
        for page, visitor in visitors.items():
            found[page].append(visitor.run())
            time.sleep(0.05)
        done += 1
    return found


def tell(page: str, quiet: Sequence[Run], beside: Sequence[Run]) -> None:
    """One line a page."""
    words = []
    for name in ("cpu", "wall"):
        calm = statistics.median(getattr(run, name) for run in quiet)
        busy = statistics.median(getattr(run, name) for run in beside)
        ratio = busy / calm
        words.append(f"{name} {busy:6.1f} ms ({ratio:.2f} of {calm:.1f})")
    failed = "  FAILED" if any(run.failed for run in (*quiet, *beside)) else ""
    print(f"  {page:<14} {', '.join(words)}, n = {len(beside)} beside{failed}")


if __name__ == "__main__":
    main()
