"""Exports of a workspace."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from cvi.analysis.analyse import METRICS
from cvi.bootstrap import Ports
from cvi.errors import BadInput
from cvi.exports import WRITERS
from cvi.jobs import exporting
from cvi.jobs.exporting import Chosen, described_table, export, packed
from cvi.jobs.settle import settle_all
from cvi.selection.filters import Filters, Range
from tests.exports.sheets import sheets
from tests.store.story import deliver, event, story

COUNTS = {"conversations": 3, "turns": 12, "tool_calls": 3, "events": 24}


@pytest.mark.parametrize("kind", list(WRITERS))
@pytest.mark.parametrize("table", list(COUNTS))
def test_a_table_in_every_format(
    ports: Ports, tmp_path: Path, table: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also across chunks; the counts are those of the store."""
    monkeypatch.setattr(exporting, "_IDS", 2)
    path = tmp_path / f"t.{kind}"
    assert export(ports, table, path).tables[0].rows == 0
    deliver(ports.engine, [each for name in "abc" for each in story(name)])
    settle_all(ports)
    made = export(ports, table, path)
    assert made.tables[0].rows == COUNTS[table]
    if kind == "xlsx":
        assert len(sheets(path)[table.replace("_", " ")]) == COUNTS[table] + 1
        return
    reader = {"csv": pd.read_csv, "parquet": pd.read_parquet}.get(kind)
    found = reader(path) if reader else pd.read_json(path, lines=True)
    assert len(found) == COUNTS[table]
    assert [column.name for column in made.tables[0].columns] == list(found.columns)
    if table == "conversations":
        assert {*METRICS, "persona", "reasons", "version"} <= set(found.columns)


def test_every_column_has_words(ports: Ports) -> None:
    """A new column of the schema needs a label; a metric brings its own."""
    for table in exporting.NAMES:
        frame = next(exporting.chunks(ports, table, Chosen()))
        for column in described_table(table, frame.columns).columns:
            assert column.label, (table, column.name)
            assert column.meaning, (table, column.name)


def test_a_selection_keeps_its_order(ports: Ports, tmp_path: Path) -> None:
    """Of conversations, and of their turns; an id that nobody has is passed over."""
    deliver(ports.engine, [each for name in "abc" for each in story(name)])
    settle_all(ports)
    ids = ("c", "gone", "a")
    export(ports, "conversations", tmp_path / "c.parquet", ids=ids)
    export(ports, "turns", tmp_path / "t.parquet", ids=ids)
    assert pd.read_parquet(tmp_path / "c.parquet")["conversation_id"].tolist() == ["c", "a"]
    turns = pd.read_parquet(tmp_path / "t.parquet")
    assert list(dict.fromkeys(turns["conversation_id"])) == ["c", "a"]
    assert turns["idx"].tolist() == [0, 1, 2, 3] * 2


def test_a_choice_is_kept_and_read_back() -> None:
    """Whatever the filter; the days of a preset are settled; nothing is dropped in silence."""
    filters = Filters(
        since=date(2026, 2, 1), until=date(2026, 3, 1), zone="Europe/Berlin", period="30d",
        personas=("a;b", ""), topics=(("corpus:x|y", "term:z"),), ranges=(Range("quality", 40.0),),
        text="says “this”",
    )  # fmt: skip
    kept = json.loads(json.dumps(Chosen(filters).data()))
    assert Chosen.of(kept).filters == replace(filters, period="")
    assert len(Chosen(filters).words()) >= 5
    assert Chosen.of(json.loads(json.dumps(Chosen(ids=("b", "a")).data()))).ids == ("b", "a")
    assert Chosen.of({}).whole
    with pytest.raises(BadInput, match="no metric"):
        Chosen.of({"m": ["no_such:1..2"]})


def test_what_is_taken_away_explains_itself(ports: Ports, tmp_path: Path) -> None:
    """A zip of the rows and the manifest; a workbook by itself."""
    deliver(ports.engine, story("a"))
    settle_all(ports)
    packed(ports, "turns", tmp_path / "t.zip", format="csv")
    with zipfile.ZipFile(tmp_path / "t.zip") as found:
        manifest = json.loads(found.read("manifest.json"))
        assert len(pd.read_csv(found.open("turns.csv"))) == manifest["tables"]["turns"]["rows"] == 4
    packed(ports, "turns", tmp_path / "t.xlsx", format="xlsx")
    assert set(sheets(tmp_path / "t.xlsx")) == {"turns", "Columns", "About"}
    with pytest.raises(BadInput, match="no export table"):
        export(ports, "secrets", tmp_path / "x.csv")


def test_the_filter_applies(ports: Ports, tmp_path: Path) -> None:
    """As on the pages."""
    told = [*story("a"), *story("b"), event("b", "conversation.described", 0, persona="p")]
    deliver(ports.engine, told)
    settle_all(ports)
    chosen = Filters(personas=("p",))
    assert export(ports, "turns", tmp_path / "t.csv", filters=chosen).tables[0].rows == 4
    assert set(pd.read_csv(tmp_path / "t.csv")["conversation_id"]) == {"b"}


def test_events_come_out_as_they_came(ports: Ports, tmp_path: Path) -> None:
    """The body is the text that was received; bytes that are no text are given as base64."""
    body = b'{"conversation_id":  "a", "event_type": "x.y", "properties": {"n": 1.0}}'
    latin = body.replace(b"x.y", b"x.z").replace(b"1.0", b'"\xe9"')
    deliver(ports.engine, [body, latin, *story("a")])
    settle_all(ports)
    export(ports, "events", tmp_path / "e.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text("utf-8").splitlines()]
    bodies = {line["event_type"]: line["body"] for line in lines}
    assert bodies["x.y"] == body.decode()
    assert len(lines) == 10  # the unreadable one, which belongs to no conversation, among them
    assert bodies["unreadable"] == exporting._text(latin)
    assert lines[0]["received_at"] == "2026-03-02T09:00:00.000000Z"
    assert exporting._text(latin).startswith("base64:")


def test_an_unfinished_writer_elsewhere_hides_no_event(ports: Ports, tmp_path: Path) -> None:
    """PostgreSQL: what is committed is exported, however long another transaction is open."""
    if ports.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    with ports.engine.connect() as other:
        other.execute(sa.text("select pg_current_xact_id()"))
        deliver(ports.engine, story("a"))
        made = export(ports, "events", tmp_path / "e.jsonl")
    assert made.tables[0].rows == len(story("a"))
