"""Facts: appended once however often they come, together with their job, whatever their bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from cvi.store import facts
from tests.store.story import WORKSPACE, count, deliver, event, incoming, rows, story


def _append(engine: sa.Engine, *batch: facts.Incoming) -> int:
    return facts.append(engine, batch, workspace=WORKSPACE)


def test_each_new_fact_has_one_job(engine: sa.Engine) -> None:
    """They are written in the same transaction."""
    assert deliver(engine, story("a")) == len(story("a"))
    found = rows(
        engine,
        "select e.conversation_id, j.conversation_id, j.state, j.claims, j.failures "
        "from conversation_events e join event_jobs j on j.seq = e.seq",
    )
    assert found == [("a", "a", 0, 0, 0)] * len(story("a"))


def test_appending_again_changes_nothing(engine: sa.Engine) -> None:
    """Neither a fact nor a job comes twice, within a batch or from another."""
    twice = [*story("a"), *story("a")]
    assert deliver(engine, twice) == len(story("a"))
    assert deliver(engine, twice) == 0
    assert deliver(engine, [*story("a"), event("a", "x", 99)]) == 1
    assert count(engine, "conversation_events") == len(story("a")) + 1
    assert count(engine, "event_jobs") == len(story("a")) + 1


def test_nothing_appends_nothing(engine: sa.Engine) -> None:
    """An empty batch is no error."""
    assert deliver(engine, []) == 0


def test_the_same_event_a_hundred_times_at_once_is_one_row(engine: sa.Engine) -> None:
    """P8: a sender that retries in parallel."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: deliver(engine, story("a")[:1]), range(100)))
    assert sum(made) == 1
    assert count(engine, "conversation_events") == count(engine, "event_jobs") == 1


def test_workspaces_do_not_see_each_other(engine: sa.Engine) -> None:
    """The same happening in two workspaces is two facts."""
    item = incoming(event("a", "x"))
    assert facts.append(engine, [item], workspace="one") == 1
    assert facts.append(engine, [item], workspace="two") == 1
    assert len(facts.feed(engine, 0, workspace="one")) == 1
    assert facts.last_seq(engine, workspace="three") == 0


@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_poison_row_fails_alone(engine: sa.Engine, at: int) -> None:
    """Wherever it stands: what came after it is stored as well, and the caller is told."""
    batch = [incoming(event("a", "x", number)) for number in range(5)]
    # Text longer than its column, or a time no database has: something only the database refuses.
    batch[at] = replace(batch[at], key="k" * 65, conversation_id="nul\x00")
    if engine.dialect.name == "sqlite":
        batch[at] = replace(batch[at], source=None)  # type: ignore[arg-type]
    with pytest.raises((sa.exc.DataError, sa.exc.IntegrityError)):
        _append(engine, *batch)
    assert count(engine, "conversation_events") == count(engine, "event_jobs") == 4


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"{", b"[1, 2]", b'"text"', b"\xff\xfe", b"[" * 100_000, b"null"]
)
def test_unreadable_bytes_are_kept(engine: sa.Engine, body: bytes) -> None:
    """P18: under their own hash, so the same bytes twice are one row."""
    assert deliver(engine, [body]) == 1
    assert deliver(engine, [body]) == 0
    [(kind, name, kept)] = rows(
        engine, "select event_type, conversation_id, body from conversation_events"
    )
    assert (kind, name, bytes(kept)) == ("unreadable", None, body)


@pytest.mark.parametrize("kind", ["x.y", "x" * 500, "nul\x00in", "\ud800", "日本.語"])
def test_any_event_type_is_kept(engine: sa.Engine, kind: str) -> None:
    """P17: nothing is refused for being unknown or odd."""
    assert deliver(engine, [event("a", kind)]) == 1
    [(found,)] = rows(engine, "select event_type from conversation_events")
    assert 0 < len(found) <= 200


def test_an_imported_fact_becomes_live_when_it_arrives_live(engine: sa.Engine) -> None:
    """It waits again then, so that it can cause what a live fact causes."""
    deliver(engine, story("a"), live=False)
    with engine.begin() as connection:
        connection.execute(sa.text("update event_jobs set state = 1, claims = 1"))
    assert deliver(engine, story("a")[:1], live=True) == 0
    assert rows(engine, "select seq from conversation_events where live") == [(1,)]
    assert rows(engine, "select seq, claims from event_jobs where state = 0") == [(1, 2)]


def test_a_live_fact_never_becomes_history(engine: sa.Engine) -> None:
    """And a second live delivery wakes nothing."""
    deliver(engine, story("a"), live=True)
    with engine.begin() as connection:
        connection.execute(sa.text("update event_jobs set state = 1"))
    deliver(engine, story("a"), live=False)
    deliver(engine, story("a"), live=True)
    assert count(engine, "conversation_events", "not live") == 0
    assert count(engine, "event_jobs", "state = 0") == 0


def test_reading_back(engine: sa.Engine) -> None:
    """By conversation, by seq, by size, by id."""
    deliver(engine, [*story("a"), *story("b"), event(None, "loose")])
    with engine.begin() as connection:
        found = facts.facts_of(connection, ["a"], workspace=WORKSPACE)
        sizes = facts.sizes(connection, ["a", "b", "none"], workspace=WORKSPACE)
    n = len(story("a"))
    assert [each.seq for each in found] == list(range(1, n + 1))
    assert sizes == {
        "a": (n, n, sum(len(each.body) for each in found)),
        "b": (n, 2 * n, sizes["b"][2]),
    }
    assert facts.fact(engine, 1, workspace=WORKSPACE) == found[0]
    assert facts.fact(engine, 1, workspace="other") is None
    assert facts.fact(engine, 10_000, workspace=WORKSPACE) is None
    assert facts.last_seq(engine, workspace=WORKSPACE) == 2 * n + 1


def test_conversation_ids_come_in_chunks(engine: sa.Engine) -> None:
    """Each once, none left out, events without a conversation skipped."""
    names = [f"c{number:02}" for number in range(7)]
    deliver(engine, [event(name, "x") for name in [*names, *names, None]])
    chunks = list(facts.conversation_ids(engine, workspace=WORKSPACE, chunk=3))
    assert [len(chunk) for chunk in chunks] == [3, 3, 1]
    assert [name for chunk in chunks for name in chunk] == names


def test_a_large_batch_goes_in_whole(engine: sa.Engine) -> None:
    """More rows than one statement takes."""
    assert deliver(engine, [event(f"c{n % 7}", "x", n) for n in range(1_003)]) == 1_003
    assert count(engine, "event_jobs") == 1_003
