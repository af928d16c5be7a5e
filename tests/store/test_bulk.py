"""Big reads handed over by another process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cvi.store import bulk

_HEAD = """
import os, sys, pyarrow as pa
schema = pa.schema([("n", pa.int64())])
with pa.ipc.new_stream(sys.stdout.buffer, schema) as stream:
    sys.stdout.buffer.flush()
    {}
"""


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "raise MemoryError('no room')"])
def test_a_reader_that_died_is_no_empty_table(end: str) -> None:
    """After the head of the stream all that was read looks whole: no conversation at all."""
    command = [sys.executable, "-c", _HEAD.format(end)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child,
        pytest.raises(OSError, match=r"ended|no room"),
    ):
        bulk.received(child)
