"""One live event through the whole corridor: receive, append, settle, views written.

    python benchmarks/live_event.py [--postgres URL] [--events 300]

A demo conversation with speaking events arrives event by event. The baseline of the ratio is the
bare append of the same event, in the same run. By hand; never a test.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path

import orjson

from cvi.bootstrap import open_ports
from cvi.demo import generate
from cvi.jobs.settle import settle
from cvi.settings import load_settings
from cvi.store import facts

WARM = 20  # the first events load weights and warm caches


def main() -> None:
    """Print median and 95th percentile of append and of the whole way, in milliseconds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--postgres", default="", help="Address of an empty PostgreSQL database.")
    options.add_argument("--events", type=int, default=300)
    given = options.parse_args()
    bodies = _story(given.events)
    with tempfile.TemporaryDirectory() as folder:
        ports = open_ports(
            load_settings({"CVI_DATABASE_URL": given.postgres}, data_dir=Path(folder))
        )
        appends, wholes = [], []
        for number, body in enumerate(bodies):
            if number == WARM:
                gc.collect()
                gc.freeze()  # as `cvi serve` does once everything is imported
            start = time.perf_counter()
            facts.append(
                ports.engine,
                [facts.incoming(body, source="webhook", live=True)],
                workspace=ports.workspace,
            )
            appended = time.perf_counter()
            settle(ports)
            end = time.perf_counter()
            appends.append((appended - start) * 1000)
            wholes.append((end - start) * 1000)
    whole, bare = wholes[WARM:], appends[WARM:]
    print(
        f"events {len(whole)}: append median {statistics.median(bare):.1f} ms, "
        f"whole corridor median {statistics.median(whole):.1f} ms, "
        f"p95 {statistics.quantiles(whole, n=20)[-1]:.1f} ms, "
        f"ratio {statistics.median(whole) / statistics.median(bare):.1f}"
    )


def _story(count: int) -> list[bytes]:
    """The longest demo conversation, as its events."""
    stories: dict[str, list[bytes]] = {}
    for payload in generate(end=date(2026, 9, 20), count=60):
        stories.setdefault(payload["conversation_id"], []).append(orjson.dumps(payload))
    return max(stories.values(), key=len)[:count]


if __name__ == "__main__":
    main()
