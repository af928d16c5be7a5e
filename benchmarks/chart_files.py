"""Chart files and reports of the demo: how long each takes, drawn without a browser.

    python benchmarks/chart_files.py [--count 500] [--rounds 5]

Every chart of the dashboard report in every format, then both reports. The baseline of the ratio
is Plotly writing the same figure as JSON, in the same run. By hand; never a test.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cvi.bootstrap import open_ports, settings_here
from cvi.jobs import demo
from cvi.jobs.settle import settle_all
from cvi.selection.filters import Filters

MOMENT = datetime(2026, 9, 20, 12, tzinfo=UTC)


def main() -> None:
    """Print medians in milliseconds, and sizes in kB."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500, help="Conversations of the demo.")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        ports = open_ports(settings_here({}, data_dir=Path(folder)))
        demo.load(ports, end=date(2026, 9, 20), count=given.count)
        settle_all(ports)
        os.environ["CVI_DATA_DIR"] = folder
        _measure(given.rounds)
        ports.engine.dispose()


def _measure(rounds: int) -> None:
    from cvi.exports.report import Picture
    from cvi.ui import conversation_report, dashboard_report, opened

    start = time.perf_counter()
    board = dashboard_report.dashboard(Filters(), MOMENT)
    print(f"dashboard read, cold: {1000 * (time.perf_counter() - start):.0f} ms")
    newest = opened.newest(60)["conversation_id"].tolist()
    longest = max((opened.conversation(name) for name in newest), key=lambda c: len(c.turns))
    one = conversation_report.conversation(longest, MOMENT)
    blocks = [each for section in board.sections for each in section.blocks]
    _charts([each for each in blocks if isinstance(each, Picture)], rounds)
    for name, report in (("dashboard", board), ("conversation", one)):
        _report(name, report, rounds)


def _charts(pictures: list[Any], rounds: int) -> None:
    from cvi.exports.printed import print_chart

    def written(kind: str) -> tuple[float, float]:
        times, sizes = [], []
        for each in pictures:
            took, data = _timed(
                lambda each=each: print_chart(
                    each.figure, format=kind, title=each.title, note_lines=["n", "As of"]
                ),
                rounds,
            )
            times.append(took)
            sizes.append(len(data))
        return statistics.median(times), statistics.median(sizes)

    base = statistics.median(_timed(each.figure.to_json, rounds)[0] for each in pictures)
    print(f"{len(pictures)} charts, medians; Plotly's JSON of one: {base:.1f} ms")
    for kind in ("png", "svg", "pdf", "html"):
        took, size = written(kind)
        print(f"  {kind:5}{took:7.0f} ms {size / 1000:8,.0f} kB   ratio {took / base:.0f}")


def _report(name: str, report: Any, rounds: int) -> None:
    from cvi.exports.report_html import to_html
    from cvi.exports.report_pdf import to_pdf

    for kind, write in (("pdf", to_pdf), ("html", to_html)):
        took, data = _timed(lambda write=write: write(report), rounds)
        print(f"{name} report as {kind}: {took:.0f} ms, {len(data) / 1000:,.0f} kB")


def _timed(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Median milliseconds of the rounds (the first, which warms up, left out), and the result."""
    times, found = [], work()
    for _ in range(rounds):
        start = time.perf_counter()
        found = work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times), found


if __name__ == "__main__":
    main()
