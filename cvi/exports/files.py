"""CSV, JSONL, Parquet and XLSX, written chunk by chunk so that size does not decide memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cvi.errors import BadInput
from cvi.exports.manifest import Manifest, Table
from cvi.exports.workbook import write_book
from cvi.registry import Registry

_RUNS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of a formula


class Writer(Protocol):
    """Writes chunks of one table to a file; returns the rows written."""

    def __call__(
        self, chunks: Iterable[pd.DataFrame], path: Path, table: Table, manifest: Manifest | None
    ) -> int:
        """Write all chunks to `path`, with as much of the explanations as the format can hold."""
        ...


WRITERS: Registry[Writer] = Registry("export format")


@WRITERS.register("csv")
def write_csv(
    chunks: Iterable[pd.DataFrame],
    path: Path,
    table: Table,  # noqa: ARG001 - a CSV has no room for words
    manifest: Manifest | None,  # noqa: ARG001
) -> int:
    """UTF-8 CSV with a header; missing is empty, times are ISO 8601 in UTC."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, chunk in enumerate(chunks):
            # With this line end (that of RFC 4180) a lone carriage return in a text is quoted too.
            inert(_iso(chunk)).to_csv(file, index=False, header=number == 0, lineterminator="\r\n")
            rows += len(chunk)
    return rows


@WRITERS.register("jsonl")
def write_jsonl(
    chunks: Iterable[pd.DataFrame],
    path: Path,
    table: Table,  # noqa: ARG001 - every line is a row
    manifest: Manifest | None,  # noqa: ARG001
) -> int:
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
def write_parquet(
    chunks: Iterable[pd.DataFrame], path: Path, table: Table, manifest: Manifest | None
) -> int:
    """Parquet (zstd) with the column types of the first chunk; labels in the fields' metadata."""
    rows, writer = 0, None
    try:
        for chunk in chunks:
            part = pa.Table.from_pandas(chunk, preserve_index=False)
            if writer is None:
                schema = _labelled(part.schema, table, manifest)
                writer = pq.ParquetWriter(path, schema, compression="zstd")
            writer.write_table(part.cast(writer.schema))
            rows += len(chunk)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        pq.write_table(pa.table({}), path)
    return rows


def _labelled(schema: Any, table: Table, manifest: Manifest | None) -> Any:  # noqa: ANN401
    """An Arrow schema whose fields carry label, unit and meaning, and itself the manifest."""
    known = {column.name: column for column in table.columns}
    fields = [
        field.with_metadata(
            {
                key: value
                for key in ("label", "unit", "meaning", "range", "source", "needs")
                if (value := getattr(known[field.name], key))
            }
        )
        if field.name in known
        else field
        for field in schema
    ]
    about = {"cvi": json.dumps(manifest.as_dict())} if manifest else {}
    return pa.schema(fields, metadata={**(schema.metadata or {}), **about})


WRITERS.add("xlsx", write_book)


def write(
    chunks: Iterable[pd.DataFrame],
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - the option's own name
    table: Table | None = None,
    manifest: Manifest | None = None,
) -> int:
    """Write to `path` by its suffix or `format`; the file appears only when it is complete.

    `table` and `manifest` say what the columns and the whole are, for formats that have room for
    it. Raises BadInput for a format nobody registered.
    """
    name = format or path.suffix.lstrip(".").lower()
    if name not in WRITERS:
        raise BadInput(
            f"no export format {name!r}", where=str(path), hint=f"Use one of {', '.join(WRITERS)}."
        )
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        rows = WRITERS[name](chunks, part, table or Table("rows", ()), manifest)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return rows


def read_parts(paths: Iterable[Path]) -> Iterator[pd.DataFrame]:
    """The chunks that Parquet files hold, one after the other, as they were written."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, use_threads=False).to_pandas()


def count_rows(paths: Iterable[Path]) -> int:
    """Rows of Parquet files, without reading them."""
    return sum(pq.read_metadata(path).num_rows for path in paths)


def inert(chunk: pd.DataFrame) -> pd.DataFrame:
    """Text that a spreadsheet would run as a formula is shown as text instead."""
    changed: dict[str, pd.Series[str]] = {}
    for name in map(str, chunk.select_dtypes("str").columns):
        runs = chunk[name].str.startswith(_RUNS, na=False)
        if runs.any():
            changed[name] = chunk[name].mask(runs, "'" + chunk[name])
    return chunk.assign(**changed) if changed else chunk


def _missing(value: object) -> None:
    if value is not pd.NA:
        raise TypeError(f"{type(value).__name__} has no place in JSON")


def _iso(chunk: pd.DataFrame) -> pd.DataFrame:
    times = chunk.select_dtypes("datetimetz").columns
    return chunk.assign(
        **{name: chunk[name].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for name in times}
    )
