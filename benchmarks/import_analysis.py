"""Import and analyse a file of transcripts: turns a second, peak memory, growth with size.

    python benchmarks/import_analysis.py FILE [--postgres URL]

The baseline of the ratios is the same run over a quarter of the file. By hand; never a test.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from cvi.ingest import Source


def main() -> None:
    """Run quarter and whole in processes of their own, so that peak memory is each one's own."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--postgres", help="Address of an empty PostgreSQL database to use.")
    options.add_argument("--child", type=float, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child is not None:
        measure(given.file, given.postgres)
        return
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "quarter.jsonl"
        conversations = sum(1 for line in Source.of(given.file).lines() if line.data.strip())
        with part.open("wb") as out:
            lines = Source.of(given.file).lines()
            out.writelines(line.data for line in islice(lines, conversations // 4))
        results = [run(part, given.postgres), run(given.file, given.postgres)]
    for label, result in zip(("25 %", "100 %"), results, strict=True):
        print(
            f"{label:>6}: {result['turns']:>7} turns, {result['seconds']:6.1f} s, "
            f"{result['turns'] / result['seconds']:6.0f} turns/s, peak {result['peak_mb']:.0f} MB"
        )
    small, large = results
    print(
        f"turns grow {large['turns'] / small['turns']:.2f} x, "
        f"time grows {large['seconds'] / small['seconds']:.2f} x, "
        f"memory grows {large['peak_mb'] / small['peak_mb']:.2f} x"
    )


def run(file: Path, postgres: str | None) -> dict[str, float]:
    """One measurement in a fresh process."""
    command = [sys.executable, __file__, str(file), "--child", "1"]
    command += ["--postgres", postgres] if postgres else []
    out = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def measure(file: Path, postgres: str | None) -> None:
    """Import, settle, and print turns, seconds and peak memory as JSON."""
    from cvi.bootstrap import open_ports
    from cvi.jobs.importing import import_source
    from cvi.jobs.worker import until_settled
    from cvi.settings import load_settings
    from cvi.store import operations

    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"CVI_DATABASE_URL": postgres or ""}, data_dir=Path(folder))
        ports = open_ports(settings)
        start = time.perf_counter()
        import_source(ports, file)
        read = time.perf_counter()
        until_settled(ports)
        end = time.perf_counter()
        turns = operations.row_counts(ports.engine, workspace=ports.workspace)["turns"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "turns": turns,
                "seconds": end - start,
                "append_seconds": read - start,
                "peak_mb": peak,
            }
        )
    )


if __name__ == "__main__":
    main()
