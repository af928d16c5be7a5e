"""Bulk reads: SQL → Arrow → DataFrame through ADBC, several times faster than row by row."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pandas as pd
import sqlalchemy as sa

from cvi.errors import StoreError
from cvi.frames.schema import TIME
from cvi.store.engine import is_postgres
from cvi.store.types import UtcDateTime

# SQLite has no column types: the driver infers them from one batch, so a batch holds everything
# (a column that begins with a thousand NULLs would otherwise be read as integers).
_ONE_BATCH = "20000000"


def read_frame(engine: sa.Engine, query: sa.Select[Any]) -> pd.DataFrame:
    """Run a SELECT and return its rows with the dtypes its columns declare.

    Raises StoreError when the database does not answer.
    """
    from adbc_driver_manager import Error

    sql = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
    try:
        frame = _postgres(engine, sql) if is_postgres(engine) else _sqlite(engine, sql)
    except Error as error:
        raise StoreError(
            f"The database did not answer a read: {str(error).partition(chr(10))[0]}",
            hint="Check that the server is up, then try again.",
        ) from error
    return _typed(frame, query)


def _sqlite(engine: sa.Engine, sql: str) -> pd.DataFrame:
    from adbc_driver_sqlite import dbapi

    address = f"file:{quote(str(engine.url.database))}?mode=ro"
    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": _ONE_BATCH})
        cursor.execute(sql)
        frame: pd.DataFrame = cursor.fetch_arrow_table().to_pandas()
        return frame


def _postgres(engine: sa.Engine, sql: str) -> pd.DataFrame:
    from adbc_driver_postgresql import dbapi

    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    # The compiled text doubles percent signs for psycopg; this driver takes them as they are.
    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(sql.replace("%%", "%"))
        frame: pd.DataFrame = cursor.fetch_arrow_table().to_pandas()
        return frame


def _typed(frame: pd.DataFrame, query: sa.Select[Any]) -> pd.DataFrame:
    """Give every column the dtype its SQL type stands for; SQLite returns text and integers."""
    for column in query.selected_columns:
        name, kind = column.name, column.type
        if isinstance(kind, UtcDateTime):
            frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601").astype(TIME)
        elif isinstance(kind, sa.Boolean):
            frame[name] = frame[name].astype("boolean")
        elif isinstance(kind, sa.Double | sa.Float):
            frame[name] = pd.to_numeric(frame[name]).astype("float64")
        elif isinstance(kind, sa.Integer):
            frame[name] = pd.to_numeric(frame[name]).astype("Int64")
        else:
            frame[name] = frame[name].astype("str")
    return frame
