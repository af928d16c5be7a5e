"""CSV, JSONL and Parquet, written chunk by chunk so that size does not decide memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cvi.errors import BadInput
from cvi.registry import Registry


class Writer(Protocol):
    """Writes chunks of one table to a file; returns the rows written."""

    def __call__(self, chunks: Iterable[pd.DataFrame], path: Path) -> int:
        """Write all chunks to `path`."""
        ...


WRITERS: Registry[Writer] = Registry("export format")


@WRITERS.register("csv")
def write_csv(chunks: Iterable[pd.DataFrame], path: Path) -> int:
    """UTF-8 CSV with a header; missing is empty, times are ISO 8601 in UTC."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, chunk in enumerate(chunks):
            plain = _iso(chunk).map(_inert, na_action="ignore")
            # With this line end (that of RFC 4180) a lone carriage return in a text is quoted too.
            plain.to_csv(file, index=False, header=number == 0, lineterminator="\r\n")
            rows += len(chunk)
    return rows


@WRITERS.register("jsonl")
def write_jsonl(chunks: Iterable[pd.DataFrame], path: Path) -> int:
    """One JSON object a line; missing is null."""
    rows = 0
    with path.open("wb") as file:
        for chunk in chunks:
            # The writer of pandas rounds numbers to ten digits.
            for row in _iso(chunk).to_dict("records"):
                file.write(orjson.dumps(row, default=_missing) + b"\n")
            rows += len(chunk)
    return rows


@WRITERS.register("parquet")
def write_parquet(chunks: Iterable[pd.DataFrame], path: Path) -> int:
    """Parquet (zstd) with the column types of the first chunk."""
    rows, writer = 0, None
    try:
        for chunk in chunks:
            table = pa.Table.from_pandas(chunk, preserve_index=False)
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
            rows += len(chunk)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        pq.write_table(pa.table({}), path)
    return rows


def write(chunks: Iterable[pd.DataFrame], path: Path, *, format: str | None = None) -> int:  # noqa: A002
    """Write to `path` by its suffix or `format`; the file appears only when it is complete.

    Raises BadInput for a format nobody registered.
    """
    name = format or path.suffix.lstrip(".").lower()
    if name not in WRITERS:
        raise BadInput(
            f"no export format {name!r}", where=str(path), hint=f"Use one of {', '.join(WRITERS)}."
        )
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        rows = WRITERS[name](chunks, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _inert(value: object) -> object:
    """Text that a spreadsheet would run as a formula is shown as text instead."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def _missing(value: object) -> None:
    if value is not pd.NA:
        raise TypeError(f"{type(value).__name__} has no place in JSON")


def _iso(chunk: pd.DataFrame) -> pd.DataFrame:
    times = chunk.select_dtypes("datetimetz").columns
    return chunk.assign(
        **{name: chunk[name].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for name in times}
    )
