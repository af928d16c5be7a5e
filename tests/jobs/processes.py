"""Other processes for tests: forked from a server that has imported the workbench already."""

from __future__ import annotations

import multiprocessing
import sys
import types
from collections.abc import Callable
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["cvi.jobs.settle", "cvi.store.migrate", "cvi.jobs.importing", "cvi.jobs.background"]
)


def start(target: Callable[..., object], *arguments: Any) -> Any:
    """Run a function of an importable module in a process of its own."""
    process = _CONTEXT.Process(target=target, args=arguments, daemon=True)
    # A child begins by running the parent's main script. Page tests leave the page they ran there.
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main
    return process


def ended(process: Any, seconds: float = 60.0) -> int:
    """Wait for a process; its exit code (negative: the signal that ended it)."""
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        raise AssertionError("the process did not end")
    code: int = process.exitcode
    return code


def migrate_store(url: str) -> None:
    """What four processes do at once."""
    from cvi.analysis.analyse import METRICS
    from cvi.store.engine import open_engine
    from cvi.store.migrate import migrate

    migrate(open_engine(url), METRICS)


def append_many(url: str, writer: int, number: int) -> None:
    """Append `number` events, one transaction each."""
    from cvi.store.engine import open_engine
    from tests.store.story import deliver, event

    engine = open_engine(url)
    for idx in range(number):
        deliver(engine, [event(f"w{writer}", "x", idx)])
