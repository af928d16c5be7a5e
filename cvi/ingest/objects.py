"""JSON with an object a turn, seen as a table: the keys are its columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from cvi.ingest.cells import Layout, Row, guess_mapping, overridden, unmapped
from cvi.ingest.item import Options, Problem
from cvi.ingest.records import Record, records
from cvi.ingest.source import Source

_LOOK = 200  # objects whose keys are the columns
_MOST_COLUMNS = 100


def layout_of(source: Source, options: Options, *, required: bool = True) -> Layout:
    """The keys of the first objects as columns. Raises BadInput when a required one is missing."""
    found = (each for each in records(source, options) if isinstance(each, Record))
    keys = dict.fromkeys(key for each in islice(found, _LOOK) for key in each.value)
    header = tuple(islice(keys, _MOST_COLUMNS))
    mapping = overridden(guess_mapping(header), options.mapping, header, source.name)
    layout = Layout("", "utf-8", 1, header, mapping)
    if required and not layout.readable:
        raise unmapped(layout, source.name)
    return layout


def rows_of(source: Source, layout: Layout, options: Options) -> Iterator[Row | Problem]:
    """A row an object. What is no object is a Problem."""
    for each in records(source, options):
        if isinstance(each, Problem):
            yield each
        else:
            cells = [_text(each.value.get(column)) for column in layout.columns]
            yield Row(each.line, cells, each.where)


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, default=str)
