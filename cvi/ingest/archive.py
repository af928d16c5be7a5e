"""Archives that this workbench made: the events inside are imported, everything else follows."""

from __future__ import annotations

import zipfile
from typing import BinaryIO, cast

from cvi.errors import BadInput
from cvi.ingest import events
from cvi.ingest.item import READERS, Options, Reader, Reading
from cvi.ingest.source import Source

EVENTS = "events.jsonl"
_MANIFEST = b"manifest.json"  # the first entry of every archive
_BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError)


def sniff(head: bytes, _name: str) -> bool:
    """A zip whose first entry is the manifest (its name follows thirty bytes of header)."""
    return head.startswith(b"PK\x03\x04") and head[30 : 30 + len(_MANIFEST)] == _MANIFEST


def read(source: Source, options: Options) -> Reading:
    """Every event of the archive, byte for byte, as a stream."""
    with source.raw() as raw:
        try:
            archive = zipfile.ZipFile(raw)
        except _BROKEN as error:
            raise _damaged(source, error) from error
        with archive:
            if EVENTS not in archive.namelist():
                raise BadInput(
                    "this export holds no events, so there is nothing to import",
                    where=source.name,
                    hint="Export the whole workspace, or the events, and import that.",
                )
            try:
                yield from events.read(_inside(source, archive), _roomy(options))
            except _BROKEN as error:
                raise _damaged(source, error) from error


def _inside(source: Source, archive: zipfile.ZipFile) -> Source:
    return Source(f"{source.name} {EVENTS}", lambda: cast("BinaryIO", archive.open(EVENTS)))


def _roomy(options: Options) -> Options:
    """A body is written as text inside JSON: what was one character may have become six."""
    return Options(options.mapping, options.roles, options.document_bytes, 6 * options.line_bytes)


def _damaged(source: Source, error: Exception) -> BadInput:
    return BadInput(f"the archive is damaged ({error})", where=source.name, hint="Fetch it again.")


READERS.add(
    "archive",
    Reader(
        name="archive",
        summary="an export of a workbench, events included",
        extensions=(".zip",),
        sniff=sniff,
        read=read,
    ),
)
