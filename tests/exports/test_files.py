"""Writers: what goes in comes out, a file is there when it is whole, formulas stay text."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from cvi.errors import BadInput
from cvi.exports import WRITERS, Column, Manifest, Table, bundle, write

ODD = [
    *('say "hi", twice', "two\nlines\r\n", "one\rreturn", "ünï 日本 \U0001f600"),
    *("a\\b/c", "'single'", " spaced "),
]


def _table() -> pd.DataFrame:
    n = len(ODD)
    times = pd.date_range("2026-03-01T10:00:00.000001Z", periods=n, freq="h").astype(
        "datetime64[us, UTC]"
    )
    return pd.DataFrame(
        {
            "text": pd.array(ODD, dtype="str"),
            "gap": pd.array([None, "x", None, "y", None, None, "z"], dtype="str"),
            "at": pd.Series(times).where(pd.Series(range(n)) != 2),
            "number": pd.array([0.1 + 0.2, math.nan, 1e-300, -1 / 3, 1e22, 1234567.1234567, 0.0]),
            "whole": pd.array([1, None, -(2**53) - 1, 0, 4, 5, 6], dtype="Int64"),
            "flag": pd.array([True, False, None, True, False, None, True], dtype="boolean"),
        }
    ).astype({"number": "float64"})


def _chunks() -> Iterator[pd.DataFrame]:
    yield _table().iloc[:0]
    yield _table().iloc[:2]
    yield _table().iloc[2:]


def test_parquet_is_the_same_table(tmp_path: Path) -> None:
    """With its types, though the first chunk had no row."""
    assert write(_chunks(), tmp_path / "t.parquet") == len(ODD)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), _table())


def test_jsonl_keeps_every_digit(tmp_path: Path) -> None:
    """One object a line; missing is null; times are ISO 8601 in UTC."""
    assert write(_chunks(), tmp_path / "t.jsonl") == len(ODD)
    text = (tmp_path / "t.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    table = _table()
    for name in table:
        given = [None if pd.isna(value) else value for value in table[name].tolist()]
        if name == "at":
            given = [value and value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for value in given]
        assert [line[name] for line in lines] == given, name


def test_csv_reads_back(tmp_path: Path) -> None:
    """Missing is empty, numbers are whole, line breaks and quotes survive."""
    assert write(_chunks(), tmp_path / "t.csv") == len(ODD)
    types = {"text": "str", "gap": "str", "whole": "Int64", "flag": "boolean"}
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        found = pd.read_csv(file, dtype=types, na_values=[""])
    table = _table()
    assert (tmp_path / "t.csv").read_bytes().count(b"text,gap") == 1
    for name in ("text", "gap", "number", "whole", "flag"):
        assert found[name].isna().tolist() == table[name].isna().tolist(), name
        assert found[name].dropna().tolist() == table[name].dropna().tolist(), name
    assert found["at"].dropna().iloc[0] == "2026-03-01T10:00:00.000001Z"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']
)
def test_csv_defuses_formulas(tmp_path: Path, text: str) -> None:
    """A spreadsheet would run them; numbers below zero are no formulas."""
    table = pd.DataFrame({"text": pd.array([text], dtype="str"), "number": [-1.5]})
    write([table], tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        [row] = pd.read_csv(file).to_dict("records")
    assert row == {"text": "'" + text, "number": -1.5}
    for kind in ("jsonl", "parquet"):
        write([table], tmp_path / f"t.{kind}")
    assert pd.read_parquet(tmp_path / "t.parquet")["text"].tolist() == [text]
    assert json.loads((tmp_path / "t.jsonl").read_text("utf-8"))["text"] == text


@pytest.mark.parametrize("kind", list(WRITERS))
def test_an_empty_table_is_a_file(tmp_path: Path, kind: str) -> None:
    """With its header where the format has one; also when there is no chunk at all."""
    path = tmp_path / f"t.{kind}"
    assert write([_table().iloc[:0]], path) == 0
    if kind == "parquet":
        assert pd.read_parquet(path).dtypes.to_dict() == _table().dtypes.to_dict()
    if kind == "csv":
        assert path.read_text() == ",".join(_table()) + "\n"
    assert write([], path) == 0
    assert path.exists()


@pytest.mark.parametrize("kind", list(WRITERS))
def test_a_file_appears_only_when_it_is_whole(tmp_path: Path, kind: str) -> None:
    """When the source breaks off, the file of yesterday is still there and nothing else."""
    path = tmp_path / f"t.{kind}"
    path.write_text("yesterday")

    def breaks() -> Iterator[pd.DataFrame]:
        yield _table()
        raise RuntimeError("broken off")

    with pytest.raises(RuntimeError):
        write(breaks(), path)
    assert path.read_text() == "yesterday"
    assert list(tmp_path.iterdir()) == [path]


def test_the_format_may_be_named(tmp_path: Path) -> None:
    """The suffix decides otherwise; folders are made."""
    path = tmp_path / "deep" / "er" / "t.txt"
    assert write([_table()], path, format="csv") == len(ODD)
    with pytest.raises(BadInput, match="no export format 'txt'") as caught:
        write([_table()], path)
    assert "parquet" in caught.value.hint


def test_parquet_carries_the_words(tmp_path: Path) -> None:
    """Label, unit and meaning in the fields, the manifest in the schema."""
    about = Table("t", (Column("number", "Pace", "words per min", "Words / minutes"),))
    manifest = Manifest(datetime(2026, 3, 1, tzinfo=UTC), "1.0", "abc", (about,))
    write([_table()], tmp_path / "t.parquet", table=about, manifest=manifest)
    schema = pq.read_schema(tmp_path / "t.parquet")
    words = {b"label": b"Pace", b"unit": b"words per min", b"meaning": b"Words / minutes"}
    found = schema.field("number").metadata
    assert {key: found[key] for key in words} == words
    assert json.loads(schema.metadata[b"cvi"]) == json.loads(json.dumps(manifest.as_dict()))
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), _table())


def test_a_bundle_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    """The manifest first, so that an archive is known by its beginning."""
    manifest = Manifest(datetime(2026, 3, 1, tzinfo=UTC), "1.0", "abc", ())
    write([_table()], tmp_path / "t.csv")
    write([_table()], tmp_path / "t.parquet")
    files = [tmp_path / "t.csv", tmp_path / "t.parquet"]
    steps: list[int] = []
    for name in ("one.zip", "two.zip"):
        bundle(tmp_path / name, manifest, files, step=steps.append)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as found:
        assert found.namelist() == ["manifest.json", "t.csv", "t.parquet"]
        assert found.read("t.csv") == files[0].read_bytes()
    assert steps[-1] == sum(path.stat().st_size for path in files)
