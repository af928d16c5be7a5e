"""Every page on a large store: CPU of the server, cold and warm; bytes to the browser; growth.

    python benchmarks/pages.py FOLDER [--sizes 10000 100000] [--postgres] [--browser]

`cvi ui` runs on a store of `large_store.py` and is asked over its own websocket, as a browser asks.
Per page, medians of CPU milliseconds of the server process (PostgreSQL's own in brackets):

  arrived     the first view after another conversation came in: no cache holds any more
  new filter  a period nobody has asked for yet, on data that are in memory
  warm        a rerun: a click that changes nothing which is counted
  filtered    the first view of a filter by period, persona, metric, topic and text; `again` is
              its rerun

The last lines give the warm growth from the smallest to the largest store, in the same run. With
`--browser`, the time until a page is complete in Chromium, all charts drawn, browser cache empty.
Servers listen on --port. By hand; never a test.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import psutil
from large_store import large_store, newest, open_at
from large_store import server as postgres_server
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from cvi.bootstrap import Ports
from cvi.jobs.settle import settle_all
from cvi.selection.filters import EVERYTHING
from cvi.store import facts, queries

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("", "conversations", "topics", "sentiment", "quality", "turn_taking")
OTHERS = ("events", "data", "status")
RERUNS = 15
_MOST = 64 * 2**20


def main() -> None:
    """Measure every size, print a table for each and the growth."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--postgres", action="store_true")
    options.add_argument("--browser", action="store_true")
    options.add_argument("--only", nargs="*", help="Pages to measure; the overview is ''.")
    options.add_argument("--port", type=int, default=9160)
    given = options.parse_args()
    found = {}
    keep = postgres_server(given.folder) if given.postgres else None
    for size in given.sizes:
        url = large_store(given.folder, size, postgres=given.postgres)
        with serving(url, given.folder, given.port, keep) as here:
            if given.browser:
                browse(here, size)
            else:
                found[size] = measure(here, size, given.only)
    if len(found) > 1:
        growth(found)


@dataclass
class Here:
    """A running server on an open store."""

    ports: Ports
    process: psutil.Process
    database: psutil.Process | None
    port: int

    def cpu(self) -> float:
        """CPU seconds of the server process so far."""
        own = time.clock_gettime((~self.process.pid << 3) | 2)  # clock_getcpuclockid(3)
        return own + sum(self.process.cpu_times()[2:4])  # and its processes that have ended

    def database_cpu(self) -> float:
        """CPU seconds of PostgreSQL with all its workers so far; 0 on SQLite."""
        if self.database is None:
            return 0.0
        own = self.database.cpu_times()
        total = own.user + own.system + own.children_user + own.children_system
        for each in self.database.children(recursive=True):
            try:
                used = each.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += used.user + used.system
        return total


@contextmanager
def serving(url: str, folder: Path, port: int, postgres: Any) -> Iterator[Here]:
    """`cvi ui` on that store until the block ends."""
    environ = {**os.environ, "CVI_DATABASE_URL": url}
    command = [sys.executable, "-m", "cvi", "--data-dir", str(folder), "ui", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=log, stderr=log)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=60)) as client:
            while client.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=30).is_error:
                time.sleep(0.1)
        database = psutil.Process(postgres.get_pid()) if postgres else None
        yield Here(open_at(url, folder), psutil.Process(process.pid), database, port)
    finally:
        process.terminate()
        process.wait(30)


# --- a visitor --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One run of a page: CPU and wall in milliseconds, messages in bytes."""

    cpu: float
    database: float
    wall: float
    largest: int
    total: int
    failed: bool


class Visitor:
    """One browser session, without the browser."""

    def __init__(self, here: Here, page: str, **query: str) -> None:
        self.here, self.page, self.hash = here, page, ""
        self.query = urlencode(query)
        self.stack = ExitStack()
        self.socket = self.stack.enter_context(
            connect(
                f"ws://127.0.0.1:{here.port}/_stcore/stream",
                subprotocols=["streamlit"],  # type: ignore[list-item]
                max_size=_MOST,
            )
        )

    def run(self) -> Run:
        """Open the page, or run it again."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        if self.hash:
            message.rerun_script.page_script_hash = self.hash
        else:
            message.rerun_script.page_name = self.page
        here, sizes, failed = self.here, [0], False
        cpu, database, start = here.cpu(), here.database_cpu(), time.perf_counter()
        self.socket.send(message.SerializeToString())
        while True:
            raw = self.socket.recv(timeout=180)
            sizes.append(len(raw))
            heard = ForwardMsg.FromString(raw)
            kind = heard.WhichOneof("type")
            if kind == "navigation":
                self.hash = heard.navigation.page_script_hash
            if kind == "delta" and heard.delta.new_element.WhichOneof("type") == "exception":
                failed = True
            if kind == "script_finished":
                break
        wall = time.perf_counter() - start
        time.sleep(0.02)  # what the server still does for this run
        used, worked = here.cpu() - cpu, here.database_cpu() - database
        return Run(used * 1e3, worked * 1e3, wall * 1e3, max(sizes), sum(sizes), failed)

    def close(self) -> None:
        """Leave."""
        self.stack.close()


def visit(here: Here, page: str, **query: str) -> Run:
    """Open a page in a session of its own."""
    visitor = Visitor(here, page, **query)
    try:
        return visitor.run()
    finally:
        visitor.close()


def arrive(ports: Ports) -> None:
    """Another conversation comes in and is analysed."""
    rows = [
        {"role": role, "content": f"{said} {number}"}
        for number in range(12)
        for role, said in (("user", "I am happy with the price of plan"), ("assistant", "Great!"))
    ]
    body = {
        "event_type": "application.transcription_ready",
        "conversation_id": f"arrived-{uuid.uuid4()}",
        "properties": {"transcript": rows},
    }
    made = facts.incoming(json.dumps(body).encode(), source="webhook", live=True)
    facts.append(ports.engine, [made], workspace=ports.workspace)
    settle_all(ports)


# --- measured ---------------------------------------------------------------------------------


def period(last: date, days: int) -> dict[str, str]:
    """The filter of a period that ends with the newest conversation."""
    since = (last - timedelta(days=days)).isoformat()
    return {"from": since, "to": last.isoformat(), "tz": "UTC"}


def narrow(last: date) -> dict[str, str]:
    """A filter of several kinds at once."""
    more = {"persona": "general north", "m": "quality:60..", "topic": "lexicon:pricing"}
    return {**period(last, 300), **more, "q": "price"}


Result = dict[str, dict[str, float]]
_COLUMNS = {"arrived": 15, "new filter": 15, "warm": 11, "filtered": 15, "again": 11}


def measure(here: Here, size: int, only: Sequence[str] | None) -> Result:
    """Every page of one store; prints the table."""
    last = newest(here.ports).date()
    wanted = (*PAGES, *OTHERS) if only is None else only
    for page in (*PAGES, *OTHERS):  # everything imported, every thread started
        visit(here, page)
    print(f"\n{here.ports.engine.dialect.name}, {size:,} conversations; CPU ms of the server")
    heads = [name.rjust(wide) for name, wide in _COLUMNS.items()]
    print(f"{'page':<15}{''.join(heads)}{'largest':>10}{'page':>10}")
    found: Result = {}
    for page in wanted:
        found[page] = row(here, page, last)
        _print(page or "overview", found[page])
    found["conversation"] = opened(here)
    _print("conversation", found["conversation"])
    resident(here)
    return found


def row(here: Here, page: str, last: date) -> dict[str, float]:
    """One page."""
    runs: dict[str, list[Run]] = {"arrived": []}
    for _ in range(3):
        arrive(here.ports)
        runs["arrived"].append(visit(here, page))
    if page in PAGES:
        runs["new filter"] = [visit(here, page, **period(last, 700 + n)) for n in range(3)]
        runs["filtered"], runs["again"] = _again(lambda: Visitor(here, page, **narrow(last)))
    _, runs["warm"] = _again(lambda: Visitor(here, page))
    return _medians(runs)


def _again(come: Callable[[], Visitor]) -> tuple[list[Run], list[Run]]:
    visitor = come()
    first = [visitor.run()]
    try:
        return first, [visitor.run() for _ in range(RERUNS)]
    finally:
        visitor.close()


def opened(here: Here) -> dict[str, float]:
    """The page of one conversation, different ones each time, then the last again and again."""
    ids = queries.matching_ids(here.ports.engine, EVERYTHING, workspace=here.ports.workspace)
    spread = ids[:: max(1, len(ids) // 12)][:12]
    visit(here, "conversation", id=spread[0])
    runs: dict[str, list[Run]] = {"arrived": []}
    for name in spread[:3]:
        arrive(here.ports)
        runs["arrived"].append(visit(here, "conversation", id=name))
    runs["new filter"] = [visit(here, "conversation", id=name) for name in spread[3:]]
    _, runs["warm"] = _again(lambda: Visitor(here, "conversation", id=spread[-1]))
    return _medians(runs)


def _medians(runs: dict[str, list[Run]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, some in runs.items():
        if some:
            found[name] = statistics.median(run.cpu for run in some)
            found[f"{name} database"] = statistics.median(run.database for run in some)
            found[f"{name} wall"] = statistics.median(run.wall for run in some)
    every = [run for some in runs.values() for run in some]
    found["largest"] = max(run.largest for run in every)
    found["total"] = max(run.total for run in every)
    found["failed"] = float(any(run.failed for run in every))
    return found


def _print(page: str, row: dict[str, float]) -> None:
    def cell(name: str) -> str:
        if name not in row:
            return "-"
        worked = row[f"{name} database"]
        return f"{row[name]:,.0f}" + (f" ({worked:,.0f})" if worked >= 1 else "")

    cells = [cell(name).rjust(wide) for name, wide in _COLUMNS.items()]
    sizes = [f"{row[name] / 1e3:>7,.0f} kB" for name in ("largest", "total")]
    told = "  FAILED" if row["failed"] else ""
    print(f"{page:<15}{''.join(cells + sizes)}{told}", flush=True)


def resident(here: Here) -> None:
    """Memory of the server with three sessions on different pages."""
    visitors = [Visitor(here, page) for page in ("", "topics", "quality")]
    for visitor in visitors:
        visitor.run()
    print(f"resident with three sessions: {here.process.memory_info().rss / 2**20:,.0f} MB")
    for visitor in visitors:
        visitor.close()


def growth(found: dict[int, Result]) -> None:
    """Warm times of the largest store against the smallest."""
    small, large = min(found), max(found)
    print(f"\nwarm, {large:,} / {small:,} conversations:")
    for page, row in found[large].items():
        print(f"{page or 'overview':<15}{row['warm'] / found[small][page]['warm']:.2f}")


# --- in a browser -----------------------------------------------------------------------------

_COMPLETE = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  const charts = [...document.querySelectorAll('[data-testid=stPlotlyChart]')];
  return app?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]')
    && (charts.length || document.querySelector('[data-testid=stDataFrame] canvas'))
    && charts.every(each => each.querySelector('.main-svg .plot, .main-svg .pielayer'))
    ? performance.now() : false; }"""


def browse(here: Here, size: int) -> None:
    """Seconds until each page is complete in Chromium, the browser's cache empty."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CVI_CHROMIUM", "/usr/bin/chromium")
    print(f"\n{here.ports.engine.dialect.name}, {size:,} conversations; complete in Chromium, s")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        for page in PAGES:
            visit(here, page)
            times = []
            for _ in range(6):
                context = chromium.new_context(viewport={"width": 1280, "height": 1000})
                tab = context.new_page()
                tab.goto(f"http://127.0.0.1:{here.port}/{page}", wait_until="commit")
                done = tab.wait_for_function(_COMPLETE, timeout=60_000, polling=20)
                times.append(done.json_value() / 1e3)
                context.close()
            told = ", ".join(f"{each:.2f}" for each in times)
            median = statistics.median(times[1:])  # the first also starts the browser's processes
            print(f"{page or 'overview':<15}{median:>6.2f}   ({told})", flush=True)
        chromium.close()


if __name__ == "__main__":
    main()
