"""Every mark of every chart: as many conversations as it says are listed, and exported.

The charts are found by looking at what the boards of the pages promise to return, so a new chart or
a new page is walked without anybody adding it here.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

import cvi.ui
from cvi.bootstrap import Ports, open_ports
from cvi.charts.canvas import is_blank
from cvi.charts.chart import Chart, Mark
from cvi.jobs import demo, exporting, topics
from cvi.jobs.exporting import Chosen
from cvi.jobs.settle import settle_all
from cvi.selection.filters import EVERYTHING, Filters, Range
from cvi.settings import load_settings
from cvi.store import queries
from cvi.ui import boards, topic_boards, workbench

END = date(2026, 3, 1)
COUNT = 120
# Of the page: nothing; and days in another zone with conditions, which marks are joined to.
PAGES = {
    "everything": EVERYTHING,
    "narrowed": Filters(
        since=date(2026, 1, 7), until=date(2026, 2, 20), zone="America/Los_Angeles",
        outcomes=("completed", "time_limit", "never_spoke"), ranges=(Range("duration_s", 60.0),),
    ),
}  # fmt: skip
MOST = 200  # marks whose rows are looked up, spread evenly over all
READ = 16  # of them, marks whose export is read row by row
KINDS = ("lexicon", "corpus", "term")
# What boards take besides the filter: function → the arguments to walk.
ARGUMENTS: Mapping[str, Callable[[Filters], list[tuple[Any, ...]]]] = {
    "boards.against": lambda _: [(name,) for name in boards.SCATTER],
    "topic_boards.topics": lambda _: [(kind,) for kind in KINDS],
    "topic_boards.topic": lambda filters: [
        (kind, name) for kind in KINDS for name in topic_boards.topics(filters, kind).names[:3]
    ],
    "turn_taking_board.longest": lambda _: [("persona",), ("replica",)],
}

Board = Callable[..., Any]


def _hints(function: Board) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except NameError:  # names that exist for type checkers only
        return {}


def _promises_charts(kind: Any) -> bool:
    if kind in (Chart, Mark):
        return True
    if dataclasses.is_dataclass(kind):
        return any(map(_promises_charts, typing.get_type_hints(kind).values()))
    return any(map(_promises_charts, typing.get_args(kind)))


def _boards() -> dict[str, Board]:
    """Public functions of the pages' rooms that make charts from a filter."""
    found: dict[str, Board] = {}
    for info in pkgutil.iter_modules(cvi.ui.__path__):
        module = importlib.import_module(f"cvi.ui.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            hints, first = _hints(function), next(iter(inspect.signature(function).parameters), "")
            if hints.get(first) is Filters and _promises_charts(hints.get("return")):
                found[f"{info.name}.{name}"] = function
    return found


BOARDS = _boards()


def _charts(value: Any, path: str) -> Iterator[tuple[str, Chart]]:
    if isinstance(value, Chart):
        yield path, value
    elif dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield from _charts(getattr(value, each.name), f"{path}.{each.name}")
    elif isinstance(value, tuple | list):
        for at, each in enumerate(value):
            yield from _charts(each, f"{path}[{at}]")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _charts(each, f"{path}[{key}]")


def _walk(filters: Filters) -> Iterator[tuple[str, Chart]]:
    for name, board in BOARDS.items():
        for arguments in ARGUMENTS.get(name, lambda _: [()])(filters):
            yield from _charts(board(filters, *arguments), f"{name}{arguments}")


def _open(url: str, folder: Path) -> Ports:
    return open_ports(load_settings({"CVI_DATABASE_URL": url} if url else {}, data_dir=folder))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """Where a demo is: the address of its database (none for SQLite) and its folder."""
    folder, url = tmp_path_factory.mktemp("marks"), ""
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        server.psql("CREATE DATABASE cvi_marks TEMPLATE cvi_template STRATEGY FILE_COPY")
        url = server.get_uri("cvi_marks")
    ports = _open(url, folder)
    demo.load(ports, end=END, count=COUNT)
    settle_all(ports)
    topics.refresh(ports)
    ports.engine.dispose()
    return url, folder


@pytest.fixture
def ports(place: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Ports]:
    """The store as the pages open it."""
    url, folder = place
    monkeypatch.setenv("CVI_DATA_DIR", str(folder))
    monkeypatch.setenv("CVI_DATABASE_URL", url)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield workbench.ports()
    workbench.ports().engine.dispose()
    st.cache_resource.clear()
    st.cache_data.clear()


def test_boards_are_found_and_can_be_called() -> None:
    """A board with a parameter this test does not know must be told about in ARGUMENTS."""
    assert {"boards.overview", "boards.sentiment", "boards.quality"} <= set(BOARDS)
    assert set(ARGUMENTS) - {"topic_boards.topics"} <= set(BOARDS)
    for name, board in BOARDS.items():
        more = len(inspect.signature(board).parameters) - 1
        assert (more > 0) == (name in ARGUMENTS), name


@pytest.mark.parametrize("page", PAGES)
def test_as_many_are_listed_and_exported_as_a_mark_counts(ports: Ports, page: str) -> None:
    """Rows of the list, ids by the mask, and rows of the export: all are the mark's n."""
    filters = PAGES[page]
    marks = [
        (f"{path}: {mark.label}", mark) for path, chart in _walk(filters) for mark in chart.marks
    ]
    counted = [each for each in marks if each[1].conversation_id is None]
    single = [each for each in marks if each[1].conversation_id is not None]
    assert len(counted) > MOST
    chosen = _spread(counted, MOST) + _spread(single, MOST // 10)
    wrong = [told for at, (path, mark) in enumerate(chosen) if (
        told := _disagreement(ports, filters, path, mark, read=at % (MOST // READ) == 0)
    )]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def _spread(marks: list[tuple[str, Mark]], most: int) -> list[tuple[str, Mark]]:
    return [marks[at * len(marks) // most] for at in range(most)] if len(marks) > most else marks


def _disagreement(ports: Ports, filters: Filters, path: str, mark: Mark, *, read: bool) -> str:
    behind = filters.both(mark.filters)
    masked = set(workbench.chosen(behind)["conversation_id"])
    if mark.conversation_id is not None:
        return "" if mark.conversation_id in masked else f"{path}: {mark.conversation_id} is not in"
    page = queries.conversation_page(
        ports.engine, behind, workspace=ports.workspace, names=(), limit=1
    )
    listed = queries.matching_ids(ports.engine, behind, workspace=ports.workspace)
    pieces = exporting.pieces(ports, Chosen(behind))
    exported = [each for piece in pieces for each in piece]
    counts = [mark.n, page.total, len(listed), len(masked), len(exported)]
    if read:
        rows = exporting.chunks(ports, "conversations", Chosen(behind))
        counts.append(sum(map(len, rows)))
    same = len(set(counts)) == 1 and set(listed) == masked == set(exported)
    return "" if same else f"{path}: counted {counts[0]}, listed, masked, exported {counts[1:]}"


def test_every_chart_leads_on(ports: Ports) -> None:
    """A chart that shows something has marks, and points name marks that there are."""
    for path, chart in _walk(EVERYTHING):
        assert chart.alt, path
        assert bool(chart.marks) != is_blank(chart.figure), path
        for trace in chart.figure.data:
            numbers = [row[0] for row in trace.customdata] if trace.customdata is not None else []
            known = [each for each in numbers if isinstance(each, int | float)]
            assert all(0 <= each < len(chart.marks) for each in known), path
