"""Reads: filters that mean the same in SQL and over a frame, stable pages, the same on both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvi.analysis.analyse import METRICS
from cvi.errors import StoreError
from cvi.frames import SCHEMA, empty
from cvi.jobs.settle import settle_all
from cvi.selection.filters import Filters, Range
from cvi.selection.mask import mask
from cvi.store import operations, queries, tables, views
from cvi.store.arrow import read_frame
from cvi.store.engine import open_engine, reader
from cvi.store.migrate import migrate
from tests.store.story import WORKSPACE, deliver, event, ports_of, story

NAMES = tuple(METRICS)
DAY = datetime(2026, 3, 1, tzinfo=UTC)
ODD = ("a%b", "a_b", "a'b", 'a"b', "a\\b", "50 %%", "%(x)s", ":y", "ÄB", "a/b", "--", "plain")


def _put(engine: sa.Engine, table: str, rows: list[dict[str, Any]]) -> None:
    """Write view rows straight away."""
    frame = pd.DataFrame(rows)
    for name in frame:
        kind = SCHEMA.get(table, {}).get(str(name))
        frame[name] = frame[name].astype(kind) if kind else frame[name]
    with engine.begin() as connection:
        views.add(connection, table, frame, workspace=WORKSPACE)


def _conversations(engine: sa.Engine, n: int = 24) -> None:
    """Some of everything, missing values included."""
    _put(engine, "conversations", [
        {
            "conversation_id": f"c{k:02}",
            "title": None if k % 5 == 0 else f"title {ODD[k % len(ODD)]} end",
            "persona": None if k % 7 == 0 else f"p{k % 3}",
            "source": "tavus" if k % 2 else "file",
            "outcome": None if k % 4 == 0 else "completed",
            "started_at": None if k % 6 == 0 else DAY + timedelta(hours=7 * k),
            "duration_s": None if k % 3 == 0 else float(k % 5),
        }
        for k in range(n)
    ])  # fmt: skip


# --- filters ---------------------------------------------------------------------------------

_days = st.none() | st.dates(date(2026, 2, 27), date(2026, 3, 10)) | st.just(date.max)
_ends = st.none() | st.sampled_from([-0.2, 0.1, 40.0, 55.0, 70.0])
_ranges = st.builds(
    Range, st.sampled_from(["quality", "user_sentiment", "duration_s"]), _ends, _ends,
    closed=st.booleans(), missing=st.booleans(),
)  # fmt: skip


def _few(*values: Any, least: int = 0) -> Any:
    return st.lists(st.sampled_from(values), min_size=least, max_size=2).map(tuple)


_some = {
    "zone": st.sampled_from(["UTC", "Asia/Kolkata", "America/Los_Angeles"]),
    "personas": _few("p0", "p1", "p2", "none'", ""),
    "replicas": _few("r0", ""),
    "sources": _few("tavus", "file"),
    "outcomes": _few("completed", "x%", ""),
    "bands": _few("low", "medium", "high"),
    "moods": _few("positive", "neutral", "negative"),
    "topics": st.lists(
        _few(
            "lexicon:pricing", "lexicon:hiring", "corpus:pricing", "lexicon:none", "term:none",
            least=1,
        ),
        max_size=2,
    ).map(tuple),
    "tools": st.lists(_few("deck", "plan", least=1), max_size=1).map(tuple),
    "ranges": st.lists(_ranges, max_size=2).map(tuple),
    "text": st.sampled_from(["", "title", "50 %%"]),
}  # fmt: skip


def _with_metrics(engine: sa.Engine, n: int = 24) -> None:
    """What filters of metrics, topics and tools ask for, with gaps."""
    _put(engine, "conversation_metrics", [
        {
            "conversation_id": f"c{k:02}", "version": "x",
            "quality": None if k % 5 == 0 else float(30 + 2 * k),
            "user_sentiment": None if k % 4 == 0 else (k - 12) / 20,
            "duration_s": None if k % 3 == 0 else float(k % 5),
        }
        for k in range(0, n, 1) if k % 11
    ])  # fmt: skip
    _put(engine, "conversation_topics", [
        {"conversation_id": f"c{k:02}", "kind": kind, "rank": rank, "topic": topic, "weight": 1.0}
        for k in range(n)
        for kind, rank, topic, every in (
            ("lexicon", 0, "pricing", 2), ("lexicon", 1, "hiring", 3), ("corpus", 0, "pricing", 5),
        )
        if k % every == 0
    ])  # fmt: skip
    _put(engine, "tool_calls", [
        {"conversation_id": f"c{k:02}", "idx": 0, "name": "deck" if k % 2 else "plan"}
        for k in range(0, n, 4)
    ])  # fmt: skip


def _reference(chosen: Filters, every: pd.DataFrame) -> set[str]:
    """The filter spelled out conversation by conversation."""
    kept = every[mask(replace(chosen, text=""), every)]
    found = set()
    for name, title in zip(kept["conversation_id"], kept["title"], strict=True):
        k = int(name[1:])
        mine = {
            token
            for token, every_ in (
                ("lexicon:pricing", 2),
                ("lexicon:hiring", 3),
                ("corpus:pricing", 5),
            )
            if k % every_ == 0
        }
        kinds = {token.partition(":")[0] for token in mine}
        mine |= {f"{kind}:none" for kind in ("lexicon", "term") if kind not in kinds}
        tools = ({"deck"} if k % 2 else {"plan"}) if k % 4 == 0 else set()
        if not all(mine & set(group) for group in chosen.topics):
            continue
        if not all(tools & set(group) for group in chosen.tools):
            continue
        if chosen.text and chosen.text not in str(title):
            continue
        found.add(name)
    return found


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chosen=st.builds(Filters, since=_days, until=_days, **_some))
def test_the_filter_in_sql_is_the_mask_over_the_frame(engine: sa.Engine, chosen: Filters) -> None:
    """For any filter; and the page of the table, and the ids of the related rows, agree."""
    if not queries.matching_ids(engine, Filters(), workspace=WORKSPACE):
        _conversations(engine)
        _with_metrics(engine)
    here = {"workspace": WORKSPACE}
    names = ("quality", "user_sentiment", "duration_s")
    every = queries.load_metrics(engine, names=names, **here)
    expected = _reference(chosen, every)
    assert set(queries.matching_ids(engine, chosen, **here)) == expected
    related = set(queries.related_ids(engine, chosen, **here))
    by_mask = every.loc[mask(chosen, every), "conversation_id"]
    assert {name for name in by_mask if name in related} == expected
    page = queries.conversation_page(engine, chosen, names=names, limit=100, **here)
    assert page.total == len(page.rows) == len(expected)


def test_until_is_inclusive(engine: sa.Engine) -> None:
    """The last moment of the day counts, the next midnight does not."""
    times = [DAY, DAY + timedelta(days=1, microseconds=-1), DAY + timedelta(days=1)]
    _put(engine, "conversations", [
        {"conversation_id": f"c{k}", "started_at": at} for k, at in enumerate(times)
    ])  # fmt: skip
    chosen = Filters(since=DAY.date(), until=DAY.date())
    assert queries.matching_ids(engine, chosen, workspace=WORKSPACE) == ["c1", "c0"]


def test_text_is_searched_as_it_is_written(engine: sa.Engine) -> None:
    """Percent, underscore, quotes and backslash stand for themselves; titles and turns count."""
    names = [f"c{k}" for k in range(len(ODD))]
    _put(engine, "conversations", [{"conversation_id": name, "title": "x"} for name in names])
    _put(engine, "turns", [
        {"conversation_id": name, "idx": 0, "role": "user", "text": f"he said {said} twice"}
        for name, said in zip(names, ODD, strict=True)
    ])  # fmt: skip
    for text in ODD:
        expected = [name for name, said in zip(names, ODD, strict=True) if text in said]
        found = queries.matching_ids(engine, Filters(text=f" {text} "), workspace=WORKSPACE)
        assert sorted(found) == sorted(expected), text
    upper = queries.matching_ids(engine, Filters(text="HE SAID"), workspace=WORKSPACE)
    assert len(upper) == len(ODD)


def test_text_also_finds_titles_and_whole_ids(engine: sa.Engine) -> None:
    """But no parts of ids."""
    _put(engine, "conversations", [{"conversation_id": "c-17", "title": "Budget 100%"}])
    for text, hits in (("budget 100%", 1), ("c-17", 1), ("c-1", 0), ("100_", 0), ("\x00", 1)):
        found = queries.matching_ids(engine, Filters(text=text), workspace=WORKSPACE)
        assert len(found) == hits, text


def test_values_that_no_column_can_hold_select_nothing(engine: sa.Engine) -> None:
    """A link may say %00, and two filters may exclude each other: both are empty, not an error."""
    _conversations(engine)
    never = Filters(personas=("p1",)).both(Filters(personas=("p2",)))
    nul = ("p\x00",)
    for filters in (never, Filters(sources=nul), Filters(topics=(("term:\x00",),)),
                    Filters(tools=(nul,)), Filters(topics=(("a\x00:none",),))):  # fmt: skip
        assert not queries.matching_ids(engine, filters, workspace=WORKSPACE)
        assert not queries.related_ids(engine, filters, [], workspace=WORKSPACE)
    both = Filters(personas=("p1", "p\x00"))
    one = Filters(personas=("p1",))
    assert queries.matching_ids(engine, both, workspace=WORKSPACE) == queries.matching_ids(
        engine, one, workspace=WORKSPACE
    )


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["started_at", "persona", "title", "quality", "duration_s"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_are_whole_and_stable(engine: sa.Engine, sort: str, descending: bool) -> None:
    """Every row once, in the same order however the pages are cut; missing values last."""
    _conversations(engine)
    _put(engine, "conversation_metrics", [
        {"conversation_id": f"c{k:02}", "version": "v", "quality": float(k % 3)} for k in range(9)
    ])  # fmt: skip

    def page(limit: int, offset: int) -> queries.Page:
        return queries.conversation_page(
            engine, Filters(), workspace=WORKSPACE, names=("quality",), sort=sort,
            descending=descending, limit=limit, offset=offset,
        )  # fmt: skip

    whole = page(100, 0)
    parts = pd.concat([page(7, offset).rows for offset in range(0, 28, 7)])
    assert whole.total == len(whole.rows) == 24
    assert parts["conversation_id"].tolist() == whole.rows["conversation_id"].tolist()
    missing = pd.isna(whole.rows[sort]).tolist()
    assert missing == sorted(missing)
    assert any(missing)
    present = [value for value in whole.rows[sort].tolist() if not pd.isna(value)]
    if sort != "title":  # its order is a matter of collation
        assert present == sorted(present, reverse=descending)


def test_a_page_of_nothing(engine: sa.Engine) -> None:
    """Has all its columns."""
    page = queries.conversation_page(engine, Filters(), workspace=WORKSPACE, names=NAMES)
    assert (page.total, len(page.rows)) == (0, 0)
    assert {"conversation_id", "quality", "reasons"} <= set(page.rows.columns)


def test_everything_answers_on_an_empty_store(engine: sa.Engine) -> None:
    """Frames with columns, no errors."""
    here = {"workspace": WORKSPACE}
    assert queries.load_metrics(engine, names=NAMES, **here).empty
    assert queries.metrics_of(engine, [], names=NAMES, **here).empty
    assert queries.matching_ids(engine, Filters(text="x"), **here) == []
    assert queries.one_conversation(engine, "x", names=NAMES, **here) is None
    assert queries.topic_rows(engine, **here).empty
    assert queries.views_version(engine, **here) == "0"
    assert operations.event_log(engine, **here)[1] == 0
    assert list(operations.event_types(engine, **here)) == ["event_type", "n", "known"]
    assert operations.import_log(engine, **here).empty
    assert operations.stale_versions(engine, version="v", **here) == []
    assert set(operations.row_counts(engine, **here).values()) == {0}
    assert operations.database_bytes(engine) > 0


# --- frames ----------------------------------------------------------------------------------


@pytest.mark.parametrize("table", list(SCHEMA))
def test_frames_have_their_dtypes(engine: sa.Engine, table: str) -> None:
    """Without a row, with nothing but NULL, and with a value after many NULLs."""
    wanted = {name: str(dtype) for name, dtype in empty(table).dtypes.items()}
    keys = [column.name for column in tables.views.tables[table].primary_key.columns][1:]

    def dtypes() -> dict[str, str]:
        frame = queries.table_rows(engine, table, None, workspace=WORKSPACE)
        return {name: str(frame[name].dtype) for name in wanted}

    assert dtypes() == wanted
    bare = [dict(zip(keys, (f"c{k:04}", 0), strict=False)) for k in range(1_500)]
    _put(engine, table, bare)
    assert dtypes() == wanted
    values = {"str": "text", "float64": 1.5, "Int64": 7, "boolean": True}
    late = {name: values.get(kind, DAY) for name, kind in wanted.items()}
    _put(engine, table, [late | {keys[0]: "z"}])
    assert dtypes() == wanted
    last = queries.table_rows(engine, table, ["z"], workspace=WORKSPACE).iloc[0]
    assert {name: last[name] for name in wanted} == late | {keys[0]: "z"}


def test_missing_text_is_missing(engine: sa.Engine) -> None:
    """Not the word None or nan."""
    _conversations(engine, 8)
    frame = queries.load_metrics(engine, workspace=WORKSPACE, names=NAMES)
    assert frame["persona"].isna().sum() == 2
    assert frame["quality"].isna().all()
    assert (
        queries.metrics_of(engine, ["c00"], workspace=WORKSPACE, names=NAMES)["reasons"]
        .isna()
        .all()
    )
    assert set(frame["persona"].dropna()) == {"p0", "p1", "p2"}


def test_a_read_from_arrow_is_a_read_from_sqlalchemy(engine: sa.Engine) -> None:
    """Value by value."""
    deliver(engine, story("a"))
    settle_all(ports_of(engine))
    fast = queries.metrics_of(engine, ["a"], workspace=WORKSPACE, names=NAMES).iloc[0].to_dict()
    slow = queries.one_conversation(engine, "a", workspace=WORKSPACE, names=NAMES)
    assert slow is not None
    for name, value in slow.items():
        same = pd.isna(fast[name]) if value is None else fast[name] == value
        assert same, name


def test_any_text_may_stand_in_a_bulk_read(engine: sa.Engine) -> None:
    """Values are written into the statement there, so percent signs and quotes must survive."""
    texts = [*ODD, "%", "%%", "%s", "100% of 'it'\\"]
    _put(engine, "conversations", [{"conversation_id": each, "title": each} for each in texts])
    for text in texts:
        found = queries.metrics_of(engine, [text], workspace=WORKSPACE, names=())
        assert found["title"].tolist() == [text]
        query = sa.select(sa.literal(text).label("said"), sa.literal(3, sa.Integer).label("n"))
        frame = read_frame(engine, query)
        assert frame["said"].tolist() == [text]
        assert str(frame["n"].dtype) == "Int64"


@pytest.mark.parametrize("name", ["with space.db", "50%20.db", "what?mode=rwc#x.db", "ü.db"])
def test_a_bulk_read_finds_the_file_whatever_its_name(tmp_path: Path, name: str) -> None:
    """The driver takes an address, in which some characters have a meaning."""
    url = sa.URL.create("sqlite", database=str(tmp_path / name)).render_as_string()
    engine = open_engine(url)
    migrate(engine)
    assert queries.topic_rows(engine, workspace=WORKSPACE).empty
    assert (tmp_path / name).exists()
    assert not (tmp_path / "what").exists()


def test_a_bulk_read_from_a_database_that_is_away_is_explained(tmp_path: Path) -> None:
    """As the error that pages and the worker expect."""
    engine = open_engine(f"sqlite:///{tmp_path}/gone.db")
    with pytest.raises(StoreError):
        queries.topic_rows(engine, workspace=WORKSPACE)
    away = open_engine("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(StoreError):
        queries.topic_rows(away, workspace=WORKSPACE)


def test_times_do_not_depend_on_the_zone_of_the_server(postgres_engine: sa.Engine) -> None:
    """Whatever its administrator set."""
    name = postgres_engine.url.database
    with postgres_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"alter database {name} set timezone = 'Asia/Tokyo'")
    postgres_engine.dispose()
    _put(postgres_engine, "conversations", [{"conversation_id": "a", "started_at": DAY}])
    slow = queries.one_conversation(postgres_engine, "a", workspace=WORKSPACE, names=())
    fast = queries.load_metrics(postgres_engine, workspace=WORKSPACE, names=())
    assert slow is not None
    assert slow["started_at"].isoformat() == fast["started_at"].iloc[0].isoformat()
    assert slow["started_at"].utcoffset() == timedelta(0)


def test_a_page_of_known_ids_is_the_page_of_their_filter(engine: sa.Engine) -> None:
    """In the same order, with the same count."""
    _conversations(engine)
    chosen = Filters(sources=("file",))
    ids = queries.matching_ids(engine, chosen, workspace=WORKSPACE)
    here: Any = {"workspace": WORKSPACE, "names": NAMES, "sort": "duration_s", "limit": 5}
    by_filter, by_ids = (
        queries.conversation_page(engine, given, **here) for given in (chosen, ids)
    )
    assert by_ids.total == by_filter.total == len(ids) > 5
    pd.testing.assert_frame_equal(by_ids.rows, by_filter.rows)
    assert queries.matching_ids(engine, ids[::-1], workspace=WORKSPACE) == ids


def test_text_is_searched_among_some(engine: sa.Engine) -> None:
    """As an answer of its own, and limited to conversations already chosen."""
    _conversations(engine, 4)
    _put(engine, "turns", [
        {"conversation_id": f"c0{k}", "idx": 0, "role": "user", "text": "the price"}
        for k in range(3)
    ])  # fmt: skip
    asked = Filters(text="PRICE")
    every = queries.related_ids(engine, asked, workspace=WORKSPACE)
    assert sorted(every) == ["c00", "c01", "c02"]
    some = queries.related_ids(engine, asked, ["c02", "c03"], workspace=WORKSPACE)
    assert some == ["c02"]
    assert queries.related_ids(engine, asked, [], workspace=WORKSPACE) == []


# --- operations ------------------------------------------------------------------------------


def test_the_event_log(engine: sa.Engine) -> None:
    """Newest first, with the state of each job, by type and conversation, in pages."""
    deliver(engine, [*story("a"), b"unreadable"])
    settle_all(ports_of(engine))
    deliver(engine, [event("b", "x.y")])
    rows, total = operations.event_log(engine, workspace=WORKSPACE, limit=2)
    assert total == 10
    assert rows["state"].tolist() == ["waiting", "failed"]
    assert rows["bytes"].tolist()[1] == len(b"unreadable")
    assert operations.event_log(engine, workspace=WORKSPACE, types=["x.y"])[1] == 1
    of_a, n = operations.event_log(engine, workspace=WORKSPACE, conversation_id="a", offset=6)
    assert (n, of_a["seq"].tolist()) == (8, [2, 1])
    assert set(of_a["state"]) == {"processed"}
    types = operations.event_types(engine, workspace=WORKSPACE).set_index("event_type")
    assert types.loc["conversation.utterance", ["n", "known"]].tolist() == [4, True]
    assert types.loc["x.y", ["n", "known"]].tolist() == [1, False]


def test_stale_versions_and_row_counts(engine: sa.Engine) -> None:
    """What the data page counts."""
    deliver(engine, [*story("a"), b"unreadable", event("q", "system.shutdown", 5)])
    settle_all(ports_of(engine))
    assert operations.stale_versions(engine, workspace=WORKSPACE, version="new") == ["a", "q"]
    counts = operations.row_counts(engine, workspace=WORKSPACE)
    assert (counts["conversation_events"], counts["conversations"]) == (10, 2)
    with reader(engine).begin() as connection:
        assert connection.scalar(sa.text("select 1")) == 1
