"""The dry run, and telling formats apart."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path

import pytest

from cvi import ingest
from cvi.errors import BadInput
from cvi.events import parse_payload
from cvi.ingest import Source

SAMPLES = [
    # file, reader, conversations, turns, turns with times, problems
    ("transcripts.jsonl", "transcripts", 2, 7, 4, 0),
    ("events.jsonl", "events", 1, 2, 2, 0),
    ("turns.csv", "csv", 2, 5, 5, 0),
    ("call.vtt", "subtitles", 1, 2, 2, 1),
    ("call.srt", "subtitles", 1, 3, 3, 1),
    ("tavus_verbose.json", "tavus", 1, 2, 2, 0),
]


@pytest.mark.parametrize(("name", "reader", "calls", "turns", "timed", "problems"), SAMPLES)
@pytest.mark.parametrize("packed", [False, True])
def test_the_samples(samples, name, reader, calls, turns, timed, problems, packed) -> None:
    data = (samples / name).read_bytes()
    stored = gzip.compress(data, mtime=0) if packed else data
    seen = ingest.preview(Source.from_bytes(stored, f"{name}.gz" if packed else name))
    assert (seen.reader, seen.conversations, seen.turns) == (reader, calls, turns)
    assert (seen.with_times, seen.problem_count) == (timed, problems)
    assert seen.bytes == len(stored)
    assert seen.complete
    assert 0 < len(seen.sample) <= 5


@pytest.mark.parametrize("name", [name for name, *_ in SAMPLES])
def test_the_content_tells_the_format_whatever_the_name(samples, name) -> None:
    data = (samples / name).read_bytes()
    wanted = ingest.detect(samples / name)
    for other in ("upload", "upload.txt", "upload.csv", "upload.jsonl", "upload.vtt"):
        assert ingest.detect(Source.from_bytes(data, other)) == wanted


@pytest.mark.parametrize("name", [name for name, *_ in SAMPLES])
def test_exactly_one_reader_claims_each_sample(samples, name) -> None:
    head = (samples / name).read_bytes()
    assert sum(reader.sniff(head, name) for reader in ingest.READERS.values()) == 1


@pytest.mark.parametrize("name", [name for name, *_ in SAMPLES])
def test_reading_twice_gives_the_same_events(samples, name) -> None:
    def ids() -> list[str]:
        found = ingest.read(samples / name)
        return [parse_payload(i.payload).id for i in found if isinstance(i, ingest.Item)]

    assert ids() == ids() != []


def test_counts_columns_and_samples_of_a_table(samples) -> None:
    seen = ingest.preview(samples / "turns.csv")
    assert seen.columns[:3] == ("conversation_id", "speaker", "text")
    assert seen.mapping["role"] == "speaker"
    assert seen.roles == {"assistant": 3, "user": 2}
    assert seen.speakers == {"agent": "assistant", "customer": "user"}
    assert seen.events["application.transcription_ready"] == 2
    assert seen.sample[0]["time"] == "2026-03-04T15:00:01+00:00"


def test_utterances_and_a_final_transcript_are_not_counted_twice() -> None:
    turns = [{"role": "user", "content": "a"}, {"role": "Ann", "content": "b"}]
    said = {"event_type": "conversation.utterance", "properties": {"role": "user", "text": "a"}}
    ready = {
        "event_type": "application.transcription_ready",
        "properties": {"transcript": turns},
    }
    lines = [{**each, "conversation_id": "c"} for each in (said, ready)]
    data = "\n".join(map(json.dumps, lines)).encode()
    seen = ingest.preview(Source.from_bytes(data, "dump.jsonl"))
    assert seen.turns == 1
    assert seen.roles == {"user": 2, "unknown": 1}


def test_a_limit_stops_after_so_many_conversations() -> None:
    lines = [json.dumps({"id": f"c{n}", "transcript": []}) for n in range(10)]
    seen = ingest.preview(Source.from_bytes("\n".join(lines).encode(), "a.jsonl"), limit=3)
    assert (seen.conversations, seen.complete) == (3, False)
    assert seen.events == {"conversation.described": 3, "application.transcription_ready": 3}


def test_problems_are_shown_up_to_a_number_and_all_counted() -> None:
    data = b'{"id": "c", "transcript": []}\n' + b"bad\n" * 300
    seen = ingest.preview(Source.from_bytes(data, "a.jsonl"))
    assert (len(seen.problems), seen.problem_count, seen.conversations) == (200, 300, 1)


def test_a_flood_of_names_is_cut() -> None:
    turns = [{"role": f"r{n}", "content": "x"} for n in range(500)]
    data = json.dumps({"id": "c", "transcript": turns}).encode()
    seen = ingest.preview(Source.from_bytes(data, "a.json"))
    assert len(seen.speakers) == 50
    assert seen.roles == {"unknown": 500}


REFUSED = [
    (b"", "a.jsonl", "the file is empty"),
    (b" \n\n", "a.csv", "the file is empty"),
    (gzip.compress(b"", mtime=0), "a.jsonl.gz", "the file is empty"),
    (b"%PDF-1.7 ...", "a.csv", "a PDF"),
    (bytes(range(256)), "a.jsonl", "binary data"),
    (b"\x89PNG\r\n", "a", "an image"),
    (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "a.gz", "gz inside gz"),
    (b"<!DOCTYPE html><p>", "a.html", "a web page"),
    (b"just some words", "a.txt", "text that starts with 'just some words'"),
    (b'{"foo": 1, "bar": 2}', "a.json", "JSON objects with the keys bar, foo"),
]


@pytest.mark.parametrize(("data", "name", "message"), REFUSED)
def test_what_is_no_format_is_described(data, name, message) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        ingest.detect(Source.from_bytes(data, name))
    assert all(reader in caught.value.hint for reader in ingest.READERS)


def test_an_unknown_reader_is_refused(samples) -> None:
    with pytest.raises(BadInput, match="Choose from"):
        ingest.read(samples / "turns.csv", reader="excel")


@pytest.mark.parametrize("data", [b"[" * 10_000 + b"]" * 10_000, b'[{"id": 1, "transcript": [}'])
def test_a_broken_document_is_bad_input(data) -> None:
    with pytest.raises(BadInput, match="not JSON"):
        ingest.preview(Source.from_bytes(data, "a.json"), reader="transcripts")


def test_folders_are_expanded(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("b.jsonl", "a.csv.gz", "deep/c.VTT", "README.md", ".hidden/d.csv", ".e.csv"):
        (tmp_path / name).touch()
    (tmp_path / "deep" / "loop").symlink_to(tmp_path)
    found = ingest.expand([tmp_path, tmp_path / "README.md", tmp_path / "b.jsonl"])
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert names == ["a.csv.gz", "b.jsonl", "deep/c.VTT", "README.md"]
    with pytest.raises(BadInput):
        ingest.expand([tmp_path / "nothing"])


@pytest.mark.parametrize("cut", range(0, 400, 13))
def test_no_cut_of_any_sample_raises_anything_unforeseen(samples, cut) -> None:
    for name, *_ in SAMPLES:
        data = (samples / name).read_bytes()[:cut]
        with contextlib.suppress(BadInput):
            assert ingest.preview(Source.from_bytes(data, name)).bytes == len(data)


HOSTILE = [
    ("quotes", b"{" + b'\\"' * 40_000, "a.json"),
    ("openers", b"[" * 1_000_000, "a.json"),
    ("voice tags", b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"<v " * 300_000, "a.vtt"),
    ("names", b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"A: b\n" * 100_000, "a.vtt"),
    ("quoted cells", b"role,text\n" + b'"' * 1_000_000, "a.csv"),
    ("columns", b"role,text" + b",x" * 300_000, "a.csv"),
]


@pytest.mark.timeout(20)  # what grows with the square of its size takes minutes here
@pytest.mark.parametrize(("_name", "data", "file"), HOSTILE, ids=[name for name, *_ in HOSTILE])
def test_hostile_repetition_costs_no_more_than_its_length(_name, data, file) -> None:
    with contextlib.suppress(BadInput):
        assert ingest.preview(Source.from_bytes(data, file)).turns <= 1
