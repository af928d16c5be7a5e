"""What open pages cost while nothing happens, and how soon they show a callback.

    python benchmarks/live_pages.py [--pages 20] [--seconds 30] [--callbacks 30] [--port 9110]

`cvi serve` on demo data, and real Chromium pages, each in a browser profile of its own: every one
of them holds a stream. The baseline of the idle cost are the same pages, to whom the live stream
says 404, in turns within one run. Then callbacks are posted one by one, and the time until each
shows on the overview, the list and an open conversation is taken inside those three pages: first
with these three alone, then with all of them open, every one of which redraws itself.

The server's CPU is its own clock; Chromium runs on the same machine, so times are upper bounds.
By hand; never a test.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Three that are timed, then the others in turn.
TIMED = ("", "conversations", "conversation?id={id}")
OTHERS = ("topics", "sentiment", "quality", "turn_taking", "events", "data", "conversations")
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
# Notes when a text that was not there appears: on the page's own clock, which is the machine's.
_NOTE = """(wanted) => { const main = document.querySelector("[data-testid=stMain]")
  window.seenAt = null
  const look = () => { if (!window.seenAt && main.textContent.includes(wanted)) window.seenAt = Date.now() }
  window.noting?.disconnect()
  window.noting = new MutationObserver(look)
  window.noting.observe(main, { subtree: true, childList: true, characterData: true })
  look() }"""  # noqa: E501


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=20)
    options.add_argument("--seconds", type=float, default=30.0)
    options.add_argument("--callbacks", type=int, default=30)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--port", type=int, default=9110)
    given = options.parse_args()
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CVI_CHROMIUM", "/usr/bin/chromium")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), given.port) as here:
        print(f"nobody looks: {here.idle(given.seconds):.2f} % of a core")
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
            pages: list[Any] = []
            for _ in range(given.rounds):
                for live in (False, True):
                    close(pages)
                    pages = [here.open(chromium, each, live=live) for each in which(given.pages)]
                    told = "listen" if live else "do not"
                    share = here.idle(given.seconds)
                    print(f"{given.pages} pages that {told}: {share:.2f} % of a core", flush=True)
            close(pages)
            for count in sorted({len(TIMED), given.pages}):
                pages = [here.open(chromium, each, live=True) for each in which(count)]
                found = [here.show(pages[: len(TIMED)]) for _ in range(given.callbacks)]
                report(f"{count} pages open", found)
                close(pages)
            chromium.close()


def which(count: int) -> list[str]:
    """The pages that are open."""
    return [*TIMED, *(OTHERS * count)][:count]


def close(pages: list[Any]) -> None:
    """Close them, each with its browser profile."""
    for page in pages:
        page.context.close()


@dataclass
class Here:
    """A running server."""

    process: subprocess.Popen[bytes]
    base: str
    path: str  # of callbacks
    sent: int = 0

    def idle(self, seconds: float) -> float:
        """Percent of a core that the server uses while nothing happens."""
        time.sleep(5.0)  # what was drawn last is over
        clock = (~self.process.pid << 3) | 2  # clock_getcpuclockid(3)
        before, began = time.clock_gettime(clock), time.perf_counter()
        time.sleep(seconds)
        used = time.clock_gettime(clock) - before
        return 100 * used / (time.perf_counter() - began)

    def open(self, chromium: Any, path: str, *, live: bool) -> Any:
        """An open page in a browser profile of its own."""
        context = chromium.new_context(viewport={"width": 1280, "height": 1000})
        if not live:
            context.route("**/live", lambda route: route.fulfill(status=404))
        page = context.new_page()
        page.goto(f"{self.base}/{path.format(id=self.send())}")
        page.wait_for_selector(IDLE, timeout=120_000)
        if live:
            page.wait_for_selector(".live[data-state=live]", state="attached", timeout=180_000)
        return page

    def send(self, name: str = "watched", at: str = "2026-09-21T14:13:21Z") -> str:
        """Post the transcript of a conversation; returns its id."""
        rows = [{"role": "user", "content": f"The price of the plan is fine. {self.sent}"}]
        body = {"event_type": "application.transcription_ready", "conversation_id": name,
                "timestamp": at, "properties": {"transcript": rows}}  # fmt: skip
        httpx.post(f"{self.base}{self.path}", json=body, timeout=30).raise_for_status()
        return name

    def show(self, timed: list[Any]) -> list[float]:
        """Milliseconds from before a callback is posted until each page shows it."""
        for page in timed:
            page.wait_for_selector(IDLE, timeout=300_000)
        time.sleep(1.5)  # the pause after a rerun is over: this is one callback, not a burst
        total = int(timed[1].evaluate(_TOTAL).replace(",", "")) + 1
        self.sent += 1
        wanted = (f"{total:,}", f"of {total:,} conversations", f"of {total:,}")
        for page, text in zip(timed, wanted, strict=True):
            page.evaluate(_NOTE, text)
        began = time.time() * 1000
        self.send(f"new-{self.sent}-{began:.0f}")
        found = []
        for page in timed:
            page.wait_for_function("window.seenAt", timeout=300_000, polling=100)
            found.append(page.evaluate("window.seenAt") - began)
        return found


_TOTAL = "document.body.textContent.match(/of ([0-9,]+) conversations/)[1]"


@contextmanager
def serving(folder: Path, port: int) -> Iterator[Here]:
    """`cvi serve` on demo data until the block ends."""
    command = [sys.executable, "-m", "cvi", "--data-dir", str(folder)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CVI_")}

    def cvi(*words: str) -> str:
        done = subprocess.run(
            [*command, *words], cwd=ROOT, env=environ, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    cvi("demo", "--no-serve")
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port)], cwd=ROOT, env=environ, stdout=log, stderr=log
        )
    base = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=60)) as client:
            while client.get(f"{base}/readyz", timeout=30).is_error:
                time.sleep(0.1)
        yield Here(process, base, cvi("address"))
    finally:
        process.terminate()
        process.wait(30)


def report(what: str, times: list[list[float]]) -> None:
    """Median and 95th percentile for each page, and until the last of them."""
    print(f"{what}; callback posted → shown, ms, {len(times)} callbacks")
    columns = [*zip(*times, strict=True), [max(each) for each in times]]
    for name, found in zip(("overview", "list", "conversation", "all three"), columns, strict=True):
        p95 = statistics.quantiles(found, n=20)[-1]
        print(f"  {name:<14}median {statistics.median(found):>6.0f}   p95 {p95:>6.0f}", flush=True)


if __name__ == "__main__":
    main()
