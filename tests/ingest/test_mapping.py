"""Files whose columns and keys nobody could guess, and turns that could not be read whole."""

from __future__ import annotations

import json

import pytest

from cvi import ingest
from cvi.errors import BadInput
from cvi.ingest import Source

ROWS = [
    {"call": 7, "who": "agent", "said": "Hello", "t": 0, "extra": {"a": 1}},
    {"call": 7, "who": "customer", "said": "Hi", "t": 2.5},
    {"call": 8, "who": "agent", "said": "Yes?", "t": 0},
]
ODD = [{"nr": 7, "wer": "A", "wort": "Hello", "wann": 0}, {"nr": 7, "wer": "B", "wort": "Hi"}]
NESTED = [
    {"nr": "k1", "wer": "coach", "rede": [{"x": "A", "y": "Hello"}, {"x": "B", "y": "Hi"}]},
    {"nr": "k2", "rede": [{"x": "A", "y": "Yes?", "speech": "not this"}]},
]
TO_NESTED = {"conversation_id": "nr", "persona": "wer", "turns": "rede", "role": "x", "text": "y"}
SIDES = {"A": "assistant", "B": "user"}


def _lines(rows: list[dict]) -> str:
    return "\n".join(map(json.dumps, rows))


@pytest.mark.parametrize("data", [_lines(ROWS), json.dumps(ROWS), json.dumps({"data": ROWS})])
def test_json_with_an_object_a_turn_is_a_table(read, data) -> None:
    """Its keys are the columns; what has no field is a label."""
    assert ingest.detect(Source.from_bytes(data.encode(), "a.json")) == "rows"
    found = read(data, "a.json")
    assert found.ids == ["7", "8"]
    assert [(row["role"], row["content"]) for row in found.rows()] == [
        ("agent", "Hello"), ("customer", "Hi"),
    ]  # fmt: skip
    assert found.about()["labels"]["extra"] == '{"a": 1}'
    seen = ingest.preview(Source.from_bytes(data.encode(), "a.json"))
    assert seen.mapping["conversation_id"] == "call"
    assert (seen.turns, seen.roles) == (3, {"assistant": 2, "user": 1})


def test_unknown_keys_are_asked_for_and_then_read(read) -> None:
    """As with a table; the format is found by the mapping."""
    source = Source.from_bytes(json.dumps(ODD).encode(), "a.json")
    with pytest.raises(BadInput):
        ingest.detect(source)
    assert ingest.likely(source) == "rows"
    header = ingest.READERS["rows"].header(source, ingest.Options())
    assert header.columns == ("nr", "wer", "wort", "wann")
    mapping = {"conversation_id": "nr", "role": "wer", "text": "wort", "seconds_from_start": "wann"}
    found = read(ODD, "a.json", mapping=mapping, roles=SIDES)
    assert found.problems == []
    assert [(row["role"], row["content"]) for row in found.rows()] == [
        ("assistant", "Hello"), ("user", "Hi"),
    ]  # fmt: skip


def test_a_conversation_an_object_is_mapped_at_both_levels(read) -> None:
    """What a person said wins over what a key is usually called."""
    source = Source.from_bytes(_lines(NESTED).encode(), "a.jsonl")
    assert ingest.likely(source) == "transcripts"
    header = ingest.READERS["transcripts"].header(source, ingest.Options())
    assert header.mapping["turns"] == "rede"
    assert header.fields["role"] == ("x", "y", "speech")
    assert header.fields["conversation_id"] == ("nr", "wer", "rede")
    found = read(_lines(NESTED), "a.jsonl", mapping=TO_NESTED, roles=SIDES)
    assert found.ids == ["k1", "k2"]
    assert found.about()["persona"] == "coach"
    seen = ingest.preview(source, mapping=TO_NESTED, roles=SIDES)
    assert [row["text"] for row in seen.sample] == ["Hello", "Hi", "Yes?"]
    assert seen.roles == {"assistant": 2, "user": 1}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [({"role": "nope"}, "no key 'nope'.*x, y"), ({"rolle": "x"}, "no field 'rolle'.*role")],
)
def test_a_mapping_to_nothing_is_refused(read, mapping, message) -> None:
    """Before anything is read."""
    with pytest.raises(BadInput, match=message):
        read(_lines(NESTED), "a.jsonl", mapping=mapping)


def test_what_no_mapping_can_mend_is_refused() -> None:
    """Prose, a picture, nothing."""
    for data in (b"just some words", b"\x89PNG\r\n", b""):
        with pytest.raises(BadInput):
            ingest.likely(Source.from_bytes(data, "a"))
    assert ingest.likely(Source.from_bytes(b"a;b\n1;2\n", "a")) == "csv"


def test_a_speaker_nobody_knows_is_a_problem_until_mapped(read) -> None:
    """Told once a name, with the way to map it; hostile names do not flood."""
    turns = [{"role": name, "content": "x"} for name in ("mediator", "user", "mediator")]
    line = json.dumps({"id": "c", "transcript": turns})
    found = read(line, "a.jsonl")
    assert [problem.line for problem in found.problems] == [1, None]
    assert "'mediator' is neither the user nor the assistant" in found.problems[0].what
    assert "mediator=assistant" in found.problems[0].hint
    assert read(line, "a.jsonl", roles={"Mediator": "assistant"}).problems == []
    many = [{"role": f"r{number}", "content": "x"} for number in range(500)]
    assert len(read(json.dumps({"id": "c", "transcript": many}), "a.jsonl").problems) == 50
