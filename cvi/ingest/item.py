"""What the readers yield, and the registry they stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cvi.ingest.source import DOCUMENT_BYTES, LINE_BYTES, Source
from cvi.registry import Registry


@dataclass(frozen=True, slots=True)
class Item:
    """One payload that `cvi.events.parse_payload` understands. `where`: `calls.jsonl line 12`.

    `body`: the bytes as they once came, where the file has kept them.
    """

    payload: dict[str, Any]
    where: str
    conversation_id: str | None
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that could not be read, or was read by a guess worth checking."""

    where: str
    line: int | None
    what: str
    hint: str = ""

    def __str__(self) -> str:
        stop = "" if not self.hint or self.what.endswith((".", "?", "!")) else "."
        return f"{self.where}: {self.what}{stop} {self.hint}".strip()


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may say about a file, and the limits (in decompressed bytes)."""

    mapping: Mapping[str, str] = field(default_factory=dict)  # table field → column
    roles: Mapping[str, str] = field(default_factory=dict)  # speaker or role as written → role
    document_bytes: int = DOCUMENT_BYTES
    line_bytes: int = LINE_BYTES


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table and what each field is read from. `fields` are those that may be
    mapped, each with its columns."""

    columns: tuple[str, ...]
    mapping: Mapping[str, str]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Reading = Iterator[Item | Problem]


@dataclass(frozen=True, slots=True)
class Reader:
    """One file format. `sniff` gets the first bytes (decompressed, UTF-8) and the name."""

    name: str
    summary: str
    extensions: tuple[str, ...]
    sniff: Callable[[bytes, str], bool]
    read: Callable[[Source, Options], Reading]
    header: Callable[[Source, Options], Header] | None = None


# The formats are told apart by what they contain, so the order of registration means nothing.
READERS: Registry[Reader] = Registry("file format")
