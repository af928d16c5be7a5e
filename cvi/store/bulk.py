"""Big reads of a SQLite file by a process of its own, handed over as Arrow.

The driver that reads columns several times faster than row by row brings its own copy of SQLite,
and two copies in one process lose each other's locks. In another process it does no harm, and the
pages are drawn meanwhile: no lock of this interpreter is held.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import pyarrow as pa

# The file has no column types: the driver infers them from one batch, so a batch holds everything
# (a column that begins with a thousand NULLs would otherwise be read as integers).
_ONE_BATCH = "20000000"


def read(database: str, sql: str) -> pa.Table:
    """The rows of a SELECT.

    Raises OSError when the file cannot be read.
    """
    command = [sys.executable, "-m", "cvi.store.bulk"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(  # noqa: S603 - this program, reading
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root
    ) as child:
        assert child.stdin is not None  # noqa: S101 - they are pipes
        child.stdin.write(json.dumps([str(Path(database).resolve()), sql]).encode())
        child.stdin.close()
        return received(child)


def received(child: subprocess.Popen[bytes]) -> pa.Table:
    """What the process wrote. Raises OSError unless it came to its end.

    A stream that breaks off after its head looks like a table without rows.
    """
    import pyarrow as pa

    assert child.stdout is not None  # noqa: S101 - they are pipes
    assert child.stderr is not None  # noqa: S101
    with suppress(pa.ArrowInvalid), pa.ipc.open_stream(child.stdout) as stream:
        found = stream.read_all()
        if child.wait() == 0:
            return found
    lines = child.stderr.read().decode(errors="replace").strip().splitlines()
    raise OSError(lines[-1] if lines else "the reading process ended")


def main() -> None:
    """Read the question from standard input and write the answer to standard output."""
    import pyarrow as pa
    from adbc_driver_sqlite import dbapi

    database, sql = json.load(sys.stdin)
    with (
        dbapi.connect(f"file:{quote(database)}?mode=ro") as connection,
        connection.cursor() as cursor,
    ):
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": _ONE_BATCH})
        cursor.execute(sql)
        rows: Any = cursor.fetch_arrow_table()
    with pa.ipc.new_stream(sys.stdout.buffer, rows.schema) as stream:
        stream.write_table(rows)


if __name__ == "__main__":
    main()
