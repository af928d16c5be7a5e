"""Exports of a workspace."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from cvi.analysis.analyse import METRICS
from cvi.bootstrap import Ports
from cvi.exports import WRITERS
from cvi.jobs import exporting
from cvi.jobs.exporting import TABLES, export
from cvi.jobs.settle import settle_all
from cvi.selection.filters import Filters
from tests.store.story import deliver, event, story


@pytest.mark.parametrize("kind", list(WRITERS))
@pytest.mark.parametrize("table", list(TABLES))
def test_every_table_in_every_format(
    ports: Ports, tmp_path: Path, table: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also across chunks; the counts are those of the store."""
    monkeypatch.setattr(exporting, "_CHUNK", 2)
    path = tmp_path / f"t.{kind}"
    assert export(ports, table, path) == 0
    deliver(ports.engine, [each for name in "abc" for each in story(name)])
    settle_all(ports)
    expected = {"conversations": 3, "turns": 12, "events": 24}[table]
    assert export(ports, table, path) == expected
    reader = {"csv": pd.read_csv, "parquet": pd.read_parquet}.get(kind)
    found = reader(path) if reader else pd.read_json(path, lines=True)
    assert len(found) == expected
    if table == "conversations":
        assert {*METRICS, "persona", "reasons", "version"} <= set(found.columns)


def test_the_filter_applies(ports: Ports, tmp_path: Path) -> None:
    """As on the pages."""
    told = [*story("a"), *story("b"), event("b", "conversation.described", 0, persona="p")]
    deliver(ports.engine, told)
    settle_all(ports)
    chosen = Filters(personas=("p",))
    assert export(ports, "turns", tmp_path / "t.csv", filters=chosen) == 4
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
