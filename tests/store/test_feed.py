"""The feed: a cursor over it sees every fact, also those of transactions that end late."""

from __future__ import annotations

import sqlalchemy as sa

from cvi.store import facts
from cvi.store.imports import open_import, undo_import
from tests.jobs import processes
from tests.store.story import WORKSPACE, count, deliver, event, incoming, rows


def _read(engine: sa.Engine, after: int) -> list[int]:
    return [each.seq for each in facts.feed(engine, after, workspace=WORKSPACE)]


def test_oldest_first_and_without_bodies(engine: sa.Engine) -> None:
    """In pages."""
    deliver(engine, [event("a", "x", number) for number in range(5)])
    page = facts.feed(engine, 1, workspace=WORKSPACE, limit=3)
    assert [each.seq for each in page] == [2, 3, 4]
    assert {each.body for each in page} == {b""}
    assert _read(engine, 5) == []


def test_a_cursor_misses_nothing_while_four_processes_write(engine: sa.Engine) -> None:
    """P21."""
    url, each = engine.url.render_as_string(hide_password=False), 40
    writers = [processes.start(processes.append_many, url, n, each) for n in range(4)]
    seen: list[int] = []
    while any(writer.exitcode is None for writer in writers):
        seen += _read(engine, seen[-1] if seen else 0)
        writers[0].join(0.001)
    seen += _read(engine, seen[-1] if seen else 0)
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert len(seen) == len(set(seen)) == 4 * each


def test_why_a_bare_seq_is_no_cursor_on_postgres(postgres_engine: sa.Engine) -> None:
    """Documentation: a seq is drawn before its commit, so the larger may be seen first.

    The naive cursor moves past the row that commits late; the feed holds the early one back.
    """
    late = postgres_engine.connect()
    transaction = late.begin()
    facts._append(late, [incoming(event("late", "x"))], WORKSPACE, None)
    deliver(postgres_engine, [event("early", "x")])
    naive = rows(postgres_engine, "select seq from conversation_events where seq > 0 order by seq")
    held_back = _read(postgres_engine, 0)
    transaction.commit()
    late.close()
    cursor = naive[-1][0]
    assert naive == [(2,)]
    assert rows(postgres_engine, f"select 1 from conversation_events where seq > {cursor}") == []
    assert count(postgres_engine, "conversation_events") == 2  # one of them was missed for ever
    assert held_back == []
    assert _read(postgres_engine, 0) == [1, 2]


def test_a_seq_never_comes_again(engine: sa.Engine) -> None:
    """A reader whose cursor stands at the last fact must see what comes after an undo."""
    import_id = open_import(
        engine, workspace=WORKSPACE, name="f", reader_name="events", sha256=None
    )
    deliver(engine, [event("a", "x", n) for n in range(3)], live=False, import_id=import_id)
    cursor = facts.last_seq(engine, workspace=WORKSPACE)
    undo_import(engine, import_id, workspace=WORKSPACE)
    deliver(engine, [event("b", "x", n) for n in range(2)])
    assert len(_read(engine, cursor)) == 2
