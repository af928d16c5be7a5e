"""Analysing a file without a database says what the workbench says."""

from __future__ import annotations

import json

import pytest

from cvi.analysis.analyse import METRICS, VERSION
from cvi.bootstrap import Ports
from cvi.ingest import Source
from cvi.jobs import analysing
from cvi.jobs.analysing import analyse_file
from cvi.jobs.importing import import_source
from cvi.jobs.settle import settle_all
from cvi.store.queries import one_conversation
from tests.store.story import WORKSPACE, event, story


def _source(*names: str) -> Source:
    told = [each for name in names for each in story(name)]
    lines = "\n".join(json.dumps(each) for each in told)
    text = f"{lines}\nnot json\n{json.dumps(event(None, 'x'))}"
    return Source.from_bytes(text.encode(), "x.jsonl")


def test_one_line_a_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the file, whatever is analysed at once; problems are handed back."""
    problems: list[str] = []
    lines = [json.loads(line) for line in analyse_file(_source("b", "a", "c"), problems=problems)]
    assert [line["id"] for line in lines] == ["b", "a", "c"]
    assert set(lines[0]) == {"id", "turns", "analysis", "metrics", "not_measured", "version"}
    assert [turn["role"] for turn in lines[0]["turns"]] == ["assistant", "user"] * 2
    assert len(problems) == 1
    assert "line 25" in problems[0]
    monkeypatch.setattr(analysing, "_EVENTS", 1)
    again = [json.loads(line) for line in analyse_file(_source("b", "a", "c"), problems=[])]
    assert again == lines


def test_the_same_figures_as_in_the_store(ports: Ports) -> None:
    """Metric by metric."""
    [line] = [json.loads(each) for each in analyse_file(_source("a"), problems=[])]
    import_source(ports, _source("a"))
    settle_all(ports)
    stored = one_conversation(ports.engine, "a", workspace=WORKSPACE, names=tuple(METRICS))
    assert stored is not None
    assert line["version"] == stored["version"] == VERSION
    assert line["metrics"] == {name: stored[name] for name in METRICS}
    assert line["not_measured"] == json.loads(stored["reasons"] or "{}")


def test_a_file_without_a_conversation_has_no_lines() -> None:
    """And is no error."""
    source = Source.from_bytes(json.dumps(event(None, "x")).encode(), "x.jsonl")
    assert list(analyse_file(source, problems=[])) == []
