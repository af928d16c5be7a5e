"""Bulk reads: SQL → DataFrame by columns, with the dtypes that the columns declare."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from cvi.errors import StoreError
from cvi.frames.schema import TIME
from cvi.store import bulk
from cvi.store.engine import is_postgres, reader
from cvi.store.types import UtcDateTime


def read_frame(engine: sa.Engine, query: sa.Select[Any], *, big: bool = False) -> pd.DataFrame:
    """Run a SELECT and return its rows with the dtypes its columns declare.

    `big` announces tens of thousands of rows. Raises StoreError when the database does not answer.
    """
    read = _rows if not big else _postgres if is_postgres(engine) else _sqlite
    try:
        frame = read(engine, query)
    except _errors(engine) as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise StoreError(
            f"The database did not answer a read: {reason}",
            hint="Check that the server is up, then try again.",
        ) from error
    return _typed(frame, query)


def _errors(engine: sa.Engine) -> tuple[type[Exception], ...]:
    if not is_postgres(engine):
        return sa.exc.DBAPIError, OSError
    from adbc_driver_manager import Error

    return sa.exc.DBAPIError, Error


def _rows(engine: sa.Engine, query: sa.Select[Any]) -> pd.DataFrame:
    """Through the engine's own connections: a new one of the other driver costs more than it saves.

    On SQLite never through another copy of the library. Two copies in one process do not see each
    other's locks, and when one of them closes the file, the locks of both are gone: another process
    would then remove the write-ahead log under our hands.
    """
    with reader(engine).begin() as connection:
        sql = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
        cursor = connection.exec_driver_sql(sql)
        names, rows = list(cursor.keys()), cursor.cursor.fetchall()
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pd.DataFrame(
        {
            name: _column(values, column.type)
            for name, values, column in zip(names, columns, query.selected_columns, strict=True)
        }
    )


def _sqlite(engine: sa.Engine, query: sa.Select[Any]) -> pd.DataFrame:
    sql = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
    frame: pd.DataFrame = bulk.read(str(engine.url.database), sql).to_pandas()
    return frame


def _column(values: tuple[Any, ...], kind: sa.types.TypeEngine[Any]) -> Any:  # noqa: ANN401
    if isinstance(kind, sa.Double | sa.Float):
        return np.array(values, dtype=np.float64)  # None becomes NaN
    return pd.Series(values, dtype="object")


def _postgres(engine: sa.Engine, query: sa.Select[Any]) -> pd.DataFrame:
    from adbc_driver_postgresql import dbapi

    sql = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
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
