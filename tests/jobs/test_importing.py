"""Importing files: idempotent, honest about what could not be read, and undoable."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cvi.bootstrap import Ports
from cvi.errors import BadInput
from cvi.ingest import Source
from cvi.jobs.importing import import_source, rehearse, undo
from cvi.jobs.settle import settle_all
from cvi.resources import resource
from cvi.store import operations
from tests.store.story import WORKSPACE, count, dump, event, rows, story

SAMPLES = sorted(each for each in resource("samples").iterdir() if each.is_file())


def _jsonl(payloads: list[object]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in payloads)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_importing_twice_changes_nothing(ports: Ports, sample: Path) -> None:
    """Neither facts nor views; the log shows both imports."""
    first = import_source(ports, sample)
    settle_all(ports)
    before = dump(ports.engine)
    second = import_source(ports, sample)
    settle_all(ports)
    assert dump(ports.engine) == before
    assert first.events_new > 0
    assert (second.events_new, second.events_seen) == (0, first.events_new)
    assert second.conversations == first.conversations > 0
    log = operations.import_log(ports.engine, workspace=WORKSPACE)
    assert log["events_new"].tolist() == [0, first.events_new]
    assert log["state"].tolist() == ["done", "done"]


def test_undoing_both_leaves_nothing(ports: Ports) -> None:
    """The first undo keeps what the second import brought."""
    imports = [import_source(ports, SAMPLES[0]).import_id for _ in range(2)]
    settle_all(ports)
    before = dump(ports.engine)
    undo(ports, imports[0])
    assert dump(ports.engine) == before
    undo(ports, imports[1])
    assert not any(dump(ports.engine).values())
    assert count(ports.engine, "conversation_events") == 0


def test_problems_are_kept_with_the_import(ports: Ports) -> None:
    """With the line, and without failing its neighbours; also what no database could store."""
    odd = b'{"event_type": \x00 "\\ud800"\n'
    data = _jsonl(story("a")) + b"not json\n" + odd + b'"text"\n' + _jsonl(story("b"))
    done = import_source(ports, Source.from_bytes(data, "calls\ud800\x00.jsonl"), reader="events")
    assert (done.conversations, done.events_new, done.problem_count) == (2, 16, 3)
    [problems] = operations.import_log(ports.engine, workspace=WORKSPACE)["problems"]
    assert [each["line"] for each in problems] == [9, 10, 11]


def test_a_file_that_breaks_off_is_noted_and_undoable(ports: Ports) -> None:
    """A download that ended half-way: what was read is in, the import says so."""
    lines = _jsonl([each for n in range(200) for each in story(f"c{n:03}")])
    cut = gzip.compress(lines)
    data = cut[: len(cut) * 2 // 3]
    done = import_source(ports, Source.from_bytes(data, "calls.jsonl.gz"))
    assert 0 < done.events_new < 1_600
    assert "cut off" in done.problems[-1].what
    [logged] = operations.import_log(ports.engine, workspace=WORKSPACE).to_dict("records")
    assert logged["state"] == "done"
    assert logged["events_new"] == done.events_new
    undo(ports, done.import_id)
    assert count(ports.engine, "conversation_events") == 0


def test_a_reader_that_raises_half_way_is_noted_and_undoable(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reason: what went in belongs to an import that can be taken back."""
    from cvi.jobs import importing

    real = importing.read

    def breaks(*given: object, **more: object) -> object:
        for number, found in enumerate(real(*given, **more)):  # type: ignore[arg-type]
            if number == 300:
                raise BadInput("broken off")
            yield found

    monkeypatch.setattr(importing, "read", breaks)
    data = _jsonl([each for n in range(50) for each in story(f"c{n:03}")])
    with pytest.raises(BadInput):
        import_source(ports, Source.from_bytes(data, "calls.jsonl"))
    [logged] = operations.import_log(ports.engine, workspace=WORKSPACE).to_dict("records")
    assert (logged["events_new"], logged["state"]) == (250, "done")
    undo(ports, logged["import_id"])
    assert count(ports.engine, "conversation_events") == 0


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04zip", b"<html>"])
def test_a_file_that_cannot_be_read_leaves_no_trace(ports: Ports, data: bytes) -> None:
    """Not even in the import log."""
    with pytest.raises(BadInput):
        import_source(ports, Source.from_bytes(data, "x.bin"))
    assert count(ports.engine, "imports") == 0


def test_odd_values_come_through(ports: Ports) -> None:
    """Lone surrogates and huge integers in a dump."""
    line = (
        '{"event_type": "x.y", "conversation_id": "a", "timestamp": "2026-01-01T00:00:00Z", '
        '"properties": {"t": "\\ud800", "n": 123456789012345678901234567890, "v": NaN}}\n'
    )
    done = import_source(ports, Source.from_bytes(line.encode(), "x.jsonl"), reader="events")
    assert done.events_new == 1
    assert settle_all(ports).failed == 0


def test_progress_counts_conversations(ports: Ports) -> None:
    """Told after every batch."""
    told: list[int] = []
    data = _jsonl([event(f"c{n}", "x", n) for n in range(600)])
    import_source(ports, Source.from_bytes(data, "x.jsonl"), progress=told.append)
    assert told == [250, 500, 600]


def test_history_does_not_act(ports: Ports) -> None:
    """Law 5 at this door: an imported tool call runs nothing."""
    import_source(ports, Source.from_bytes(_jsonl(story("a")), "x.jsonl"))
    settle_all(ports)
    assert rows(ports.engine, "select name from tool_calls") == [("find_invoice",)]
    assert count(ports.engine, "llm_tool_executions") == 0


def test_a_rehearsal_tells_new_grown_and_known_apart(ports: Ports) -> None:
    """And keeps nothing."""

    def talk(name: str, text: str) -> str:
        row = {"role": "user", "content": text}
        return json.dumps({"id": name, "transcript": [row]})

    def source(*lines: str) -> Source:
        return Source.from_bytes("\n".join(lines).encode(), "talks.jsonl")

    first = source(talk("a", "one"), talk("b", "two"))
    found = rehearse(ports, first)
    assert (found.new, found.grown, found.known) == (2, 0, 0)
    assert import_source(ports, first).events_new == 4
    again = source(talk("a", "one"), talk("b", "two, and more"), talk("c", "three"))
    found = rehearse(ports, again)
    assert (found.new, found.grown, found.known) == (1, 1, 1)
    assert found.seen.conversations == 3
    assert import_source(ports, again).first == ["a", "b", "c"]
