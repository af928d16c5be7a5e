"""Telling formats apart, by what a file contains and only then by its name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from cvi.errors import BadInput
from cvi.ingest.item import READERS, Options, Reader
from cvi.ingest.records import Record, first_keys, records
from cvi.ingest.source import Source

# First bytes of files that people do hand in by mistake.
_MAGIC = {
    b"PK\x03\x04": "a zip archive (perhaps an Excel or Word file)",
    b"%PDF": "a PDF",
    b"SQLite format 3": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "gz inside gz",
    b"\x89PNG": "an image",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"BZh": "bzip2 data",
    b"\x28\xb5\x2f\xfd": "zstd data",
}
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1f]")


def detect(given: Source | Path | str) -> str:
    """The name of the reader for a file. Raises BadInput that says what was found instead."""
    source = Source.of(given)
    head = source.head()
    for name, reader in READERS.items():
        if reader.sniff(head, source.name):
            return name
    named = [name for name, each in READERS.items() if _has_extension(source.name, each)]
    # An extension cannot overrule content that was understood and is something else.
    if named and head.strip() and not _is_binary(head) and not first_keys(head):
        # Three formats are JSON; of broken JSON nobody can say which it was meant to be.
        return "transcripts" if "transcripts" in named else named[0]
    formats = "; ".join(
        f"{name} ({', '.join(each.extensions)}): {each.summary}" for name, each in READERS.items()
    )
    raise BadInput(
        f"this is none of the formats that can be read; it contains {describe(head)}.",
        where=source.name,
        hint=f"Formats: {formats}. Each may be compressed as .gz.",
    )


def likely(given: Source | Path | str) -> str:
    """The reader that a mapping could make read the file, where `detect` knows none.

    Raises BadInput, as `detect` does, for what no mapping can mend.
    """
    source = Source.of(given)
    try:
        return detect(source)
    except BadInput:
        head = source.head()
        found = first_keys(head)
        first = head.split(b"\n", 1)[0]
        if found:
            first_one = next(each for each in records(source, Options()))
            value = first_one.value if isinstance(first_one, Record) else {}
            inner = any(isinstance(v, list) and any(isinstance(e, dict) for e in v)
                        for v in value.values())  # fmt: skip
            return "transcripts" if inner else "rows"
        marks = (b",", b";", b"\t", b"|")
        if not _is_binary(head) and head.count(b"\n") and any(mark in first for mark in marks):
            return "csv"
        raise


def reader_for(source: Source, name: str | None, *, mapped: bool = False) -> Reader:
    """The reader asked for, or the detected one; with a mapping also one that needs it."""
    if name is not None and name not in READERS:
        raise BadInput(f"no file format {name!r}", hint=f"Choose from: {', '.join(READERS)}.")
    return READERS[name or (likely(source) if mapped else detect(source))]


def describe(head: bytes) -> str:
    """What the first bytes look like, in words."""
    if not head.strip():
        return "nothing (the file is empty)"
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            return what
    if _is_binary(head):
        return f"binary data (first bytes: {head[:8].hex(' ')})"
    if keys := first_keys(head):
        return f"JSON objects with the keys {', '.join(sorted(keys[0])[:12])}"
    text = " ".join(head[:200].decode("utf-8", "replace").split())
    kind = "a web page" if text.lower().startswith(("<!doctype", "<html")) else "text"
    return f"{kind} that starts with {text[:60]!r}"


def _is_binary(head: bytes) -> bool:
    # Up to one control character in fifty is dirt; more is no text.
    controls = len(_CONTROLS.findall(head))
    return b"\x00" in head or controls > len(head) / 50 or head.startswith(tuple(_MAGIC))


def _has_extension(name: str, reader: Reader) -> bool:
    return name.lower().removesuffix(".gz").endswith(reader.extensions)


def expand(paths: Iterable[Path | str]) -> list[Path]:
    """Files as given, folders replaced by the files in them that have a known extension.

    Sorted within a folder, hidden files and folders left out, every file once.
    """
    found: list[Path] = []
    for given in paths:
        path = Path(given)
        if not path.exists():
            raise BadInput("no such file or folder", where=str(path), hint="Check the path.")
        found.extend(_in_folder(path) if path.is_dir() else [path])
    return list(dict.fromkeys(found))


def _in_folder(folder: Path) -> list[Path]:
    # os.walk does not follow links to folders, so a loop of links ends.
    return sorted(
        Path(root, name)
        for root, _, names in os.walk(folder)
        for name in names
        if not any(part.startswith(".") for part in Path(root, name).relative_to(folder).parts)
        and any(_has_extension(name, reader) for reader in READERS.values())
    )
