"""Tables with a row per turn."""

from __future__ import annotations

import pytest

from cvi import ingest
from cvi.errors import BadInput, TooLarge
from cvi.ingest import Source
from cvi.ingest.cells import guess_mapping

HEAD = "conversation_id,role,text\n"
PLAIN = HEAD + "c1,user,Hi\nc1,assistant,Hello\n"


def _with(delimiter: str) -> str:
    return PLAIN.replace(",", delimiter)


PACKINGS = [
    ("comma", PLAIN.encode()),
    ("semicolon", _with(";").encode()),
    ("tab", _with("\t").encode()),
    ("pipe", _with("|").encode()),
    ("excel's sep line", b"sep=;\r\n" + _with(";").encode()),
    ("mark", b"\xef\xbb\xbf" + PLAIN.encode()),
    ("utf-16", PLAIN.encode("utf-16")),
    ("crlf", PLAIN.replace("\n", "\r\n").encode()),
    ("cr", PLAIN.replace("\n", "\r").encode()),
    ("quoted", b'"conversation_id","role","text"\n"c1","user","Hi"\n"c1","assistant","Hello"\n'),
    ("blank lines", b"\n\n" + PLAIN.encode() + b"\n,,\n\n"),
]


@pytest.mark.parametrize(("_name", "data"), PACKINGS, ids=[name for name, _ in PACKINGS])
def test_every_packing_gives_the_same_turns(read, _name, data) -> None:
    found = read(data, "turns.csv")
    assert found.problems == []
    assert found.ids == ["c1"]
    assert [(row["role"], row["content"]) for row in found.rows()] == [
        ("user", "Hi"),
        ("assistant", "Hello"),
    ]


HEADERS = [
    (["Conversation ID", "Speaker Role", "Message"], "Conversation ID", "Speaker Role", "Message"),
    (["callId", "side", "utterance"], "callId", "side", "utterance"),
    (["session-id", "sender", "body"], "session-id", "sender", "body"),
    (["call", "speaker", "content", "text"], "call", "speaker", "text"),
    (["id", "who", "said"], None, "who", "said"),
]


@pytest.mark.parametrize(("header", "conversation", "role", "text"), HEADERS)
def test_columns_are_known_by_many_names(header, conversation, role, text) -> None:
    mapping = guess_mapping(header)
    assert (mapping.get("conversation_id"), mapping["role"], mapping["text"]) == (
        conversation,
        role,
        text,
    )


def test_times_labels_and_fields_of_the_conversation(read) -> None:
    table = (
        "call_id,speaker,text,start,end,title,persona,language,rating,zip\n"
        "c1,agent,Hi,0.5,2,Talk,coach,en,,02139\n"
        "c1,user,Hello,00:02.5,00:04,Other,,de,4,\n"
    )
    found = read(table, "turns.csv")
    assert found.about() == {
        "title": "Talk",
        "persona": "coach",
        "source": "file",
        "status": "ended",
        "labels": {"rating": 4, "zip": "02139", "language": "en"},
    }
    assert [(r["seconds_from_start"], r["duration"]) for r in found.rows()] == [
        (0.5, 1.5),
        (2.5, 1.5),
    ]


def test_cells_hold_delimiters_quotes_and_lines(read) -> None:
    table = HEAD + 'c1,user,"a, ""b""\nand c"\nc1,assistant,d\nc1,,e\n'
    found = read(table, "turns.csv")
    assert found.rows()[0]["content"] == 'a, "b"\nand c'
    assert found.lines == [5]  # counted in lines of the file, not in rows
    assert len(found.rows()) == 3


def test_conversations_may_interleave(read) -> None:
    table = HEAD + "".join(f"c{n % 3},user,turn {n}\n" for n in range(9))
    found = read(table, "turns.csv")
    assert found.ids == ["c0", "c1", "c2"]
    assert [row["content"] for row in found.rows(1)] == ["turn 1", "turn 4", "turn 7"]


def test_only_open_conversations_are_held() -> None:
    grouped = HEAD + "".join(f"c{n // 2},user,{'x' * 50}\n" for n in range(200))
    mixed = HEAD + "".join(f"c{n % 100},user,{'x' * 50}\n" for n in range(200))

    def count(table: str) -> int:
        source = Source.from_bytes(table.encode(), "turns.csv")
        return len(list(ingest.read(source, document_bytes=5_000)))

    assert count(grouped) == 200
    with pytest.raises(TooLarge, match="Sort the table"):
        count(mixed)


def test_a_table_without_ids_is_one_conversation(read) -> None:
    found = read("role,text\nuser,Hi\nassistant,Hello\n", "turns.csv")
    assert len(found.ids) == 1
    assert found.ids[0].startswith("file-")
    assert found.ids == read("role,text\nuser,Hi\nassistant,Hello\n", "b.csv").ids
    assert "single one" in found.problems[0].what


def test_a_mapping_overrides_the_guess(read) -> None:
    table = "x,y,text,z\nc1,user,English,Deutsch\n"
    mapping = {"conversation_id": "X", "role": "y", "text": "z"}
    found = read(table, "turns.csv", reader="csv", mapping=mapping)
    assert found.ids == ["c1"]
    assert found.rows()[0]["content"] == "Deutsch"
    assert found.about()["labels"] == {"text": "English"}


WRONG = [
    ("a,b\n1,2\n", {}, "no column for role and text in the header: a, b"),
    ("role,b\nuser,2\n", {}, "text: text, content, message"),
    ("role,text\nuser,2\n", {"role": "nope"}, "no column 'nope'.* role, text"),
    ("role,text\nuser,2\n", {"rolle": "text"}, "no field 'rolle'.*conversation_id"),
]


@pytest.mark.parametrize(("table", "mapping", "message"), WRONG)
def test_an_unmapped_table_is_refused_with_the_choices(read, table, mapping, message) -> None:
    with pytest.raises(BadInput, match=message):
        read(table, "turns.csv", mapping=mapping)


def test_rows_that_do_not_fit_are_named(read) -> None:
    table = HEAD + "c1,user,a,b\n,user,lost\nc1,user\nc1,Ann,x\n" + f'c1,user,"{"y" * 140_000}"\n'
    found = read(table + "c1,user,end\n", "turns.csv")
    assert found.lines == [2, 3, 5, 6]
    assert [row["content"] for row in found.rows()] == ["", "x", "end"]
    assert found.rows()[1]["role"] == "Ann"


def test_an_open_quote_does_not_swallow_a_large_file(read) -> None:
    filler = "".join(f"c1,user,row number {n}\n" for n in range(20_000))
    found = read(HEAD + 'c1,user,"never closed\n' + filler, "turns.csv")
    assert "never closed" in found.problems[0].hint
    assert len(found.rows()) > 10_000


ENCODINGS = [
    ("cp1252", 0, "café – naïve", []),
    ("utf-8", 0, "café – naïve", []),
    ("cp1252", 4000, "café – naïve", [4002]),
]


@pytest.mark.parametrize(("encoding", "before", "text", "lines"), ENCODINGS)
def test_encodings(read, encoding, before, text, lines) -> None:
    """Past the first look, a file that turns out to be Latin is still read, and that is said."""
    table = HEAD + f"c1,user,{'x' * 20}\n" * before + f"c1,user,{text}\n" * 2
    found = read(table.encode(encoding), "turns.csv")
    assert found.rows()[-1]["content"] == text
    assert found.lines == lines


def test_binary_data_named_csv_is_refused(read) -> None:
    with pytest.raises(BadInput, match="binary data"):
        read(bytes(range(256)) * 10, "turns.csv")
    with pytest.raises(BadInput, match="binary data"):
        read(bytes(range(256)) * 10, "turns.csv", reader="csv")


def test_what_a_row_says_and_nobody_keeps_is_told() -> None:
    """A time that is none, a persona that changes, a label that differs by turn (once a file)."""
    text = (
        "conversation_id,role,text,timestamp,persona,mood\n"
        "a,user,Hi,yesterday,p,1\n"
        "a,assistant,Hello,2026-03-01T10:00:02Z,q,2\n"
        "a,user,Bye,2026-03-01T10:00:09Z,p,3\n"
        "b,user,Hi,2026-03-01T10:00:00Z,p,1\n"
        "b,user,Hi,2026-03-01T10:00:00Z,p,2\n"
    )
    found = list(ingest.read(ingest.Source.from_bytes(text.encode(), "t.csv")))
    problems = [str(each) for each in found if isinstance(each, ingest.Problem)]
    assert problems == [
        "t.csv line 2: the time 'yesterday' cannot be read. The turn is kept without it.",
        (
            "t.csv line 3: persona is 'q' here and 'p' in an earlier row of the conversation. "
            "The first of each conversation is kept."
        ),
        (
            "t.csv line 3: mood is '2' here and '1' in an earlier row of the conversation. "
            "The first of each conversation is kept."
        ),
    ]
