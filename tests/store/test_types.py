"""Column types: what one database takes and the other refuses must come out alike on both."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from cvi.store import tables
from cvi.store.types import BigId, Json, UtcDateTime, sqlite_time, storable
from tests.store.story import deliver, rows

META = sa.MetaData()
THINGS = sa.Table(
    "things",
    META,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("document", Json),
    sa.Column("moment", UtcDateTime),
    sa.Column("uid", sa.Uuid),
)


@pytest.fixture
def things(engine: sa.Engine) -> Iterator[sa.Engine]:
    """A store with a table of every type."""
    META.create_all(engine)
    yield engine
    META.drop_all(engine)


def _kept(engine: sa.Engine, **values: object) -> sa.Row:
    with engine.begin() as connection:
        connection.execute(sa.insert(THINGS).values(**values))
    with engine.begin() as connection:
        query = sa.select(THINGS).order_by(THINGS.c.id.desc()).limit(1)
        return connection.execute(query).one()


def test_ids_count_up_by_themselves(things: sa.Engine) -> None:
    """A plain BigInteger key has no autoincrement on SQLite."""
    assert [_kept(things).id for _ in range(3)] == [1, 2, 3]


def test_none_is_sql_null(things: sa.Engine) -> None:
    """Python None must be found by IS NULL, not stored as the JSON text null."""
    assert _kept(things, document=None).document is None
    assert rows(things, "select count(*) from things where document is null") == [(1,)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a": "x\x00y"}, {"a": "xy"}),
        ({"k\x00": 1}, {"k": 1}),
        (["\ud800 lone"], ["? lone"]),
        ([float("nan"), float("inf"), 1.5], [None, None, 1.5]),
        ({"deep": [{"x": ("\x00", 2)}]}, {"deep": [{"x": ["", 2]}]}),
        ({"ü": "日本", "n": 2**40, "z": None}, {"ü": "日本", "n": 2**40, "z": None}),
    ],
)  # fmt: skip
def test_json_takes_what_jsonb_refuses(things: sa.Engine, given: object, expected: object) -> None:
    """NUL, lone surrogates and NaN never fail a row, and both databases keep the same."""
    assert _kept(things, document=given).document == expected


def test_storable_leaves_its_argument_alone() -> None:
    """Cleaning makes a copy."""
    given = {"a": ["\x00"]}
    assert storable(given) == {"a": [""]}
    assert given == {"a": ["\x00"]}


@pytest.mark.parametrize(
    "body",
    [
        rb'{"event_type": "x", "conversation_id": "c", "properties": {"t": "a\u0000b"}}',
        rb'{"event_type": "x", "conversation_id": "c", "properties": {"t": "\ud800"}}',
        b'{"event_type": "x", "conversation_id": "c", "properties": {"t": NaN}}',
        b'{"b": 1,   "a": 2, "event_type": "x"}',
        b"\x00\xff no text at all",
    ],
)
def test_raw_bytes_are_kept_as_they_came(engine: sa.Engine, body: bytes) -> None:
    """The fact holds the very bytes, whatever JSON says about them."""
    assert deliver(engine, [body]) == 1
    assert [bytes(kept) for (kept,) in rows(engine, "select body from conversation_events")] == [
        body
    ]


def test_times_keep_their_moment(things: sa.Engine) -> None:
    """10:30+02:00 comes back as 08:30 UTC; SQLite would have dropped the offset."""
    given = datetime(2026, 7, 1, 10, 30, tzinfo=timezone(timedelta(hours=2)))
    kept = _kept(things, moment=given).moment
    assert kept == given
    assert kept.isoformat() == "2026-07-01T08:30:00+00:00"


def test_naive_times_are_refused(things: sa.Engine) -> None:
    """A time without a zone is somebody's mistake."""
    with pytest.raises(sa.exc.StatementError, match="naive datetime"):
        _kept(things, moment=datetime(2026, 7, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="naive datetime"):
        sqlite_time(datetime(2026, 7, 1))  # noqa: DTZ001


def test_both_ways_of_writing_a_time_agree(sqlite_engine: sa.Engine) -> None:
    """Statements of the driver write the text that the column type writes."""
    META.create_all(sqlite_engine)
    for given in (datetime(1, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, 1, 2, 3, 45, UTC)):
        _kept(sqlite_engine, moment=given)
        [(text,)] = rows(sqlite_engine, "select moment from things order by id desc limit 1")
        assert text == sqlite_time(given)


def test_uuid_is_a_uuid(things: sa.Engine) -> None:
    """UUID on PostgreSQL, 32 digits on SQLite, a Python UUID from both."""
    given = uuid.uuid4()
    assert _kept(things, uid=given).uid == given
    with things.begin() as connection:
        found = connection.scalar(sa.select(THINGS.c.id).where(THINGS.c.uid == given))
    assert found == 1


def test_no_column_is_an_array() -> None:
    """SQLite has none."""
    every = [*tables.kept.sorted_tables, *tables.views.sorted_tables]
    assert not [c for table in every for c in table.columns if isinstance(c.type, sa.ARRAY)]


def test_every_table_is_owned_and_every_unique_key_starts_with_the_workspace() -> None:
    """Row level security and sharding stay possible."""
    bare = {"view_versions"}
    for table in (*tables.kept.sorted_tables, *tables.views.sorted_tables):
        if table.name in bare:
            continue
        assert {"workspace_id", "owner_id"} <= set(table.c.keys()), table.name
        for each in table.constraints:
            if isinstance(each, sa.UniqueConstraint):
                assert next(iter(each.columns)).name == "workspace_id", table.name


def test_key_of_an_event_does_not_depend_on_its_spelling() -> None:
    """Key order and white space change nothing; any field does; the callback address does not."""
    from cvi.store.facts import incoming

    base = {
        "event_type": "conversation.utterance", "conversation_id": "c", "timestamp": 1772528402,
        "seq": 4, "turn_idx": 1, "inference_id": "i", "webhook_url": "https://a.example/s3cret",
        "properties": {"role": "user", "speech": "hello", "extra": [1, 2]},
    }  # fmt: skip

    def key(payload: object, **how: object) -> str:
        body = json.dumps(payload, **how).encode()  # type: ignore[arg-type]
        return incoming(body, source="webhook", live=True).key

    turned = dict(reversed(base.items()))
    assert key(base) == key(turned) == key(base, indent=3)
    assert key(base) == key({**base, "webhook_url": "https://b.example"})
    changed = {
        "event_type": "conversation.respond", "conversation_id": "d", "timestamp": 1772528403,
        "seq": 5, "turn_idx": 2, "inference_id": "j", "properties": {"role": "user", "speech": ""},
    }  # fmt: skip
    keys = {key({**base, name: value}) for name, value in changed.items()} | {key(base)}
    assert len(keys) == len(changed) + 1
