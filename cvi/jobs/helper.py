"""The worker's helper: a process of its own for long work, one at a time, behind everything else.

In the worker's process the work would take the interpreter from pages and callbacks, and keep the
memory it once needed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

from cvi.bootstrap import Ports
from cvi.store import background
from cvi.store.engine import address

log = logging.getLogger(__name__)

_EVERY = 1.0  # seconds between looks
_STOP_S = 5.0  # how long a helper may take to give its job back
_NICE = 10


class Helper:
    """Starts `cvi job ID` when somebody asked for work that nobody does. Used by one thread."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._process: subprocess.Popen[bytes] | None = None
        self._looked = 0.0

    def look(self) -> None:
        """Start the oldest job that waits, unless one is being done; looks at most each second.

        Raises what the database raises when it is away.
        """
        now = time.monotonic()
        if now - self._looked < _EVERY:
            return
        self._looked = now
        if self._process is not None and self._process.poll() is None:
            return
        self._process = None
        job_id = background.due(self._ports.engine, workspace=self._ports.workspace)
        if job_id is not None:
            self._process = self._start(str(job_id))

    def _start(self, job_id: str) -> subprocess.Popen[bytes]:
        settings = self._ports.settings
        environment = {
            **os.environ,
            "CVI_DATABASE_URL": address(self._ports.engine),
            "CVI_DATA_DIR": str(settings.data_dir),
            "CVI_WORKSPACE": self._ports.workspace,
            "PYTHONPATH": os.pathsep.join(filter(None, (_home(), os.environ.get("PYTHONPATH")))),
        }
        command = [sys.executable, "-m", "cvi", "job", job_id]
        log.info("starting a process for job %s", job_id)
        return subprocess.Popen(  # noqa: S603 - our own program, and an id of ours
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    def stop(self) -> None:
        """Have the process give its job back, so that the next worker goes on with it."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_S)
        if process.poll() is None:
            process.kill()  # its lease runs out
            process.wait()


def step_back() -> None:
    """Let every other process go first; what nobody else wants is still all ours.

    Linux shares the processor among sessions before it looks at who is nice within one, so a
    session of our own is made, and that one is nice too.
    """
    os.nice(_NICE)
    with contextlib.suppress(OSError):  # a leader already, or no such system
        os.setsid()
        Path("/proc/self/autogroup").write_text(str(_NICE))


def _home() -> str:
    """Where this program was loaded from: the process must run the same."""
    return str(Path(__file__).resolve().parents[2])
