"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

# SQLite gives autoincrement to INTEGER primary keys only.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def storable(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """The same value without what JSONB refuses: NUL, lone surrogates, NaN and infinities.

    Nothing is lost by that: the bytes an event came in are kept beside it.
    """
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {storable(str(key)): storable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value


class Json(TypeDecorator[Any]):
    """JSON that both databases take alike; Python None is SQL NULL, not the JSON text `null`."""

    impl = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: object, dialect: sa.Dialect) -> Any:  # noqa: ANN401, ARG002
        """Leave out what one of the databases refuses."""
        return storable(value)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes only, stored as UTC, returned as aware UTC.

    Plain `DateTime(timezone=True)` drops the offset on SQLite and comes back hours wrong.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive times; hand SQLite the UTC wall clock."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: every time in the store is aware UTC")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Return aware UTC whatever the driver returned."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def sqlite_time(moment: datetime) -> str:
    """The text in which `UtcDateTime` stores a time on SQLite, for statements of the driver."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime: every time in the store is aware UTC")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
