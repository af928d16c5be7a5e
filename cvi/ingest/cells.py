"""The layout of a table (encoding, delimiter, which column means what) and its rows."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from cvi.errors import BadInput
from cvi.ingest.item import Options, Problem
from cvi.ingest.source import Source

DELIMITERS = (",", ";", "\t", "|")
REQUIRED = ("role", "text")

# Field → column names by which it is known (as `_plain` writes them), best first.
_NAMES = {
    "conversation_id": "conversation_id conversation conv_id call_id call session_id session "
    "dialogue_id dialog_id chat_id thread_id transcript_id interview_id conversationid callid "
    "sessionid",
    "role": "role speaker_role side sender_type sender author from who party",
    "text": "text content message utterance transcript speech body sentence said msg",
    "timestamp": "timestamp time started_at start_time start at datetime date_time created_at "
    "sent_at date ts",
    "end": "end ended_at end_time stop finished_at",
    "duration": "duration duration_s duration_seconds length_s",
    "seconds_from_start": "seconds_from_start offset offset_s offset_seconds start_s start_seconds",
    "speaker": "speaker speaker_name participant participant_name",
    "persona": "persona persona_id pal_id",
    "replica": "replica replica_id face_id",
    "title": "title conversation_name subject",
    "source": "source dataset data_set",
    "language": "language lang locale",
}
ALIASES: Mapping[str, tuple[str, ...]] = {
    field: tuple(names.split()) for field, names in _NAMES.items()
}


class Row(NamedTuple):
    """One row of the table, as long as the header; `line` is where it starts."""

    line: int | None
    cells: list[str]
    where: str


@dataclass(frozen=True)
class Layout:
    """How to read the table. `line` is that of the header."""

    delimiter: str
    encoding: str
    line: int
    columns: tuple[str, ...]
    mapping: Mapping[str, str]

    @property
    def readable(self) -> bool:
        """Whether every required field has a column."""
        return is_readable(self.mapping)

    @cached_property
    def indexes(self) -> dict[str, int]:
        """Field → position of its column."""
        return {name: self.columns.index(column) for name, column in self.mapping.items()}

    @cached_property
    def labels(self) -> list[tuple[str, int]]:
        """Label → position: the columns without a field, and the language under that name."""
        taken = set(self.mapping.values())
        found = [(c, at) for at, c in enumerate(self.columns) if c and c not in taken]
        spoken = self.index("language")
        return found if spoken is None else [*found, ("language", spoken)]

    def index(self, name: str) -> int | None:
        """Position of a field's column."""
        column = self.mapping.get(name)
        return None if column is None else self.columns.index(column)


def is_readable(mapping: Mapping[str, str]) -> bool:
    """Whether every required field has a column."""
    return all(name in mapping for name in REQUIRED)


def guess_mapping(header: Sequence[str]) -> dict[str, str]:
    """Field → column by the columns' names. A column that says who speaks can serve as the role."""
    plain = {_plain(column): column for column in reversed(header)}
    mapping: dict[str, str] = {}
    for name, aliases in ALIASES.items():
        taken = set(mapping.values())
        found = (plain[alias] for alias in aliases if alias in plain)
        column = next((each for each in found if each not in taken), None)
        if column is not None:
            mapping[name] = column
    if "role" not in mapping and "speaker" in mapping:
        mapping["role"] = mapping["speaker"]
    return mapping


def _plain(column: str) -> str:
    """`Conversation ID`, `conversationId` and `conversation-id` are one name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.strip())
    return re.sub(r"\W+", "_", spaced).strip("_").lower()


def layout_of(source: Source, options: Options, *, required: bool = True) -> Layout:
    """Look at the first rows. Raises BadInput when a required field has no column."""
    head = source.head()
    encoding = _encoding(head)
    if b"\x00" in head:
        raise BadInput("binary data, no table", where=source.name, hint="Save it as CSV text.")
    lines = _LINE_END.split(codecs.decode(head, encoding, "replace"))
    skipped = next((at for at, line in enumerate(lines) if _is_content(line)), 0)
    sample = [line for line in lines[skipped : skipped + 20] if line.strip()]
    header, delimiter = _best_header(sample)
    mapping = overridden(guess_mapping(header), options.mapping, header, source.name)
    layout = Layout(delimiter, encoding, skipped + 1, header, mapping)
    if required and not layout.readable:
        raise unmapped(layout, source.name)
    return layout


_LINE_END = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


def _is_content(line: str) -> bool:
    # `sep=;` is what Excel writes first to name its delimiter.
    return bool(line.strip()) and not re.fullmatch(r"\ufeff?\"?sep=.\"?\s*", line, re.IGNORECASE)


def _best_header(sample: list[str]) -> tuple[tuple[str, ...], str]:
    """The delimiter under which the most columns have a meaning, then under which most exist."""
    headers = {
        mark: tuple(cell.strip() for cell in next(csv.reader(sample, delimiter=mark), []))
        for mark in DELIMITERS
    }
    best = max(DELIMITERS, key=lambda mark: (len(guess_mapping(headers[mark])), len(headers[mark])))
    return headers[best], best


def overridden(
    guess: Mapping[str, str], given: Mapping[str, str], header: Sequence[str], name: str
) -> dict[str, str]:
    """The guess with what a person said. Raises BadInput for a field or column there is not."""
    by_name = {column.lower(): column for column in reversed(header)}
    wrong = [each for each in given if each not in ALIASES]
    absent = [column for column in given.values() if column and column.lower() not in by_name]
    if wrong or absent:
        what = f"no field {wrong[0]!r}" if wrong else f"no column {absent[0]!r}"
        choices = ", ".join(ALIASES if wrong else header)
        raise BadInput(what, where=name, hint=f"Choose from: {choices}.")
    said = {each: by_name[column.lower()] for each, column in given.items() if column}
    # A column that was given a meaning loses the one it was guessed to have.
    kept = {k: v for k, v in guess.items() if k not in given and v not in said.values()}
    return {**kept, **said}


def unmapped(layout: Layout, name: str) -> BadInput:
    """The error that names the columns there are and the names that would be known."""
    missing = [each for each in REQUIRED if each not in layout.mapping]
    shown = ", ".join(layout.columns[:20])[:300]
    return BadInput(
        f"no column for {' and '.join(missing)} in the header: {shown}",
        where=f"{name} line {layout.line}",
        hint=f"Map them, e.g. {missing[0]}=<column>; a column is recognised by one of: "
        + "; ".join(f"{each}: {', '.join(ALIASES[each])}" for each in missing)
        + ".",
    )


def rows_of(source: Source, layout: Layout, options: Options) -> Iterator[Row | Problem]:
    """All rows below the header. What is too long or broken is a Problem; blank rows are passed."""
    notes: list[Problem] = []
    lines = islice(_text_lines(source, layout, options, notes), layout.line - 1, None)
    reader = csv.reader(lines, delimiter=layout.delimiter)
    next(reader, None)
    while True:
        line = layout.line + reader.line_num
        try:
            found: Row | Problem | None = _row(next(reader), line, layout, source.name)
        except StopIteration:
            break
        except csv.Error as error:
            hint = "Look for a quote that is never closed. The row was left out."
            what = f"not readable as a row: {error}"
            found = Problem(f"{source.name} line {line}", line, what, hint)
        if found is not None:
            yield found
    yield from notes


def _row(cells: list[str], line: int, layout: Layout, name: str) -> Row | Problem | None:
    width = len(layout.columns)
    if any(cells[width:]):
        what = f"{len(cells)} cells under {width} columns"
        hint = "Quote the texts that hold the delimiter. The row was left out."
        return Problem(f"{name} line {line}", line, what, hint)
    if not any(map(str.strip, cells)):
        return None
    return Row(line, (cells + [""] * width)[:width], f"{name} line {line}")


def _text_lines(
    source: Source, layout: Layout, options: Options, notes: list[Problem]
) -> Iterator[str]:
    """Decoded lines. The first that is outside the encoding is noted; all of them are read."""
    noted = layout.encoding != "utf-8"
    for number, data, broken in source.lines(options.line_bytes):
        where = f"{source.name} line {number}"
        if broken:
            notes.append(Problem(where, number, broken, "What was read before it is kept."))
            continue
        try:
            text = data.decode(layout.encoding)
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
            if not noted:
                what = "not UTF-8 from here on; such lines are read as Windows-1252"
                notes.append(Problem(where, number, what, "Check their accented letters."))
            noted = True
        if "\r" in text:
            yield from filter(None, _LINE_END.split(text))
        else:
            yield text


def _encoding(head: bytes) -> str:
    """UTF-8 if the first bytes are, else what Excel writes in the West (a superset of Latin-1)."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
