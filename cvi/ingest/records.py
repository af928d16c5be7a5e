"""JSON files as a stream of numbered objects: JSONL, one object, a list, or `{"data": [...]}`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any, NamedTuple

import orjson

from cvi.errors import BadInput
from cvi.ingest.item import Options, Problem
from cvi.ingest.source import Source

# Deeper than any call data, and far from the recursion limit of whoever handles it next.
_MAX_DEPTH = 100
_LOOK_LINES = 20
_INT_CHARACTERS = 20  # of the longest 64-bit integer
# Keys under which an API or a dump puts its list of objects.
_LISTS = ("data", "conversations", "items", "results", "records", "events")
# Keys that only a conversation or an event itself has: such an object is no page around others.
_OWN = frozenset({"conversation_id", "event_type", "id", "transcript", "messages", "turns"})
_PAGE = "{[{"  # the nesting of an object on an API page
# An unclosed string runs to the end, so hostile quotes are scanned once and not once each.
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*+"?)(\s*:)?|[{}\[\]]', re.DOTALL)


class Record(NamedTuple):
    """One object of the file."""

    where: str
    line: int | None
    value: dict[str, Any]


def loads(data: bytes | str) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON as it is found in the wild; raises ValueError with the reason.

    NaN and infinities become null, integers past 64 bits become floats: both are refused by some
    database further down. Lone surrogates pass.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(
                data, parse_constant=lambda _: None, parse_float=_float, parse_int=_int
            )
        except RecursionError:
            raise ValueError("nested too deeply") from None
    if _too_deep(value):
        raise ValueError(f"nested deeper than {_MAX_DEPTH} levels")
    return value


def _float(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _int(text: str) -> int | float | None:
    # Python refuses to convert more than 4300 digits.
    value = int(text) if len(text) <= _INT_CHARACTERS else _float(text)
    return float(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


def _too_deep(value: object) -> bool:
    level = _children([value])
    for _ in range(_MAX_DEPTH):
        if not level:
            return False
        level = _children(child for node in level for child in _inside(node))
    return True


def _children(values: Iterable[object]) -> list[dict[str, Any] | list[Any]]:
    return [value for value in values if isinstance(value, dict | list)]


def _inside(node: dict[str, Any] | list[Any]) -> Iterable[object]:
    return node.values() if isinstance(node, dict) else node


def records(source: Source, options: Options) -> Iterator[Record | Problem]:
    """Every object of the file; what is no object is a Problem. Lines are streamed."""
    if is_lines(source, options):
        yield from _from_lines(source, options)
    else:
        yield from _from_document(source, options)


def is_lines(source: Source, options: Options) -> bool:
    """Whether each line stands for itself. A whole document is pretty-printed, or starts a list.

    The content decides. The extension is asked only when the first line is broken.
    """
    named = source.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson"))
    with closing(source.lines(options.line_bytes)) as lines:
        look = [each for each in islice(lines, _LOOK_LINES) if each.problem or each.data.strip()]
    if not look:
        return True
    start = look[0].data.strip()
    parsed = [None if each.problem else _object(each.data) for each in look]
    if parsed[0] is not None or start in (b"[", b"{"):
        return isinstance(parsed[0], dict)
    if named or start.startswith(b"["):
        return named
    return any(
        isinstance(value, dict) and each.data.startswith(b"{")
        for each, value in zip(look, parsed, strict=True)
    )


def _object(data: bytes) -> dict[str, Any] | list[Any] | None:
    try:
        value = loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None


def _from_lines(source: Source, options: Options) -> Iterator[Record | Problem]:
    for number, data, broken in source.lines(options.line_bytes):
        where = f"{source.name} line {number}"
        if broken:
            yield Problem(where, number, broken, "What was read before it is kept.")
            continue
        if not data.strip():
            continue
        try:
            value = loads(data)
        except ValueError as error:
            yield Problem(where, number, f"not JSON: {error}", "The line was left out.")
            continue
        for _, each in _unwrapped(value):
            yield _record(each, where, number)


def _from_document(source: Source, options: Options) -> Iterator[Record | Problem]:
    try:
        value = loads(source.document(options.document_bytes))
    except ValueError as error:
        raise BadInput(
            f"not JSON: {error}",
            where=source.name,
            hint="A file with one object a line is read line by line if it is named .jsonl.",
        ) from error
    for index, each in _unwrapped(value):
        yield _record(each, source.name if index is None else f"{source.name} item {index}", None)


def _unwrapped(value: object) -> Iterator[tuple[int | None, object]]:
    """The objects of a list or of an API's page; numbered from 1 unless there is only one."""
    inner = value
    if isinstance(value, dict) and not _OWN & value.keys():
        inner = next((v for key in _LISTS if isinstance(v := value.get(key), list)), value)
    if isinstance(inner, list):
        yield from enumerate(inner, 1)
    else:
        yield None, inner


def _record(value: object, where: str, line: int | None) -> Record | Problem:
    if isinstance(value, dict):
        return Record(where, line, value)
    return Problem(where, line, f"expected a JSON object, found {type(value).__name__}")


def first_keys(head: bytes) -> list[frozenset[str]]:
    """The keys of the first objects of a file, seen through lists and API pages.

    From complete lines where there are any, else from the tokens of a document that is cut off.
    """
    found: list[frozenset[str]] = []
    for line in head.splitlines()[:_LOOK_LINES]:
        value = _object(line) if line.lstrip().startswith((b"{", b"[")) else None
        each = next((v for _, v in _unwrapped(value) if isinstance(v, dict)), None)
        # `{` or `}` on a line of its own belongs to a pretty-printed document.
        if each and (isinstance(value, list) or line.startswith(b"{")):
            found.append(frozenset(each))
    return found or _outline(head)


def _outline(head: bytes) -> list[frozenset[str]]:
    text = head.decode("utf-8", "replace").lstrip()
    if not text.startswith(("{", "[")):
        return []
    nesting = ""
    keys: dict[str, set[str]] = {}
    for token in _TOKEN.finditer(text):
        string, colon = token.groups()
        if colon and len(nesting) <= len(_PAGE):
            keys.setdefault(nesting, set()).add(string[1:-1])
        elif not string:
            mark = token.group()
            nesting = nesting + mark if mark in "{[" else nesting[:-1]
    top = keys.get("{", set())
    page = bool(top & set(_LISTS)) and not _OWN & top
    best = keys.get(_PAGE, set()) if page else top or keys.get("[{", set())
    return [frozenset(best)] if best else []
