"""Transcripts in JSON and JSONL, tidy and hostile."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from cvi import ingest
from cvi.events import parse_payload

TURNS = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
CALL = {"id": "c1", "source": "mine", "labels": {"stars": 4}, "split": "dev", "transcript": TURNS}
OTHER = {**CALL, "id": "c2"}
SHARED = Path(
    os.environ.get("CVI_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)

SHAPES = [
    ("jsonl", "\n".join(map(json.dumps, (CALL, OTHER))), "a.jsonl"),
    ("jsonl named json", "\n\n".join(map(json.dumps, (CALL, OTHER))), "a.json"),
    ("jsonl without extension", "\n".join(map(json.dumps, (CALL, OTHER))), "a"),
    ("list", json.dumps([CALL, OTHER]), "a.json"),
    ("pretty list", json.dumps([CALL, OTHER], indent=2), "a.json"),
    ("pretty list named jsonl", json.dumps([CALL, OTHER], indent=2), "a.jsonl"),
    ("list, an object a line", f"[\n{json.dumps(CALL)},\n{json.dumps(OTHER)}\n]", "a.json"),
    ("page", json.dumps({"data": [CALL, OTHER], "total": 2}), "a.json"),
    ("pretty page", json.dumps({"data": [CALL, OTHER]}, indent=1), "a.json"),
    ("mark", b"\xef\xbb\xbf" + json.dumps([CALL, OTHER]).encode(), "a.json"),
    ("gz", gzip.compress("\n".join(map(json.dumps, (CALL, OTHER))).encode()), "a.jsonl.gz"),
]


@pytest.mark.parametrize(("_name", "data", "file"), SHAPES, ids=[name for name, *_ in SHAPES])
def test_every_shape_of_file_gives_the_same_payloads(read, _name, data, file) -> None:
    found = read(data, file)
    assert found.problems == []
    assert found.ids == ["c1", "c2"]
    assert found.rows() == TURNS
    assert found.about() == {
        "source": "mine",
        "labels": {"stars": 4, "split": "dev"},
        "status": "ended",
    }


def test_one_pretty_object_is_one_conversation(read) -> None:
    assert read(json.dumps(CALL, indent=4), "a.json").ids == ["c1"]


ROWS = [
    ("as given", {"role": "user", "content": "x", "labels": {"a": 1}}, {"labels": {"a": 1}}),
    ("role under from", {"from": "human", "value": "x"}, {"role": "human", "content": "x"}),
    ("role under speaker", {"speaker": "agent", "text": "x"}, {"role": "agent"}),
    (
        "strange role keeps its name",
        {"role": "Ann", "text": "x"},
        {"role": "Ann", "speaker": "Ann"},
    ),
    ("small number", {"role": "user", "text": "x", "start": 2.5}, {"seconds_from_start": 2.5}),
    ("clock", {"role": "user", "text": "x", "time": "1:02:03.5"}, {"seconds_from_start": 3723.5}),
    ("start and end", {"role": "user", "text": "x", "start": 2, "end": 5}, {"duration": 3}),
    (
        "dates",
        {
            "role": "user",
            "text": "x",
            "start": "2026-01-01T00:00:00Z",
            "end": "2026-01-01T00:00:04Z",
        },
        {"timestamp": "2026-01-01T00:00:00Z", "duration": 4},
    ),
    ("epoch", {"role": "user", "text": "x", "timestamp": 1.79e9}, {"timestamp": 1.79e9}),
    ("end before start", {"role": "user", "text": "x", "start": 5, "end": 2}, {"role": "user"}),
    ("empty text", {"role": "user", "content": ""}, {"content": ""}),
]


@pytest.mark.parametrize(("_name", "row", "wanted"), ROWS, ids=[name for name, *_ in ROWS])
def test_a_row_gets_the_keys_that_parsing_knows(read, _name, row, wanted) -> None:
    found = read({"id": "c", "transcript": [row]}, "a.json")
    shaped = found.rows()[0]
    assert {key: shaped[key] for key in wanted} == wanted
    parsed = parse_payload(found.items[1].payload)
    assert len(parsed.properties["transcript"]) == 1


def test_times_come_from_the_data_and_from_nowhere_else(read) -> None:
    late, early = "2026-01-01T10:00:09Z", "2026-01-01T10:00:02Z"
    turns = [{"role": "user", "content": "a", "timestamp": t} for t in (late, early)]
    found = read({"id": "c", "transcript": turns}, "a.json")
    assert [parse_payload(i.payload).at.second for i in found.items] == [2, 9]
    assert "started_at" not in found.about()
    again = read({"id": "c", "transcript": turns}, "b.json")
    ids = [[parse_payload(i.payload).id for i in each.items] for each in (found, again)]
    assert ids[0] == ids[1]
    assert "timestamp" not in read(CALL, "a.json").items[0].payload


def test_described_fields_by_all_their_names(read) -> None:
    call = {
        "conversation_id": "c",
        "name": "Talk",
        "pal_id": "p",
        "face_id": "f",
        "start_time": "2026-01-01T10:00:00Z",
        "duration": "12.5",
        "messages": TURNS,
    }
    assert read(call, "a.json").about() == {
        "title": "Talk",
        "persona": "p",
        "replica": "f",
        "source": "file",
        "labels": {},
        "status": "ended",
        "started_at": "2026-01-01T10:00:00Z",
        "duration_s": 12.5,
    }


def test_a_conversation_without_id_is_named_after_its_content(read) -> None:
    ids = read([{"transcript": TURNS}, {"transcript": TURNS[:1]}], "a.json").ids
    assert ids == read([{"transcript": TURNS}, {"transcript": TURNS[:1]}], "b.json").ids
    assert all(name.startswith("file-") and len(name) == 21 for name in ids)
    assert ids[0] != ids[1]


def test_repeated_ids(read) -> None:
    changed = {**CALL, "transcript": TURNS[:1]}
    found = read([CALL, CALL, changed, CALL, changed], "a.json")
    assert found.ids == ["c1", "c1#2"]
    assert len(found.items) == 4
    assert ["c1#2" in problem.what for problem in found.problems] == [True]


def test_roles_can_be_given_by_name(read) -> None:
    turns = [{"speaker": "Ann", "text": "a"}, {"role": "Bob", "text": "b"}]
    found = read({"id": "c", "turns": turns}, "a.json", roles={"ann": "user", "Bob": "assistant"})
    assert [row["role"] for row in found.rows()] == ["user", "assistant"]


BAD_LINES = [
    ("not JSON", b"nonsense"),
    ("cut", b'{"id": "x", "transcript": [{"ro'),
    ("invalid UTF-8", b'{"id": "\xff\xfe", "transcript": []}'),
    ("binary", bytes(range(1, 9)) * 20),
    ("scalar", b"42"),
    ("deep", b'{"id": "x", "transcript": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    ("deep enough to pass a parser", b'{"transcript": ' + b"[" * 900 + b"]" * 900 + b"}"),
    ("no transcript", b'{"id": "x"}'),
    ("transcript is text", b'{"id": "x", "transcript": "hello"}'),
]


@pytest.mark.parametrize(("_name", "line"), BAD_LINES, ids=[name for name, _ in BAD_LINES])
@pytest.mark.parametrize("place", [0, 1])
def test_a_bad_line_is_named_and_the_rest_goes_on(read, _name, line, place) -> None:
    good = [json.dumps(CALL).encode(), json.dumps(OTHER).encode()]
    found = read(b"\n".join([*good[:place], line, *good[place:]]), "a.jsonl")
    assert found.ids == ["c1", "c2"]
    assert found.lines == [place + 1]
    assert found.problems[0].where == f"a.jsonl line {place + 1}"


def test_numbers_that_no_database_takes_are_softened(read) -> None:
    line = b'{"id": "x", "labels": {"a": NaN, "b": 1e999, "c": %s}, "transcript": []}' % (b"9" * 30)
    labels = read(line, "a.jsonl").about()["labels"]
    assert labels == {"a": None, "b": None, "c": 1e30}
    line = line.replace(b"9" * 30, b"9" * 5000)
    assert read(line, "a.jsonl").about()["labels"]["c"] is None


def test_turns_without_a_role_are_reported_once_and_kept(read) -> None:
    turns = [{"content": "who?"}, *TURNS, "just text", {"role": "", "content": "?"}]
    found = read(json.dumps({"id": "c", "transcript": turns}), "a.jsonl")
    assert len(found.rows()) == 5
    assert [(p.line, "3 of 5 turns" in p.what) for p in found.problems] == [(1, True)]


def test_a_one_sided_and_an_empty_conversation_are_read(read) -> None:
    found = read([{"id": "a", "transcript": TURNS[:1]}, {"id": "b", "transcript": []}], "a.json")
    assert found.ids == ["a", "b"]
    assert found.problems == []


def test_ids_are_made_storable(read) -> None:
    found = read(
        [{"id": "x" * 300 + "1", "turns": []}, {"id": "x" * 300, "turns": TURNS}], "a.json"
    )
    events = [parse_payload(item.payload).conversation_id for item in found.items]
    assert [item.conversation_id for item in found.items] == events
    assert len(set(events)) == 2


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no shared data at {SHARED}")
def test_every_line_of_the_shared_data_is_readable() -> None:
    counts = {}
    for path in ingest.expand([SHARED]):
        kinds = Counter(type(each) for each in ingest.read(path))
        assert kinds[ingest.Problem] == 0
        counts[f"{path.parent.name}/{path.name}"] = kinds[ingest.Item] // 2
    assert len(counts) >= 10
    assert counts["casino/train.jsonl.gz"] == 900
    assert counts["chitchat/two_sided.jsonl.gz"] == 4018
    assert counts["sgd/train.jsonl.gz"] == 12_174
    assert counts["taskmaster4/all.jsonl.gz"] == 3710


def test_what_a_record_says_and_nobody_keeps_is_told() -> None:
    """Times that are none, a length in words, nested values that are no labels."""
    rows = [
        {"role": "user", "content": "Hi", "start": "soon"},
        {"role": "assistant", "content": "Hello", "start": 2.0, "end": "later"},
        {"role": "user", "content": "Bye", "start": 9.0, "end": 11.0},
    ]
    record = {"id": "a", "transcript": rows, "duration": "an hour", "team": ["x"], "note": "n"}
    found = list(ingest.read(ingest.Source.from_bytes(json.dumps(record).encode(), "t.jsonl")))
    problems = [str(each) for each in found if isinstance(each, ingest.Problem)]
    assert problems == [
        (
            "t.jsonl line 1: 2 of 3 turns have a time that cannot be read (first: turn 1, 'soon'). "
            "They are kept without it."
        ),
        (
            "t.jsonl line 1: not read: 'team', 'duration'. "
            "Labels are texts and numbers; durations are seconds."
        ),
    ]
