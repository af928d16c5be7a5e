"""Undo: what only this import brought goes, everything else stays as it was, byte for byte."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from cvi.errors import NotFound
from cvi.jobs import importing
from cvi.jobs.settle import settle_all
from cvi.store.imports import close_import, open_import, undo_import
from tests.store.story import WORKSPACE, count, deliver, dump, event, ports_of, rows, story

Bring = Callable[..., uuid.UUID]


@pytest.fixture
def bring(engine: sa.Engine) -> Bring:
    """Import payloads and settle."""

    def _bring(payloads: list[dict[str, object]], name: str = "file") -> uuid.UUID:
        import_id = open_import(
            engine, workspace=WORKSPACE, name=name, reader_name="events", sha256=None
        )
        deliver(engine, payloads, live=False, import_id=import_id)
        close_import(engine, import_id, conversations=1, events_new=1, events_seen=0)
        settle_all(ports_of(engine))
        return import_id

    return _bring


def _state(engine: sa.Engine) -> object:
    kept = "select seq, key, live, source, body from conversation_events order by seq"
    return dump(engine), [(*row[:4], bytes(row[4])) for row in rows(engine, kept)]


def test_undo_restores_what_was_before(engine: sa.Engine, bring: Bring) -> None:
    """A conversation that was half known is as it was, a new one is gone."""
    deliver(engine, story("a")[:4])
    settle_all(ports_of(engine))
    before = _state(engine)
    import_id = bring([*story("a"), *story("new"), event(None, "loose")])
    assert _state(engine) != before
    assert importing.undo(ports_of(engine), import_id) == 2
    assert _state(engine) == before
    settle_all(ports_of(engine))  # what the undo put back into the queue changes nothing
    assert _state(engine) == before
    assert rows(engine, "select state from imports") == [("undone",)]
    assert count(engine, "import_events") == 0


def test_a_crash_after_the_undo_leaves_no_old_view(engine: sa.Engine, bring: Bring) -> None:
    """The transaction alone suffices: the rest waits in the queue."""
    deliver(engine, story("a")[:4])
    settle_all(ports_of(engine))
    before = dump(engine)
    import_id = bring([*story("a"), *story("new")])
    undo_import(engine, import_id, workspace=WORKSPACE)  # and the process dies
    assert count(engine, "conversations", "conversation_id = 'new'") == 0
    settle_all(ports_of(engine))
    assert dump(engine) == before


def test_undo_keeps_what_another_import_brought(engine: sa.Engine, bring: Bring) -> None:
    """In either order, until the last of them is taken back."""
    first = bring(story("a"), "first")
    both = _state(engine)
    second = bring(story("a"), "second")
    importing.undo(ports_of(engine), first)
    assert _state(engine) == both
    importing.undo(ports_of(engine), second)
    assert count(engine, "conversation_events") == 0
    assert not any(dump(engine).values())


@pytest.mark.parametrize("live_first", [True, False])
def test_undo_keeps_what_came_live(engine: sa.Engine, bring: Bring, live_first: bool) -> None:
    """Before the import or after it."""
    if live_first:
        deliver(engine, story("a")[:3])
    import_id = bring(story("a"))
    if not live_first:
        deliver(engine, story("a")[:3])
    importing.undo(ports_of(engine), import_id)
    assert count(engine, "conversation_events") == 3
    assert count(engine, "conversation_events", "not live") == 0


def test_undo_takes_its_failures_along(engine: sa.Engine, bring: Bring) -> None:
    """A failure of an event that is gone cannot be replayed."""
    import_id = bring([b"broken", *story("a")])  # type: ignore[list-item]
    assert count(engine, "webhook_failures") == 1
    importing.undo(ports_of(engine), import_id)
    assert count(engine, "webhook_failures") == count(engine, "event_jobs") == 0


def test_undo_twice_is_undo_once(engine: sa.Engine, bring: Bring) -> None:
    """The second finds nothing of its own, and the time of the first stays."""
    import_id = bring(story("a"))
    importing.undo(ports_of(engine), import_id)
    at = rows(engine, "select undone_at from imports")
    assert importing.undo(ports_of(engine), import_id) == 0
    assert rows(engine, "select undone_at from imports") == at


def test_an_import_of_another_workspace_cannot_be_undone(engine: sa.Engine, bring: Bring) -> None:
    """Nor one that never was."""
    import_id = bring(story("a"))
    for workspace, name in (("other", import_id), (WORKSPACE, uuid.uuid4())):
        with pytest.raises(NotFound):
            undo_import(engine, name, workspace=workspace)
    assert count(engine, "import_events") == count(engine, "conversation_events") == len(story("a"))
